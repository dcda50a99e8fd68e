//! What goes wrong with a statement that may go right another time.

use std::time::Duration;

use mysql_async::{Error, ServerError};

use crate::infra::db::DbError;

/// Why a transaction should run again.
#[derive(Clone, Debug)]
pub(in crate::infra::db) enum Fault {
    /// The connection is gone, and with it all that was not committed.
    Lost(DbError),
    /// Somebody else was first: a deadlock, a lock that was not freed in time,
    /// or a row that is no longer what was read.
    Raced(DbError),
    /// A unique key was taken, perhaps by somebody who came at the same moment.
    Unique(DbError),
}

impl Fault {
    pub(super) fn error(self) -> DbError {
        match self {
            Fault::Lost(error) | Fault::Raced(error) | Fault::Unique(error) => error,
        }
    }

    /// A word for metrics.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Fault::Lost(_) => "lost",
            Fault::Raced(_) => "raced",
            Fault::Unique(_) => "unique",
        }
    }

    /// How long to wait before the next try: rivals soon and not at the same
    /// moment, a lost server longer.
    pub(super) fn pause(&self, tries: u32) -> Duration {
        let step = match self {
            Fault::Lost(_) => 50,
            Fault::Raced(_) | Fault::Unique(_) => 1,
        };
        let jitter = fastrand::u64(0..3);
        Duration::from_millis((step << tries.min(4)) + jitter)
    }
}

/// What a failed statement tells its caller, and whether the transaction is to run again.
pub(super) fn read(error: Error) -> (DbError, Option<Fault>) {
    match error {
        Error::Server(told) => server(told),
        Error::Io(_) | Error::Driver(_) | Error::Other(_) | Error::Url(_) => {
            let lost = DbError::Unreachable(format!("the connection to the database is lost: {error}"));
            (lost.clone(), Some(Fault::Lost(lost)))
        }
    }
}

/// The numbers are those of the MySQL and TiDB manuals' lists of errors.
fn server(told: ServerError) -> (DbError, Option<Fault>) {
    match told.code {
        // Duplicate entry.
        1062 => {
            let unique = DbError::Unique(told.message);
            (unique.clone(), Some(Fault::Unique(unique)))
        }
        // Lock wait timeout, deadlock, changed since read; TiDB: retry, schema changed, write conflict.
        1205 | 1213 | 1020 | 8002 | 8022 | 8028 | 9007 => {
            let raced = DbError::Raced(told.message);
            (raced.clone(), Some(Fault::Raced(raced)))
        }
        // Shutting down, killed, interrupted, idle too long, too many connections, read-only after a failover.
        1053 | 1927 | 1317 | 4031 | 1040 | 1290 | 1836 => {
            let lost = DbError::Unreachable(told.message);
            (lost.clone(), Some(Fault::Lost(lost)))
        }
        _ => (DbError::Engine(format!("{} ({})", told.message, told.code)), None),
    }
}
