//! The keys of merchants and of the platform. All are made up: whoever asks is shown them.

mod generate;
mod keyring;
mod merchant;
mod platform;

#[cfg(test)]
pub use generate::der;
pub use keyring::{Certificates, KeyRing, NoticesBy, Signer};
pub use merchant::{Account, DEMO_API_V3_KEY, MerchantKeys};
pub use platform::{PlatformCertificate, PlatformKeys};

/// Certificate and private key of the https listener, both DER.
pub fn tls_identity() -> (Vec<u8>, Vec<u8>) {
    let made = generate::remembered(TLS_NAME);
    let der = |pem: &str| generate::der(pem).expect("what was made here can be read");
    (der(&made.certificate_pem), der(&made.private_key_pem))
}

/// The certificate of the https listener, PEM: clients must trust it.
pub fn tls_certificate_pem() -> String {
    generate::remembered(TLS_NAME).certificate_pem.clone()
}

const TLS_NAME: &str = "localhost";

/// A key that was given cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the keys of merchant {mch_id}: {why}")]
pub struct KeyError {
    mch_id: String,
    why: &'static str,
}
