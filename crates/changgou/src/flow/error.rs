//! Why a flow did not do what was requested.

use crate::domain::message::{CartMessage, SystemMessage};
use crate::domain::refusal::Refusal;
use crate::infra::cache::CacheError;
use crate::infra::db::{DbError, SavepointError};

/// A refusal is shown to the caller; anything else is logged.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("refused: {0:?}")]
    Refused(Refusal),
    #[error(transparent)]
    Db(#[from] DbError),
}

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
    /// The refusal to show the caller. A busy or unreachable database is one; any other
    /// database error is not shown.
    pub fn refusal(self) -> Result<Refusal, DbError> {
        match self {
            Error::Refused(refusal) => Ok(refusal),
            Error::Db(DbError::Busy | DbError::Closed | DbError::Raced(_) | DbError::Unreachable(_)) => {
                Ok(busy())
            }
            Error::Db(DbError::Unsure(_)) => Ok(outcome_unknown()),
            Error::Db(error) => Err(error),
        }
    }
}

/// The cache that holds the carts failed; nothing was ordered.
impl From<CacheError> for Error {
    fn from(error: CacheError) -> Error {
        match &error {
            CacheError::Away => {}
            CacheError::Start(_) | CacheError::Refused(_) => {
                tracing::error!(%error, "a cart cannot be reached")
            }
        }
        Error::Refused(cart_unavailable())
    }
}

pub fn cart_unavailable() -> Refusal {
    Refusal::new(CartMessage::Unreachable).retry_after(2)
}

/// The connection was lost during a commit.
fn outcome_unknown() -> Refusal {
    Refusal::new(SystemMessage::OutcomeUnknown).retry_after(2)
}

/// The queues are full or the shop is shutting down; nothing was done.
pub fn busy() -> Refusal {
    Refusal::new(SystemMessage::Busy).retry_after(1)
}
