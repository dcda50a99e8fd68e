//! What is needed of an X.509 certificate.

use std::fmt::Write;

use x509_parser::prelude::{FromDer, X509Certificate};

use super::BadPlatformKey;

/// Serial, key and validity of a certificate. Whom to trust is not decided by it.
pub(crate) struct Certificate {
    /// Hex digits in upper case, as `Wechatpay-Serial` has it.
    pub(crate) serial: String,
    /// The subject's public key, DER.
    pub(crate) public_key: Vec<u8>,
    /// From when and until when, UTC ms.
    pub(crate) validity: (i64, i64),
}

impl Certificate {
    pub(crate) fn read(der: &[u8]) -> Result<Certificate, BadPlatformKey> {
        let (rest, parsed) = X509Certificate::from_der(der).map_err(|_| BadPlatformKey::Certificate)?;
        if !rest.is_empty() {
            return Err(BadPlatformKey::Certificate);
        }
        let validity = parsed.validity();
        let ms = |seconds: i64| seconds.saturating_mul(1000);
        Ok(Certificate {
            serial: hex(parsed.raw_serial()),
            public_key: parsed.public_key().raw.to_vec(),
            validity: (ms(validity.not_before.timestamp()), ms(validity.not_after.timestamp())),
        })
    }
}

/// A leading zero byte only tells DER that the number is positive.
fn hex(serial: &[u8]) -> String {
    let digits = match serial {
        [0, rest @ ..] if !rest.is_empty() => rest,
        _ => serial,
    };
    digits.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02X}").expect("writing to a String cannot fail");
        text
    })
}
