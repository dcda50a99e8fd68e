//! WeChat's certificates, fetched (pay.weixin.qq.com, doc `4012551764`).

use reqwest::Method;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use serde::Deserialize;
use tokio::sync::Mutex;

use super::aead::Sealed;
use super::platform_keys::PlatformKey;
use super::x509::Certificate;
use super::{ApiV3Key, CallError, Client, Doubt, PlatformKeys, SignedHeaders, json, verify};

/// The shortest time between two fetches: forged serials must not make us a flood.
const PAUSE_MS: u64 = 60_000;

/// When certificates were last asked for, UTC ms. Who holds the lock is asking.
#[derive(Debug, Default)]
pub(crate) struct Refresher(Mutex<Option<i64>>);

/// What came of a wish for new certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refreshed {
    /// They were fetched and are in the ring: their serials.
    Fetched(Vec<String>),
    /// They were fetched less than a minute ago, perhaps by another who asked at the same time.
    JustBefore,
}

impl Client {
    /// Fetches WeChat's certificates into the ring. Those who ask at the same time wait for one fetch.
    /// Expired ones are dropped. Call it at the start and every 12 hours; a merchant with a public key
    /// alone need not, and gets [`ErrCode::ResourceNotExists`](super::ErrCode::ResourceNotExists).
    ///
    /// The certificates are encrypted with the `APIv3` key, which proves them; so the first answer may
    /// be signed with one it carries.
    ///
    /// # Errors
    /// [`CallError`]; the ring is as before then.
    pub async fn refresh_certificates(&self) -> Result<Refreshed, CallError> {
        let mut last = self.refresher().0.lock().await;
        let now = self.clock().now();
        if last.is_some_and(|at| at.abs_diff(now) < PAUSE_MS) {
            return Ok(Refreshed::JustBefore);
        }
        *last = Some(now);
        let carried = self.certificates().await?;
        let serials: Vec<String> = carried.iter().map(|certificate| certificate.serial.clone()).collect();
        fill(self.keys(), carried)?;
        self.keys().drop_expired(self.clock().now());
        Ok(Refreshed::Fetched(serials))
    }

    async fn certificates(&self) -> Result<Vec<Certificate>, CallError> {
        let answer = self.answer(Method::GET, "/v3/certificates", "").await?;
        let headers = SignedHeaders::read(&answer.headers).map_err(Doubt::Signature)?;
        let list: List = json::read(&answer.body).ok_or(Doubt::Json)?;
        let carried = list.open(&self.merchant().api_v3_key).ok_or(Doubt::Certificate)?;
        let ring = PlatformKeys::new();
        fill(&ring, list.open(&self.merchant().api_v3_key).ok_or(Doubt::Certificate)?)?;
        let known = self.keys().get(&headers.serial).is_some();
        let keys = if known { self.keys() } else { &ring };
        verify(&headers, &answer.body, keys, self.clock().now()).map_err(Doubt::Signature)?;
        Ok(carried)
    }
}

fn fill(keys: &PlatformKeys, certificates: Vec<Certificate>) -> Result<(), CallError> {
    for certificate in certificates {
        let serial = certificate.serial.clone();
        let key = PlatformKey::of(certificate).map_err(|_| Doubt::Certificate)?;
        keys.insert(&serial, key).map_err(|_| Doubt::Certificate)?;
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
    encrypt_certificate: Sealed,
}

impl List {
    fn open(&self, key: &ApiV3Key) -> Option<Vec<Certificate>> {
        self.data.iter().map(|listed| listed.open(key)).collect()
    }
}

impl Listed {
    /// The certificate, when it is the one it is called.
    fn open(&self, key: &ApiV3Key) -> Option<Certificate> {
        let pem = self.encrypt_certificate.open(key)?;
        let der = CertificateDer::from_pem_slice(&pem).ok()?;
        Certificate::read(&der).ok().filter(|certificate| certificate.serial == self.serial_no)
    }
}
