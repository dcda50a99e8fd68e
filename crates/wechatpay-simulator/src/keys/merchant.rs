use std::sync::Arc;

use super::KeyError;
use super::generate::{self, Rsa};

/// The API v3 key of every merchant to whom none was given.
pub const DEMO_API_V3_KEY: &str = "simulatorapiv3key0123456789abcde";

/// What a merchant needs for API v3 and for the calls that ask for a client certificate.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct MerchantKeys {
    /// Whose.
    pub mch_id: String,
    /// 32 ASCII characters; hides what notices and `/v3/certificates` tell.
    pub api_v3_key: String,
    /// Of his certificate, in hex.
    pub serial_no: String,
    /// His certificate, PEM. It names no appid, so one serves all of his.
    pub certificate_pem: String,
    /// His private key, PKCS#8 in PEM. The simulator shows it to whoever asks: never give it a real one.
    pub private_key_pem: String,
}

impl MerchantKeys {
    /// Keys for a merchant; the same ones for the same number in one process.
    pub fn made_up(mch_id: &str) -> Self {
        let made = generate::remembered(mch_id);
        Self {
            mch_id: mch_id.to_owned(),
            api_v3_key: DEMO_API_V3_KEY.to_owned(),
            serial_no: made.serial_no.clone(),
            certificate_pem: made.certificate_pem.clone(),
            private_key_pem: made.private_key_pem.clone(),
        }
    }
}

/// A merchant's keys, read.
#[derive(Debug)]
pub struct Account {
    pub shown: MerchantKeys,
    /// Verifies what he signs.
    pub key: Rsa,
    /// His certificate, DER.
    pub certificate: Vec<u8>,
}

impl Account {
    pub fn read(shown: MerchantKeys) -> Result<Arc<Self>, KeyError> {
        let wrong = |why| KeyError { mch_id: shown.mch_id.clone(), why };
        if shown.api_v3_key.len() != 32 || !shown.api_v3_key.is_ascii() {
            return Err(wrong("the APIv3 key is 32 ASCII characters"));
        }
        let key = Rsa::from_pem(&shown.private_key_pem);
        let key = key.ok_or_else(|| wrong("the private key is RSA in PKCS#8, PEM"))?;
        let certificate = generate::der(&shown.certificate_pem);
        let certificate = certificate.ok_or_else(|| wrong("the certificate is PEM"))?;
        Ok(Arc::new(Self { shown, key, certificate }))
    }
}
