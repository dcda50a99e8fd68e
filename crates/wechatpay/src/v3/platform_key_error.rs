//! Errors of reading the keys of WeChat.

/// Why a key of WeChat cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlatformKeyError {
    /// The id is not `PUB_KEY_ID_` and digits.
    #[error("a public key's id is PUB_KEY_ID_ and digits")]
    Id,
    /// The text is not PEM of the expected kind.
    #[error("not a PEM file of the expected kind")]
    Pem,
    /// It is not an X.509 certificate.
    #[error("not an X.509 certificate")]
    Certificate,
    /// The key is not an RSA key of at least 2048 bits.
    #[error("not an RSA key of at least 2048 bits")]
    NotRsa,
    /// There are too many keys.
    #[error("too many keys")]
    TooMany,
}
