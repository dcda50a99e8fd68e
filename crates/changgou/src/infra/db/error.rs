//! Errors of the database, the same for all engines.

use std::any::Any;

/// A database error.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DbError {
    /// The queue is full. Nothing was done; the caller may retry.
    #[error("the database queue is full")]
    Busy,
    /// The database is shutting down or its thread has ended. Nothing was done.
    #[error("the database is closed")]
    Closed,
    #[error("a unique key exists already: {0}")]
    Unique(String),
    /// A required row is missing.
    #[error("a required row is missing")]
    NoRow,
    /// A column has an unexpected value.
    #[error("column {column} {problem}")]
    Decode { column: String, problem: String },
    /// The job panicked; its changes were rolled back.
    #[error("the job panicked: {0}")]
    Panicked(String),
    /// The database or its schema cannot be used; the message says what to do.
    #[error("{0}")]
    Schema(String),
    /// Another transaction changed what this one has read. Nothing was done.
    #[error("conflict: {0}")]
    Raced(String),
    /// The server does not answer. Nothing was done; the program keeps trying to reconnect.
    #[error("{0}")]
    Unreachable(String),
    /// The connection was lost during the commit: all changes were made, or none.
    #[error("it is unknown whether this was committed: {0}")]
    Unsure(String),
    #[error("database: {0}")]
    Engine(String),
}

impl DbError {
    /// The error for a panicked job.
    pub fn from_panic(panic: &(dyn Any + Send)) -> DbError {
        let text = panic.downcast_ref::<&str>().map(ToString::to_string);
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        DbError::Panicked(text.unwrap_or_else(|| "panic".to_owned()))
    }
}
