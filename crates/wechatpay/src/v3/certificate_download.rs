//! Downloading WeChat's certificates (pay.weixin.qq.com, doc `4012551764`).

use reqwest::Method;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use serde::Deserialize;

use super::aead::EncryptedResource;
use super::platform_keys::PlatformKey;
use super::x509::ParsedCertificate;
use super::{ApiV3Key, PlatformKeys, SignatureHeaders, V3CallError, V3Client, V3UnknownReason, json, verify};

/// The minimum time between two downloads, so that forged serial numbers cannot trigger a flood of
/// requests.
const PAUSE_MS: u64 = 60_000;

/// The result of refreshing the certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateRefresh {
    /// New certificates were downloaded; their serial numbers.
    Fetched(Vec<String>),
    /// Certificates were downloaded less than a minute ago, perhaps by a concurrent call.
    FetchedRecently,
}

impl V3Client {
    /// Downloads WeChat's certificates and adds them to the keys. Concurrent calls wait for one
    /// download. Expired certificates are removed. Call it at the start and every 12 hours. A merchant
    /// with only a public key does not need it and gets
    /// [`V3ErrCode::ResourceNotExists`](super::V3ErrCode::ResourceNotExists).
    ///
    /// The certificates are encrypted with the `APIv3` key, which authenticates them. So the first
    /// response may be signed with a certificate that it contains.
    ///
    /// # Errors
    /// [`V3CallError`]. Then the keys are unchanged.
    pub async fn refresh_certificates(&self) -> Result<CertificateRefresh, V3CallError> {
        let mut last = self.refresher().0.lock().await;
        let now = self.clock().now();
        if last.is_some_and(|at| at.abs_diff(now) < PAUSE_MS) {
            return Ok(CertificateRefresh::FetchedRecently);
        }
        *last = Some(now);
        let carried = self.certificates().await?;
        let serials: Vec<String> = carried.iter().map(|certificate| certificate.serial.clone()).collect();
        insert_all(self.keys(), carried)?;
        self.keys().drop_expired(self.clock().now());
        Ok(CertificateRefresh::Fetched(serials))
    }

    async fn certificates(&self) -> Result<Vec<ParsedCertificate>, V3CallError> {
        let answer = self.answer(Method::GET, "/v3/certificates", "").await?;
        let headers = SignatureHeaders::from_headers(&answer.headers).map_err(V3UnknownReason::Signature)?;
        let list: List = json::read(&answer.body).ok_or(V3UnknownReason::Json)?;
        let carried = list.decrypt(&self.merchant().api_v3_key).ok_or(V3UnknownReason::Certificate)?;
        let ring = PlatformKeys::new();
        insert_all(&ring, list.decrypt(&self.merchant().api_v3_key).ok_or(V3UnknownReason::Certificate)?)?;
        let known = self.keys().get(&headers.serial).is_some();
        let keys = if known { self.keys() } else { &ring };
        verify(&headers, &answer.body, keys, self.clock().now()).map_err(V3UnknownReason::Signature)?;
        Ok(carried)
    }
}

fn insert_all(keys: &PlatformKeys, certificates: Vec<ParsedCertificate>) -> Result<(), V3CallError> {
    for certificate in certificates {
        let serial = certificate.serial.clone();
        let key = PlatformKey::from_certificate(certificate).map_err(|_| V3UnknownReason::Certificate)?;
        keys.insert(&serial, key).map_err(|_| V3UnknownReason::Certificate)?;
    }
    Ok(())
}

#[derive(Deserialize)]
struct List {
    data: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    serial_no: String,
    encrypt_certificate: EncryptedResource,
}

impl List {
    fn decrypt(&self, key: &ApiV3Key) -> Option<Vec<ParsedCertificate>> {
        self.data.iter().map(|listed| listed.decrypt(key)).collect()
    }
}

impl Listed {
    /// Decrypts the certificate and checks its serial number.
    fn decrypt(&self, key: &ApiV3Key) -> Option<ParsedCertificate> {
        let pem = self.encrypt_certificate.decrypt(key)?;
        let der = CertificateDer::from_pem_slice(&pem).ok()?;
        ParsedCertificate::read(&der).ok().filter(|certificate| certificate.serial == self.serial_no)
    }
}
