//! AES-256-GCM as API v3 uses it: the tag at the end, everything in base64. Source: WeChat Pay API v3, "回调报文解密".

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Encrypts `text`. The key has 32 bytes, the nonce exactly 12: some clients fail with any other length.
pub fn encrypt_text(text: &[u8], key: &str, nonce: &str, associated_data: &str) -> String {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_bytes()).expect("the key has 32 bytes"));
    let nonce = Nonce::try_assume_unique_for_key(nonce.as_bytes()).expect("the nonce has 12 bytes");
    let mut bytes = text.to_vec();
    key.seal_in_place_append_tag(nonce, Aad::from(associated_data.as_bytes()), &mut bytes)
        .expect("it is not too long");
    STANDARD.encode(bytes)
}

/// Changes the last byte of a ciphertext.
pub fn tampered(ciphertext: &str) -> String {
    let mut bytes = STANDARD.decode(ciphertext).unwrap_or_default();
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_vector() {
        let expected =
            encrypt_text(b"message", "a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb", "uluk4a9R25RW", "associatedData");
        assert_eq!(expected, "ulwSiIajGClcvcOYvOQ7+l+0PAbzzwI=");
    }
}
