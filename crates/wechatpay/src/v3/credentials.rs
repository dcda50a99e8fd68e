//! Who we are to WeChat in v3, and the keys that prove it.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;

use crate::zeroize::{Old, Wiped};

/// One merchant under one app, with what v3 signs and decrypts with.
#[derive(Debug, Clone)]
pub struct Merchant {
    /// The app's id, at most 32 ASCII letters and digits, such as `wx8888888888888888`.
    pub appid: String,
    /// The merchant number, at most 32 ASCII letters and digits, such as `1900000109`.
    pub mchid: String,
    /// The serial number of the merchant's certificate: 40 hex digits.
    pub serial_no: String,
    /// The private key of that certificate. Requests are signed with it.
    pub private_key: PrivateKey,
    /// The key notices and certificates are encrypted with.
    pub api_v3_key: ApiV3Key,
}

/// A merchant's `APIv3` key: exactly 32 bytes of printable ASCII, used raw as an AES-256 key.
///
/// Clones share one copy in memory, which is overwritten when the last of them is dropped.
#[derive(Clone)]
pub struct ApiV3Key {
    now: Arc<Wiped>,
    old: Option<Old>,
}

impl ApiV3Key {
    /// Takes the key as it was set on the merchant platform.
    ///
    /// # Errors
    /// [`BadApiV3Key`] when it is not 32 printable ASCII characters.
    pub fn new(text: &str) -> Result<ApiV3Key, BadApiV3Key> {
        if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(BadApiV3Key);
        }
        Ok(ApiV3Key { now: Arc::new(Wiped::new(text.to_owned())), old: None })
    }

    /// The same key in the days in which it takes another's place: what was encrypted with either is
    /// read.
    #[must_use]
    pub fn beside(self, old: &ApiV3Key) -> ApiV3Key {
        ApiV3Key { old: Some(Old::new(old.now.clone())), ..self }
    }

    /// What `open` makes with the key or, if it makes nothing, with the one it is to replace, which is
    /// counted.
    pub(crate) fn opens<T>(&self, open: impl Fn(&[u8]) -> Option<T>) -> Option<T> {
        let with = |key: &Arc<Wiped>| open(key.as_str().as_bytes());
        with(&self.now).or_else(|| {
            let old = self.old.as_ref()?;
            with(old.key()).inspect(|_| old.was_used())
        })
    }

    /// How many messages were read by the key this one is to replace.
    pub fn old_uses(&self) -> u64 {
        self.old.as_ref().map_or(0, Old::uses)
    }
}

impl fmt::Debug for ApiV3Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiV3Key(..)")
    }
}

/// A text that is no `APIv3` key. It is never repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an APIv3 key has exactly 32 printable ASCII characters")]
pub struct BadApiV3Key;

/// The merchant's RSA private key. Clones share one copy.
#[derive(Clone)]
pub struct PrivateKey(Arc<KeyPair>);

impl PrivateKey {
    /// Reads `apiclient_key.pem`: PKCS#8 or PKCS#1, RSA of 2048 to 8192 bits, not encrypted.
    ///
    /// # Errors
    /// [`BadPrivateKey`] for anything else.
    pub fn from_pem(pem: &[u8]) -> Result<PrivateKey, BadPrivateKey> {
        let pair = match PrivateKeyDer::from_pem_slice(pem).map_err(|_| BadPrivateKey::Pem)? {
            PrivateKeyDer::Pkcs8(der) => KeyPair::from_pkcs8(der.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(der) => KeyPair::from_der(der.secret_pkcs1_der()),
            PrivateKeyDer::Sec1(_) | _ => return Err(BadPrivateKey::NotRsa),
        };
        Ok(PrivateKey(Arc::new(pair.map_err(|_| BadPrivateKey::NotRsa)?)))
    }

    /// The signature of a text, base64; nothing when the system gives no random bytes.
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

/// Why a text is no private key. It never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPrivateKey {
    /// There is no PEM private key in it.
    #[error("not a PEM private key (PKCS#8 or PKCS#1, not encrypted)")]
    Pem,
    /// It is no RSA key of 2048 to 8192 bits.
    #[error("not an RSA private key of 2048 to 8192 bits")]
    NotRsa,
}
