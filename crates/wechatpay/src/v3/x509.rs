//! Reading X.509 certificates.

use std::fmt::Write;

use x509_parser::prelude::{FromDer, X509Certificate};

use super::PlatformKeyError;

/// Serial number, public key and validity of a certificate. Trust is decided elsewhere.
pub(crate) struct ParsedCertificate {
    /// Upper-case hex digits, as in `Wechatpay-Serial`.
    pub(crate) serial: String,
    /// The subject's public key, DER.
    pub(crate) public_key: Vec<u8>,
    /// Start and end, UTC ms.
    pub(crate) validity: (i64, i64),
}

impl ParsedCertificate {
    pub(crate) fn read(der: &[u8]) -> Result<ParsedCertificate, PlatformKeyError> {
        let (rest, parsed) = X509Certificate::from_der(der).map_err(|_| PlatformKeyError::Certificate)?;
        if !rest.is_empty() {
            return Err(PlatformKeyError::Certificate);
        }
        let validity = parsed.validity();
        let ms = |seconds: i64| seconds.saturating_mul(1000);
        Ok(ParsedCertificate {
            serial: hex(parsed.raw_serial()),
            public_key: parsed.public_key().raw.to_vec(),
            validity: (ms(validity.not_before.timestamp()), ms(validity.not_after.timestamp())),
        })
    }
}

/// A leading zero byte only marks a DER number as positive.
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
