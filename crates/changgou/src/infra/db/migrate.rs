//! The schema, step by step. A step that has run is never edited: its
//! checksum is kept, and a program that disagrees refuses to start.

use crate::infra::db::mysql::adopt;
use crate::infra::db::{DbError, OpenMode, Tx, params};
use crate::infra::secret::sha256_hex;

/// One step of the schema.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Counted from 1.
    pub version: i64,
    /// What it does, in a word.
    pub name: &'static str,
    /// Its statements.
    pub sql: &'static str,
}

/// The steps of SQLite.
const SQLITE: &[Migration] = &[
    Migration { version: 1, name: "shop", sql: include_str!("../../../migrations/sqlite/0001_shop.sql") },
    Migration { version: 2, name: "offers", sql: include_str!("../../../migrations/sqlite/0002_offers.sql") },
    Migration { version: 3, name: "nodes", sql: include_str!("../../../migrations/sqlite/0003_nodes.sql") },
    Migration {
        version: 4,
        name: "refunds",
        sql: include_str!("../../../migrations/sqlite/0004_refunds.sql"),
    },
    Migration { version: 5, name: "scans", sql: include_str!("../../../migrations/sqlite/0005_scans.sql") },
    Migration { version: 6, name: "lean", sql: include_str!("../../../migrations/sqlite/0006_lean.sql") },
    Migration { version: 7, name: "owed", sql: include_str!("../../../migrations/sqlite/0007_owed.sql") },
];

/// The steps of the MySQL family, each statement of which may run again.
const MYSQL: &[Migration] = &[
    Migration { version: 1, name: "shop", sql: include_str!("../../../migrations/mysql/0001_shop.sql") },
    Migration {
        version: 2,
        name: "refunds",
        sql: include_str!("../../../migrations/mysql/0002_refunds.sql"),
    },
    Migration { version: 3, name: "scans", sql: include_str!("../../../migrations/mysql/0003_scans.sql") },
    Migration { version: 4, name: "lean", sql: include_str!("../../../migrations/mysql/0004_lean.sql") },
];

const TABLE: &str = "create table if not exists schema_migration (
    version integer not null primary key, name varchar(50) not null, checksum char(64) not null)";

/// What a server adds to it, whatever the database was made with.
const WIDE: &str = "engine=innodb default charset=utf8mb4 collate=utf8mb4_bin";

/// Makes the schema what this program needs, or says why it is not.
pub(super) async fn bring_up(tx: &mut Tx<'_>, open: OpenMode) -> Result<(), DbError> {
    if let Tx::Mysql(_) = tx {
        adopt::guard(tx, open).await?;
    }
    if open == OpenMode::Existing {
        return pending(tx).await?.first().map_or(Ok(()), |step| Err(behind(*step)));
    }
    alone(tx).await?;
    let table = match tx {
        Tx::Sqlite(_) => TABLE.to_owned(),
        Tx::Mysql(_) => format!("{TABLE} {WIDE}"),
    };
    tx.exec(&table, &[]).await?;
    for step in pending(tx).await? {
        apply(tx, step).await?;
    }
    Ok(())
}

fn behind(step: Migration) -> DbError {
    DbError::Schema(format!("the schema lacks step {} ({}); run `changgou migrate`", step.version, step.name))
}

/// Of nodes that start together one changes the schema while the others wait.
/// A server frees the lock when the connection ends.
pub(super) async fn alone(tx: &mut Tx<'_>) -> Result<(), DbError> {
    match tx {
        Tx::Sqlite(_) => Ok(()),
        Tx::Mysql(_) => {
            let sql = "select get_lock(concat(database(), '.changgou_migrate'), 120)";
            match tx.one::<(Option<i64>,)>(sql, &[]).await? {
                (Some(1),) => Ok(()),
                (Some(_) | None,) => Err(DbError::Schema(
                    "another node has been changing the schema for two minutes; try again".to_owned(),
                )),
            }
        }
    }
}

fn steps(tx: &Tx<'_>) -> &'static [Migration] {
    match tx {
        Tx::Sqlite(_) => SQLITE,
        Tx::Mysql(_) => MYSQL,
    }
}

/// The steps that have not run on this database yet.
pub async fn pending(tx: &mut Tx<'_>) -> Result<Vec<Migration>, DbError> {
    let sql = "select version, checksum from schema_migration order by version";
    let (done, steps) = (tx.rows::<(i64, String)>(sql, &[]).await?, steps(tx));
    for (version, sum) in &done {
        let ours = steps.iter().find(|step| step.version == *version);
        let ours = ours.ok_or_else(|| {
            DbError::Schema(format!("the schema is newer than this program: step {version}"))
        })?;
        if checksum(ours.sql) != *sum {
            return Err(DbError::Schema(format!(
                "step {version} of the schema is not the one that ran here"
            )));
        }
    }
    let is_done = |step: &&Migration| done.iter().all(|(version, _)| *version != step.version);
    Ok(steps.iter().filter(is_done).copied().collect())
}

/// Runs a step and notes it: on SQLite both or neither. A server commits each
/// change of the schema by itself; a step that broke off runs again whole.
async fn apply(tx: &mut Tx<'_>, step: Migration) -> Result<(), DbError> {
    if let Tx::Sqlite(lite) = &*tx {
        lite.script("begin immediate")?;
    }
    let done = run(tx, step).await;
    if done.is_err() {
        // The first error says what is wrong; a failed rollback adds nothing to it.
        let _ = tx.exec("rollback", &[]).await;
    }
    done
}

async fn run(tx: &mut Tx<'_>, step: Migration) -> Result<(), DbError> {
    match tx {
        Tx::Sqlite(lite) => lite.script(step.sql)?,
        Tx::Mysql(_) => {
            for sql in statements(step.sql) {
                tx.exec(sql, &[]).await?;
            }
        }
    }
    let note = "insert into schema_migration (version, name, checksum) values (?, ?, ?)";
    tx.exec(note, params![step.version, step.name, checksum(step.sql)]).await?;
    tx.exec("commit", &[]).await.map(drop)
}

/// The schema of the MySQL family.
pub(super) fn mysql_schema() -> &'static str {
    MYSQL[0].sql
}

/// Makes the tables of a server's schema that are not there, but notes no step.
pub(super) async fn create_missing(tx: &mut Tx<'_>) -> Result<(), DbError> {
    for sql in statements(mysql_schema()) {
        tx.exec(sql, &[]).await?;
    }
    Ok(())
}

/// The same for these tables alone.
pub(super) async fn create(tx: &mut Tx<'_>, tables: &[&str]) -> Result<(), DbError> {
    let is_one = |sql: &&str| tables.iter().any(|table| sql.contains(&format!("if not exists {table} (")));
    for sql in statements(mysql_schema()).filter(is_one) {
        tx.exec(sql, &[]).await?;
    }
    Ok(())
}

/// The statements of a step; each ends a line.
fn statements(sql: &'static str) -> impl Iterator<Item = &'static str> {
    sql.split(";\n").map(str::trim).filter(|sql| !sql.is_empty())
}

fn checksum(sql: &str) -> String {
    sha256_hex(sql.as_bytes())
}
