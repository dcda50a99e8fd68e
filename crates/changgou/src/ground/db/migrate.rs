//! The schema, step by step. A step that has run is never edited: its
//! checksum is kept, and a program that disagrees refuses to start.

use crate::ground::db::{DbError, Open, Tx, params};
use crate::ground::secret::sha256_hex;

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
];

const TABLE: &str = "create table if not exists schema_migration (
    version integer not null primary key, name varchar(50) not null, checksum char(64) not null)";

/// Makes the schema what this program needs, or says why it is not.
pub(super) fn bring_up(tx: &mut Tx<'_>, open: Open) -> Result<(), DbError> {
    let Tx::Sqlite(lite) = &*tx;
    if open == Open::Migrate {
        lite.exec(TABLE, &[])?;
    }
    for step in pending(tx)? {
        match open {
            Open::Migrate => apply(tx, step)?,
            Open::Existing => {
                let behind =
                    format!("the schema lacks step {} ({}); run `changgou migrate`", step.version, step.name);
                return Err(DbError::Schema(behind));
            }
        }
    }
    Ok(())
}

/// The steps that have not run on this database yet.
pub fn pending(tx: &mut Tx<'_>) -> Result<Vec<Migration>, DbError> {
    let Tx::Sqlite(lite) = &*tx;
    let sql = "select version, checksum from schema_migration order by version";
    let done = lite.rows::<(i64, String)>(sql, &[])?;
    for (version, sum) in &done {
        let ours = SQLITE.iter().find(|step| step.version == *version);
        let ours = ours.ok_or_else(|| {
            DbError::Schema(format!("the schema is newer than this program: step {version}"))
        })?;
        if checksum(ours.sql) != *sum {
            return Err(DbError::Schema(format!(
                "step {version} of the schema is not the one that ran here"
            )));
        }
    }
    Ok(SQLITE
        .iter()
        .filter(|step| done.iter().all(|(version, _)| *version != step.version))
        .copied()
        .collect())
}

/// Runs a step and notes it, both or neither.
fn apply(tx: &mut Tx<'_>, step: Migration) -> Result<(), DbError> {
    let Tx::Sqlite(lite) = &*tx;
    let steps = || -> Result<(), DbError> {
        lite.script(step.sql)?;
        let note = "insert into schema_migration (version, name, checksum) values (?, ?, ?)";
        lite.exec(note, params![step.version, step.name, checksum(step.sql)])?;
        lite.script("commit")
    };
    lite.script("begin immediate")?;
    steps().inspect_err(|_| {
        // The first error says what is wrong; a failed rollback adds nothing to it.
        let _ = lite.script("rollback");
    })
}

fn checksum(sql: &str) -> String {
    sha256_hex(sql.as_bytes())
}
