//! The keys WeChat signs with: its public key, its certificates, or both while a merchant moves from
//! one to the other.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, SubjectPublicKeyInfoDer};

use super::x509::Certificate;

const PUBLIC_KEY_ID: &str = "PUB_KEY_ID_";

/// The most keys kept. A merchant has one public key and two certificates at a time.
const MOST: usize = 32;

/// WeChat's keys by their exact serial. Clones share one ring, so a key added by one is seen by all.
#[derive(Clone, Default)]
pub struct PlatformKeys(Arc<RwLock<BTreeMap<String, Arc<PlatformKey>>>>);

/// One key WeChat signs with.
pub(crate) struct PlatformKey {
    public: UnparsedPublicKey<Vec<u8>>,
    /// From when and until when a certificate holds, UTC ms; a public key has no end.
    validity: Option<(i64, i64)>,
}

impl PlatformKeys {
    /// A ring without keys.
    pub fn new() -> PlatformKeys {
        PlatformKeys::default()
    }

    /// Adds WeChat's public key (微信支付公钥), a PEM text, under its id: `PUB_KEY_ID_` and digits.
    ///
    /// # Errors
    /// [`BadPlatformKey`] when one of them is not of that kind, or the ring is full.
    pub fn add_public_key(&self, id: &str, pem: &[u8]) -> Result<(), BadPlatformKey> {
        let digits = id.strip_prefix(PUBLIC_KEY_ID).ok_or(BadPlatformKey::Id)?;
        if !(1..=64).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(BadPlatformKey::Id);
        }
        let der = SubjectPublicKeyInfoDer::from_pem_slice(pem).map_err(|_| BadPlatformKey::Pem)?;
        self.insert(id, PlatformKey::new(der.to_vec(), None)?)
    }

    /// Adds a platform certificate (微信支付平台证书), a PEM text, and gives its serial number: hex
    /// digits in upper case.
    ///
    /// # Errors
    /// [`BadPlatformKey`] when it is no X.509 certificate with an RSA key, or the ring is full.
    pub fn add_certificate(&self, pem: &[u8]) -> Result<String, BadPlatformKey> {
        let der = CertificateDer::from_pem_slice(pem).map_err(|_| BadPlatformKey::Pem)?;
        let certificate = Certificate::read(&der)?;
        let serial = certificate.serial.clone();
        self.insert(&serial, PlatformKey::of(certificate)?)?;
        Ok(serial)
    }

    /// Forgets a key. What is signed with it counts no more.
    pub fn remove(&self, serial: &str) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(serial);
    }

    /// The serials of all keys, in ASCII order.
    pub fn serials(&self) -> Vec<String> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    /// The id of WeChat's public key, when there is one: answers are asked for under it.
    pub fn public_key_id(&self) -> Option<String> {
        self.serials().into_iter().rfind(|serial| serial.starts_with(PUBLIC_KEY_ID))
    }

    pub(crate) fn drop_expired(&self, now: i64) {
        let ended = |key: &PlatformKey| key.validity.is_some_and(|(_, until)| until < now);
        self.0.write().unwrap_or_else(PoisonError::into_inner).retain(|_, key| !ended(key));
    }

    pub(crate) fn get(&self, serial: &str) -> Option<Arc<PlatformKey>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(serial).cloned()
    }

    pub(crate) fn insert(&self, serial: &str, key: PlatformKey) -> Result<(), BadPlatformKey> {
        let mut keys = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= MOST && !keys.contains_key(serial) {
            return Err(BadPlatformKey::TooMany);
        }
        keys.insert(serial.to_owned(), Arc::new(key));
        Ok(())
    }
}

/// Whether a serial is a public key's: those are given by hand and cannot be fetched.
pub(crate) fn is_public_key_id(serial: &str) -> bool {
    serial.starts_with(PUBLIC_KEY_ID)
}

impl PlatformKey {
    pub(crate) fn of(certificate: Certificate) -> Result<PlatformKey, BadPlatformKey> {
        PlatformKey::new(certificate.public_key, Some(certificate.validity))
    }

    fn new(der: Vec<u8>, validity: Option<(i64, i64)>) -> Result<PlatformKey, BadPlatformKey> {
        let rsa = aws_lc_rs::rsa::PublicKey::from_der(&der).map_err(|_| BadPlatformKey::NotRsa)?;
        if rsa.modulus_len() < 256 {
            return Err(BadPlatformKey::NotRsa);
        }
        Ok(PlatformKey { public: UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der), validity })
    }

    pub(crate) fn holds_at(&self, now: i64) -> bool {
        self.validity.is_none_or(|(from, until)| (from..=until).contains(&now))
    }

    pub(crate) fn signed(&self, text: &[u8], signature: &[u8]) -> bool {
        self.public.verify(text, signature).is_ok()
    }
}

impl fmt::Debug for PlatformKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PlatformKeys").field(&self.serials()).finish()
    }
}

/// Why something is no key of WeChat's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPlatformKey {
    /// The id is not `PUB_KEY_ID_` and digits.
    #[error("a public key's id is PUB_KEY_ID_ and digits")]
    Id,
    /// The text is no PEM of the kind.
    #[error("not a PEM text of the kind")]
    Pem,
    /// The certificate is no X.509 certificate.
    #[error("not an X.509 certificate")]
    Certificate,
    /// The key is no RSA key of at least 2048 bits.
    #[error("not an RSA key of at least 2048 bits")]
    NotRsa,
    /// The ring is full.
    #[error("too many keys")]
    TooMany,
}
