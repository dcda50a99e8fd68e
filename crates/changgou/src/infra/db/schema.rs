//! The steps of the schema. A step that has run is never edited: its checksum is
//! stored, and a program with another text refuses to start.

use crate::infra::db::{DbError, Tx};

#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Counted from 1.
    pub version: i64,
    /// What the step adds, in one word.
    pub name: &'static str,
    pub sql: &'static str,
}

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
    Migration {
        version: 8,
        name: "open_orders",
        sql: include_str!("../../../migrations/sqlite/0008_open_orders.sql"),
    },
];

/// Each statement may run again.
const MYSQL: &[Migration] = &[
    Migration { version: 1, name: "shop", sql: include_str!("../../../migrations/mysql/0001_shop.sql") },
    Migration {
        version: 2,
        name: "refunds",
        sql: include_str!("../../../migrations/mysql/0002_refunds.sql"),
    },
    Migration { version: 3, name: "scans", sql: include_str!("../../../migrations/mysql/0003_scans.sql") },
    Migration { version: 4, name: "lean", sql: include_str!("../../../migrations/mysql/0004_lean.sql") },
    Migration {
        version: 5,
        name: "open_orders",
        sql: include_str!("../../../migrations/mysql/0005_open_orders.sql"),
    },
];

pub(super) fn steps(tx: &Tx<'_>) -> &'static [Migration] {
    match tx {
        Tx::Sqlite(_) => SQLITE,
        Tx::Mysql(_) => MYSQL,
    }
}

/// Of nodes that start at the same time, one changes the schema while the others wait. The server
/// releases the lock when the connection ends.
pub(super) async fn lock_schema(tx: &mut Tx<'_>) -> Result<(), DbError> {
    match tx {
        Tx::Sqlite(_) => Ok(()),
        Tx::Mysql(_) => {
            let sql = "select get_lock(concat(database(), '.changgou_migrate'), 120)";
            match tx.required_row::<(Option<i64>,)>(sql, &[]).await? {
                (Some(1),) => Ok(()),
                (Some(_) | None,) => Err(DbError::Schema(
                    "another node has been changing the schema for two minutes; try again".to_owned(),
                )),
            }
        }
    }
}

pub(super) fn mysql_schema() -> &'static str {
    MYSQL[0].sql
}

/// Creates the missing tables without recording a step.
pub(super) async fn create_missing(tx: &mut Tx<'_>) -> Result<(), DbError> {
    for sql in statements(mysql_schema()) {
        tx.exec(sql, &[]).await?;
    }
    Ok(())
}

/// Like [`create_missing`], for these tables only.
pub(super) async fn create(tx: &mut Tx<'_>, tables: &[&str]) -> Result<(), DbError> {
    let is_one = |sql: &&str| tables.iter().any(|table| sql.contains(&format!("if not exists {table} (")));
    for sql in statements(mysql_schema()).filter(is_one) {
        tx.exec(sql, &[]).await?;
    }
    Ok(())
}

/// Each statement ends with a line.
pub(super) fn statements(sql: &'static str) -> impl Iterator<Item = &'static str> {
    sql.split(";\n").map(str::trim).filter(|sql| !sql.is_empty())
}
