//! The signed texts of API v3. Source: WeChat Pay API v3, "签名生成" and "签名验证"; tested with the published vectors.

/// Builds the signed text of a request, with target and body exactly as they were sent.
pub fn request_text(method: &str, target: &str, timestamp: &str, nonce: &str, body: &[u8]) -> Vec<u8> {
    let mut text = format!("{method}\n{target}\n{timestamp}\n{nonce}\n").into_bytes();
    text.extend_from_slice(body);
    text.push(b'\n');
    text
}

/// Builds the signed text of a response or a notice.
pub fn answer_text(timestamp: &str, nonce: &str, body: &[u8]) -> Vec<u8> {
    let mut text = format!("{timestamp}\n{nonce}\n").into_bytes();
    text.extend_from_slice(body);
    text.push(b'\n');
    text
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;
    use crate::keys::der;

    #[derive(serde::Deserialize)]
    struct Vector {
        method: Option<String>,
        target: Option<String>,
        timestamp: String,
        nonce: String,
        body: String,
        signature: String,
    }

    /// The signatures and public keys of WeChat's documentation.
    #[test]
    fn published_vectors() {
        let merchant = include_str!("../../tests/published/merchant_public_key.pem");
        let platform = include_str!("../../tests/published/platform_public_key.pem");
        let text = include_str!("../../tests/published/v3.json");
        let vectors: std::collections::BTreeMap<String, Vector> = serde_json::from_str(text).unwrap();
        for (name, vector) in vectors {
            let (timestamp, nonce, body) = (&vector.timestamp, &vector.nonce, vector.body.as_bytes());
            let (text, pem) = match (&vector.method, &vector.target) {
                (Some(method), Some(target)) => {
                    (request_text(method, target, timestamp, nonce, body), merchant)
                }
                _ => (answer_text(timestamp, nonce, body), platform),
            };
            let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der(pem).unwrap());
            let signature = STANDARD.decode(vector.signature).unwrap();
            assert!(key.verify(&text, &signature).is_ok(), "{name}");
            assert!(key.verify(&[text.as_slice(), b" "].concat(), &signature).is_err(), "{name}");
        }
    }
}
