//! The keys of merchants and of the platform. All are made up: whoever asks is shown them.

mod make;
mod merchant;
mod platform;
mod ring;

#[cfg(test)]
pub use make::der;
pub use merchant::{Account, DEMO_API_V3_KEY, MerchantKeys};
pub use platform::{PlatformCertificate, PlatformKeys};
pub use ring::{Certificates, KeyRing, NoticesBy, Signer};

/// Certificate and private key of the https listener, both DER.
pub fn tls_identity() -> (Vec<u8>, Vec<u8>) {
    let made = make::remembered(TLS_NAME);
    let der = |pem: &str| make::der(pem).expect("what was made here can be read");
    (der(&made.certificate_pem), der(&made.private_key_pem))
}

/// The certificate of the https listener, PEM: clients must trust it.
pub fn tls_certificate_pem() -> String {
    make::remembered(TLS_NAME).certificate_pem.clone()
}

const TLS_NAME: &str = "localhost";

/// A key that was given cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the keys of merchant {mch_id}: {why}")]
pub struct KeyError {
    mch_id: String,
    why: &'static str,
}
