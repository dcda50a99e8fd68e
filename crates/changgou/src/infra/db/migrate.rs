//! Brings the schema up to date, step by step.

use crate::infra::db::mysql::adopt;
use crate::infra::db::schema::{Migration, lock_schema, statements, steps};
use crate::infra::db::{DbError, OpenMode, Tx, params};
use crate::infra::secret::sha256_hex;

const TABLE: &str = "create table if not exists schema_migration (
    version integer not null primary key, name varchar(50) not null, checksum char(64) not null)";

/// For servers, whatever the defaults of the database are.
const TABLE_OPTIONS: &str = "engine=innodb default charset=utf8mb4 collate=utf8mb4_bin";

/// Brings the schema up to date, or returns an error if it may not be changed.
pub(super) async fn migrate(tx: &mut Tx<'_>, open: OpenMode) -> Result<(), DbError> {
    if let Tx::Mysql(_) = tx {
        adopt::refuse_unadopted(tx, open).await?;
    }
    if open == OpenMode::Existing {
        return pending(tx).await?.first().map_or(Ok(()), |step| Err(pending_migration(*step)));
    }
    lock_schema(tx).await?;
    let table = match tx {
        Tx::Sqlite(_) => TABLE.to_owned(),
        Tx::Mysql(_) => format!("{TABLE} {TABLE_OPTIONS}"),
    };
    tx.exec(&table, &[]).await?;
    for step in pending(tx).await? {
        apply(tx, step).await?;
    }
    Ok(())
}

fn pending_migration(step: Migration) -> DbError {
    DbError::Schema(format!(
        "the schema is missing step {} ({}); run `changgou migrate`",
        step.version, step.name
    ))
}

/// The steps that have not run on this database.
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
                "step {version} of the schema differs from the one that ran on this database"
            )));
        }
    }
    let is_done = |step: &&Migration| done.iter().all(|(version, _)| *version != step.version);
    Ok(steps.iter().filter(is_done).copied().collect())
}

/// Runs a step and records it. On SQLite this is atomic. A server commits each change of the schema by
/// itself; an interrupted step runs again from its beginning.
async fn apply(tx: &mut Tx<'_>, step: Migration) -> Result<(), DbError> {
    if let Tx::Sqlite(lite) = &*tx {
        lite.script("begin immediate")?;
    }
    let done = run(tx, step).await;
    if done.is_err() {
        // The first error is the cause; a failed rollback adds nothing to it.
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

fn checksum(sql: &str) -> String {
    sha256_hex(sql.as_bytes())
}
