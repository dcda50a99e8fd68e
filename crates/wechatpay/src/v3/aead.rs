//! Decrypting content of API v3 (pay.weixin.qq.com, doc `4012071382`).

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::ApiV3Key;

pub(crate) const ALGORITHM: &str = "AEAD_AES_256_GCM";

/// Content encrypted with the `APIv3` key.
#[derive(Deserialize)]
pub(crate) struct EncryptedResource {
    pub(crate) algorithm: String,
    pub(crate) nonce: String,
    #[serde(default)]
    pub(crate) associated_data: Option<String>,
    pub(crate) ciphertext: String,
}

impl EncryptedResource {
    /// Decrypts the content; `None` if algorithm, nonce, base64 or tag are wrong.
    pub(crate) fn decrypt(&self, key: &ApiV3Key) -> Option<Vec<u8>> {
        let associated = self.associated_data.as_deref().unwrap_or_default();
        if self.algorithm != ALGORITHM {
            return None;
        }
        decrypt(key, &self.nonce, associated, &self.ciphertext)
    }
}

/// Decrypts `AEAD_AES_256_GCM` and checks its tag. The nonce has exactly 12 bytes; the ciphertext is
/// base64 and ends with the tag. Returns `None` if anything is wrong.
pub fn decrypt(key: &ApiV3Key, nonce: &str, associated_data: &str, ciphertext: &str) -> Option<Vec<u8>> {
    let nonce: [u8; NONCE_LEN] = nonce.as_bytes().try_into().ok()?;
    let bytes = STANDARD.decode(ciphertext).ok()?;
    key.decrypt_with(|key| opened(key, nonce, associated_data, bytes.clone()))
}

fn opened(key: &[u8], nonce: [u8; NONCE_LEN], associated_data: &str, mut bytes: Vec<u8>) -> Option<Vec<u8>> {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).ok()?);
    let nonce = Nonce::assume_unique_for_key(nonce);
    let plain = key.open_in_place(nonce, Aad::from(associated_data.as_bytes()), &mut bytes).ok()?;
    let length = plain.len();
    bytes.truncate(length);
    Some(bytes)
}
