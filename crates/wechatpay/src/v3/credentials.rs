//! The merchant and its `APIv3` keys.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;

use crate::zeroize::{PreviousKey, SecretString};

/// A merchant with one appid and the keys of API v3.
#[derive(Debug, Clone)]
pub struct V3Merchant {
    /// The appid, at most 32 ASCII letters and digits, such as `wx8888888888888888`.
    pub appid: String,
    /// The merchant number, at most 32 ASCII letters and digits, such as `1900000109`.
    pub mchid: String,
    /// The serial number of the merchant's certificate: 40 hex digits.
    pub serial_no: String,
    /// The private key of that certificate. Requests are signed with it.
    pub private_key: PrivateKey,
    /// The key that notices and certificates are encrypted with.
    pub api_v3_key: ApiV3Key,
}

/// A merchant's `APIv3` key: exactly 32 bytes of printable ASCII, used raw as an AES-256 key.
///
/// Clones share one copy in memory. It is overwritten when the last clone is dropped.
#[derive(Clone)]
pub struct ApiV3Key {
    current: Arc<SecretString>,
    previous: Option<PreviousKey>,
}

impl ApiV3Key {
    /// Parses a key as it was set on the merchant platform.
    ///
    /// # Errors
    /// [`ApiV3KeyError`] if it is not 32 printable ASCII characters.
    pub fn new(text: &str) -> Result<ApiV3Key, ApiV3KeyError> {
        if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ApiV3KeyError);
        }
        Ok(ApiV3Key { current: Arc::new(SecretString::new(text.to_owned())), previous: None })
    }

    /// Adds the previous key during a rotation. Content encrypted with either key can be read.
    #[must_use]
    pub fn with_previous(self, previous: &ApiV3Key) -> ApiV3Key {
        ApiV3Key { previous: Some(PreviousKey::new(previous.current.clone())), ..self }
    }

    /// Decrypts with the current key or, if that fails, with the previous one. A use of the previous
    /// key is counted.
    pub(crate) fn decrypt_with<T>(&self, decrypt: impl Fn(&[u8]) -> Option<T>) -> Option<T> {
        let with = |key: &Arc<SecretString>| decrypt(key.as_str().as_bytes());
        with(&self.current).or_else(|| {
            let previous = self.previous.as_ref()?;
            with(previous.key()).inspect(|_| previous.count_use())
        })
    }

    /// How many messages were read with the previous key.
    pub fn previous_key_uses(&self) -> u64 {
        self.previous.as_ref().map_or(0, PreviousKey::uses)
    }
}

impl fmt::Debug for ApiV3Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiV3Key(..)")
    }
}

/// The text is not an `APIv3` key. The error never contains the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an APIv3 key has exactly 32 printable ASCII characters")]
pub struct ApiV3KeyError;

/// The RSA private key of the merchant. Clones share one copy.
#[derive(Clone)]
pub struct PrivateKey(Arc<KeyPair>);

impl PrivateKey {
    /// Parses `apiclient_key.pem`: PKCS#8 or PKCS#1, RSA of 2048 to 8192 bits, not encrypted.
    ///
    /// # Errors
    /// [`PrivateKeyError`] for any other text.
    pub fn from_pem(pem: &[u8]) -> Result<PrivateKey, PrivateKeyError> {
        let pair = match PrivateKeyDer::from_pem_slice(pem).map_err(|_| PrivateKeyError::Pem)? {
            PrivateKeyDer::Pkcs8(der) => KeyPair::from_pkcs8(der.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(der) => KeyPair::from_der(der.secret_pkcs1_der()),
            PrivateKeyDer::Sec1(_) | _ => return Err(PrivateKeyError::NotRsa),
        };
        Ok(PrivateKey(Arc::new(pair.map_err(|_| PrivateKeyError::NotRsa)?)))
    }

    /// Signs a text and returns base64; `None` if the system has no random bytes.
    pub(crate) fn sign(&self, text: &str) -> Option<String> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        let random = SystemRandom::new();
        self.0.sign(&RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature).ok()?;
        Some(STANDARD.encode(signature))
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(..)")
    }
}

/// Why a text is not a private key. The error never contains the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PrivateKeyError {
    /// It does not contain a PEM private key.
    #[error("not a PEM private key (PKCS#8 or PKCS#1, not encrypted)")]
    Pem,
    /// It is not an RSA key of 2048 to 8192 bits.
    #[error("not an RSA private key of 2048 to 8192 bits")]
    NotRsa,
}
