//! The keys of merchants and of the platform. All are made up: whoever asks is shown them.

mod make;
mod merchant;
mod platform;
mod ring;

pub use merchant::{Account, DEMO_API_V3_KEY, MerchantKeys};
pub use platform::{PlatformCertificate, PlatformKeys};
pub use ring::{KeyRing, NoticesBy, Signer};

/// A key that was given cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the keys of merchant {mch_id}: {why}")]
pub struct KeyError {
    mch_id: String,
    why: &'static str,
}
