//! How a flow ends when it does not do what was asked.

use crate::domain::message::{CartMessage, SystemMessage};
use crate::domain::refusal::Refusal;
use crate::infra::cache::CacheError;
use crate::infra::db::{DbError, SavepointError};

/// A refusal is for the buyer; anything else is for the log.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The shop's rules do not allow it.
    #[error("refused: {0:?}")]
    Refused(Refusal),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// What a flow gives back.
pub type Outcome<T> = Result<T, Error>;

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        Error::Refused(refusal)
    }
}

impl From<SavepointError<Error>> for Error {
    fn from(nested: SavepointError<Error>) -> Error {
        match nested {
            SavepointError::Undone(error) => error,
            SavepointError::Lost(error) => Error::Db(error),
        }
    }
}

impl Error {
    /// What to tell whoever asked: full queues are their business, broken tables are not.
    pub fn refusal(self) -> Result<Refusal, DbError> {
        match self {
            Error::Refused(refusal) => Ok(refusal),
            Error::Db(DbError::Busy | DbError::Closed | DbError::Raced(_) | DbError::Unreachable(_)) => {
                Ok(busy())
            }
            Error::Db(DbError::Unsure(_)) => Ok(unsure()),
            Error::Db(error) => Err(error),
        }
    }
}

/// The cache that holds the carts does not do its part; nothing was ordered.
impl From<CacheError> for Error {
    fn from(error: CacheError) -> Error {
        match &error {
            CacheError::Away => {}
            CacheError::Start(_) | CacheError::Refused(_) => {
                tracing::error!(%error, "a cart was not reached")
            }
        }
        Error::Refused(cart_away())
    }
}

/// Carts cannot be reached for the moment.
pub fn cart_away() -> Refusal {
    Refusal::new(CartMessage::Unreachable).retry_after(2)
}

/// The database went away while it was committing.
fn unsure() -> Refusal {
    Refusal::new(SystemMessage::OutcomeUnknown).retry_after(2)
}

/// The shop is full or shutting down; nothing was done.
pub fn busy() -> Refusal {
    Refusal::new(SystemMessage::Busy).retry_after(1)
}
