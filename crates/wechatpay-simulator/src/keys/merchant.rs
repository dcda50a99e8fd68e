use std::sync::Arc;

use super::KeyError;
use super::generate::{self, RsaKey};

/// The default API v3 key of a merchant.
pub const DEMO_API_V3_KEY: &str = "simulatorapiv3key0123456789abcde";

/// The keys of a merchant for API v3 and mutual TLS.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct MerchantKeys {
    /// The merchant number.
    pub mch_id: String,
    /// 32 ASCII characters. Encrypts notices and `/v3/certificates`.
    pub api_v3_key: String,
    /// The serial number of the certificate, in hex.
    pub serial_no: String,
    /// The certificate, PEM. It contains no appid, so it works for all appids of the merchant.
    pub certificate_pem: String,
    /// The private key, PKCS#8 in PEM. The simulator shows it to anyone: never use a real one.
    pub private_key_pem: String,
}

impl MerchantKeys {
    /// Generates keys for a merchant. Within a process, the same number has the same keys.
    pub fn generated(mch_id: &str) -> Self {
        let made = generate::cached(mch_id);
        Self {
            mch_id: mch_id.to_owned(),
            api_v3_key: DEMO_API_V3_KEY.to_owned(),
            serial_no: made.serial_no.clone(),
            certificate_pem: made.certificate_pem.clone(),
            private_key_pem: made.private_key_pem.clone(),
        }
    }
}

/// The parsed keys of a merchant.
#[derive(Debug)]
pub struct MerchantAccount {
    pub keys: MerchantKeys,
    /// Verifies the signatures of the merchant.
    pub key: RsaKey,
    /// The certificate, DER.
    pub certificate: Vec<u8>,
}

impl MerchantAccount {
    pub fn read(keys: MerchantKeys) -> Result<Arc<Self>, KeyError> {
        let wrong = |why| KeyError { mch_id: keys.mch_id.clone(), why };
        if keys.api_v3_key.len() != 32 || !keys.api_v3_key.is_ascii() {
            return Err(wrong("the APIv3 key is 32 ASCII characters"));
        }
        let key = RsaKey::from_pem(&keys.private_key_pem);
        let key = key.ok_or_else(|| wrong("the private key is RSA in PKCS#8, PEM"))?;
        let certificate = generate::der(&keys.certificate_pem);
        let certificate = certificate.ok_or_else(|| wrong("the certificate is PEM"))?;
        Ok(Arc::new(Self { keys, key, certificate }))
    }
}
