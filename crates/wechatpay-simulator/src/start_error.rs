//! The error of [`crate::start`].

use std::io;
use std::net::SocketAddr;

use crate::keys::KeyError;

/// Why a simulator cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no merchant.
    #[error("at least one merchant is needed")]
    NoMerchant,
    /// The address cannot be used.
    #[error("cannot listen on {0}")]
    Listen(SocketAddr, #[source] io::Error),
    /// The HTTP client for the notices cannot be built.
    #[error("cannot make an HTTP client for the notices: {0}")]
    Client(#[source] reqwest::Error),
    /// The keys of a merchant cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyError),
}
