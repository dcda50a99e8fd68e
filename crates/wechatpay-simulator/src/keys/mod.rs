//! The keys of the merchants and of the platform. All are generated, and anyone can read them.

mod generate;
mod keyring;
mod merchant;
mod platform;

#[cfg(test)]
pub use generate::der;
pub use keyring::{CertificatePolicy, KeyRing, NoticeKeyPolicy, PlatformSigner};
pub use merchant::{DEMO_API_V3_KEY, MerchantAccount, MerchantKeys};
pub use platform::{PlatformCertificate, PlatformCredentials};

/// The certificate and private key of the https listener, both DER.
pub fn tls_identity() -> (Vec<u8>, Vec<u8>) {
    let made = generate::cached(TLS_NAME);
    let der = |pem: &str| generate::der(pem).expect("what was made here can be read");
    (der(&made.certificate_pem), der(&made.private_key_pem))
}

/// The certificate of the https listener, PEM. Clients must trust it.
pub fn tls_certificate_pem() -> String {
    generate::cached(TLS_NAME).certificate_pem.clone()
}

const TLS_NAME: &str = "localhost";

/// A configured key cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the keys of merchant {mch_id}: {why}")]
pub struct KeyError {
    mch_id: String,
    why: &'static str,
}
