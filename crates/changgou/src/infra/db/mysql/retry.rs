//! Errors after which a transaction may run again.

use std::time::Duration;

use mysql_async::{Error, ServerError};

use crate::infra::db::DbError;

/// Why a transaction should run again.
#[derive(Clone, Debug)]
pub(in crate::infra::db) enum RetryCause {
    /// The connection is lost, and with it everything that was not committed.
    Lost(DbError),
    /// A conflict: a deadlock, a lock timeout, or a row that changed after it was read.
    Raced(DbError),
    /// A unique key exists, perhaps inserted by a concurrent transaction.
    Unique(DbError),
}

impl RetryCause {
    pub(super) fn error(self) -> DbError {
        match self {
            RetryCause::Lost(error) | RetryCause::Raced(error) | RetryCause::Unique(error) => error,
        }
    }

    /// The label in metrics.
    pub(super) fn word(&self) -> &'static str {
        match self {
            RetryCause::Lost(_) => "lost",
            RetryCause::Raced(_) => "raced",
            RetryCause::Unique(_) => "unique",
        }
    }

    /// Conflicting jobs are retried soon and at different times, a lost server later.
    pub(super) fn pause(&self, tries: u32) -> Duration {
        let step = match self {
            RetryCause::Lost(_) => 50,
            RetryCause::Raced(_) | RetryCause::Unique(_) => 1,
        };
        let jitter = fastrand::u64(0..3);
        Duration::from_millis((step << tries.min(4)) + jitter)
    }
}

/// The error for the caller, and whether the transaction should run again.
pub(super) fn classify_error(error: Error) -> (DbError, Option<RetryCause>) {
    match error {
        Error::Server(told) => classify_server_error(told),
        Error::Io(_) | Error::Driver(_) | Error::Other(_) | Error::Url(_) => {
            let lost = DbError::Unreachable(format!("the connection to the database is lost: {error}"));
            (lost.clone(), Some(RetryCause::Lost(lost)))
        }
    }
}

/// The codes are listed in the manuals of MySQL and TiDB.
fn classify_server_error(told: ServerError) -> (DbError, Option<RetryCause>) {
    match told.code {
        // Duplicate entry.
        1062 => {
            let unique = DbError::Unique(told.message);
            (unique.clone(), Some(RetryCause::Unique(unique)))
        }
        // Lock wait timeout, deadlock, changed since read; TiDB: retry, schema changed, write conflict.
        1205 | 1213 | 1020 | 8002 | 8022 | 8028 | 9007 => {
            let raced = DbError::Raced(told.message);
            (raced.clone(), Some(RetryCause::Raced(raced)))
        }
        // Shutting down, killed, interrupted, idle too long, too many connections, read-only after a failover.
        1053 | 1927 | 1317 | 4031 | 1040 | 1290 | 1836 => {
            let lost = DbError::Unreachable(told.message);
            (lost.clone(), Some(RetryCause::Lost(lost)))
        }
        _ => (DbError::Engine(format!("{} ({})", told.message, told.code)), None),
    }
}
