//! The keys that WeChat signs with: its public key, its certificates, or both while a merchant moves
//! from one to the other.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, SubjectPublicKeyInfoDer};
use tokio::sync::Mutex;

use super::PlatformKeyError;
use super::x509::ParsedCertificate;

const PUBLIC_KEY_ID: &str = "PUB_KEY_ID_";

/// The maximum number of keys. A merchant has one public key and two certificates at a time.
const MOST: usize = 32;

/// WeChat's keys by serial number. Clones share the same keys.
#[derive(Clone, Default)]
pub struct PlatformKeys(Arc<RwLock<BTreeMap<String, Arc<PlatformKey>>>>);

/// A key that WeChat signs with.
pub(crate) struct PlatformKey {
    public: UnparsedPublicKey<Vec<u8>>,
    /// The validity of a certificate, UTC ms; `None` for a public key, which does not expire.
    validity: Option<(i64, i64)>,
}

/// When certificates were last requested, UTC ms. The holder of the lock sends the request.
#[derive(Debug, Default)]
pub(crate) struct RefreshLock(pub(crate) Mutex<Option<i64>>);

impl PlatformKeys {
    /// Creates an empty set of keys.
    pub fn new() -> PlatformKeys {
        PlatformKeys::default()
    }

    /// Adds WeChat's public key (微信支付公钥) as PEM, with its id: `PUB_KEY_ID_` and digits.
    ///
    /// # Errors
    /// [`PlatformKeyError`] if the id or the key is invalid, or if there are too many keys.
    pub fn add_public_key(&self, id: &str, pem: &[u8]) -> Result<(), PlatformKeyError> {
        let digits = id.strip_prefix(PUBLIC_KEY_ID).ok_or(PlatformKeyError::Id)?;
        if !(1..=64).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(PlatformKeyError::Id);
        }
        let der = SubjectPublicKeyInfoDer::from_pem_slice(pem).map_err(|_| PlatformKeyError::Pem)?;
        self.insert(id, PlatformKey::new(der.to_vec(), None)?)
    }

    /// Adds a platform certificate (微信支付平台证书) as PEM and returns its serial number: upper-case hex
    /// digits.
    ///
    /// # Errors
    /// [`PlatformKeyError`] if it is not an X.509 certificate with an RSA key, or if there are too many
    /// keys.
    pub fn add_certificate(&self, pem: &[u8]) -> Result<String, PlatformKeyError> {
        let der = CertificateDer::from_pem_slice(pem).map_err(|_| PlatformKeyError::Pem)?;
        let certificate = ParsedCertificate::read(&der)?;
        let serial = certificate.serial.clone();
        self.insert(&serial, PlatformKey::from_certificate(certificate)?)?;
        Ok(serial)
    }

    /// Removes a key. Its signatures are no longer accepted.
    pub fn remove(&self, serial: &str) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(serial);
    }

    /// The serial numbers of all keys, in ASCII order.
    pub fn serials(&self) -> Vec<String> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    /// The id of WeChat's public key, if there is one. Requests ask for responses signed with it.
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

    pub(crate) fn insert(&self, serial: &str, key: PlatformKey) -> Result<(), PlatformKeyError> {
        let mut keys = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= MOST && !keys.contains_key(serial) {
            return Err(PlatformKeyError::TooMany);
        }
        keys.insert(serial.to_owned(), Arc::new(key));
        Ok(())
    }
}

/// Whether a serial number is the id of a public key. Public keys are configured and cannot be
/// downloaded.
pub(crate) fn is_public_key_id(serial: &str) -> bool {
    serial.starts_with(PUBLIC_KEY_ID)
}

impl PlatformKey {
    pub(crate) fn from_certificate(certificate: ParsedCertificate) -> Result<PlatformKey, PlatformKeyError> {
        PlatformKey::new(certificate.public_key, Some(certificate.validity))
    }

    fn new(der: Vec<u8>, validity: Option<(i64, i64)>) -> Result<PlatformKey, PlatformKeyError> {
        let rsa = aws_lc_rs::rsa::PublicKey::from_der(&der).map_err(|_| PlatformKeyError::NotRsa)?;
        if rsa.modulus_len() < 256 {
            return Err(PlatformKeyError::NotRsa);
        }
        Ok(PlatformKey { public: UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der), validity })
    }

    pub(crate) fn is_valid_at(&self, now: i64) -> bool {
        self.validity.is_none_or(|(from, until)| (from..=until).contains(&now))
    }

    pub(crate) fn verifies(&self, text: &[u8], signature: &[u8]) -> bool {
        self.public.verify(text, signature).is_ok()
    }
}

impl fmt::Debug for PlatformKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PlatformKeys").field(&self.serials()).finish()
    }
}
