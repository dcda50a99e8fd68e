//! The encryption of refund notices in API v2: AES-256-ECB with PKCS#7. The key is the MD5 of the API key in
//! lower-case hex. Source: WeChat Pay API v2, "退款结果通知"; tested with the published vectors.

use std::fmt::Write as _;

use aws_lc_rs::cipher::{AES_256, PaddedBlockEncryptingKey, UnboundCipherKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};

/// Encrypts a text with the merchant's API key. Returns base64.
pub fn encrypt_text(text: &str, api_key: &str) -> String {
    let digest = Md5::digest(api_key.as_bytes());
    let key = digest.iter().fold(String::with_capacity(32), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    STANDARD.encode(encrypt(text.as_bytes(), key.as_bytes()))
}

fn encrypt(text: &[u8], key: &[u8]) -> Vec<u8> {
    let key = UnboundCipherKey::new(&AES_256, key).expect("the key has 32 bytes");
    let key = PaddedBlockEncryptingKey::ecb_pkcs7(key).expect("AES-256 has ECB");
    let mut bytes = text.to_vec();
    key.encrypt(&mut bytes).expect("any length can be padded");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn published_vectors() {
        assert_eq!(STANDARD.encode(encrypt(b"hello", KEY.as_bytes())), "pZwJZBLuy3mDACEQT4YTBw==");
        let text = "<root><out_refund_no><![CDATA[R1]]></out_refund_no><out_trade_no><![CDATA[SIM1]]></out_trade_no>\
                    <refund_status><![CDATA[SUCCESS]]></refund_status><refund_fee><![CDATA[100]]></refund_fee>\
                    <total_fee><![CDATA[101]]></total_fee></root>";
        let expected = "dDo+GCOVYtgSlXn23/zEWVeDBt97o5t5l3CUh4BFIQ0EY7r8KjZJmD2DSKkQfzQShV7QAhRimpUDj6AKvYHIbn/Z3OlNXUn3q\
                    LlxkbTItbGBzzy0/AjH8Zv+Lmw8D8Gc6SbL2pf8+3BtzMQcYq6I2uwdnhN5VNOgGDBhuAtk0MuQG+DV4VZRqHB8zfB/d7Oc+\
                    U6G0yXZCidT363+FyqRs1Cu4M+VycNneQxdEaxx5pb8M5yUoudAlKRhlrUGtg6ya5RBLMQPsuCgjLN3j3NgoYnzZwjPJE3TT\
                    iokIRY8XSb+xoW3JDrf8+4SeQR/Khw1";
        assert_eq!(encrypt_text(text, KEY), expected);
    }
}
