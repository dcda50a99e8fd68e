use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

use super::generate::{self, GeneratedKey};
use super::merchant::MerchantAccount;
use super::{KeyError, MerchantKeys, PlatformCertificate, PlatformCredentials};
use crate::random;
use crate::sync::lock;
use crate::trade::terms::PlatformKeyKind;

/// The maximum number of certificates. A further rotation removes the oldest.
const MAX_CERTIFICATES: usize = 10;

/// All keys of a simulator. They are generated on first use, so a shop that uses only API v2 does not wait for them.
#[derive(Debug)]
pub struct KeyRing {
    accounts: Vec<Mutex<Option<Arc<MerchantAccount>>>>,
    mch_ids: Vec<String>,
    platform: OnceLock<Mutex<PlatformState>>,
}

#[derive(Debug)]
struct PlatformState {
    /// Oldest first, at least one.
    certificates: Vec<Arc<GeneratedKey>>,
    /// The index of the signing certificate.
    signing: usize,
    public_key_id: String,
    public: Arc<GeneratedKey>,
    notices_by: NoticeKeyPolicy,
    given: CertificatePolicy,
    /// The number of signed notices, for alternating keys.
    turns: u64,
}

/// Which key signs the notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKeyPolicy {
    /// The key that the merchant requested for the response to the order.
    #[default]
    AsOrdered,
    /// The key of the platform certificate.
    Certificate,
    /// The key with the id `PUB_KEY_ID_…`.
    PublicKey,
    /// Both keys in turn, as in the week in which a merchant moves to the public key.
    Mixed,
}

/// Whether the platform has certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificatePolicy {
    /// It has, and signs with them by default.
    #[default]
    Given,
    /// It has none, as for a merchant that started with the public key, which signs everything.
    None,
}

/// A signing key of the platform, with the serial number that clients know.
#[derive(Debug, Clone)]
pub struct PlatformSigner {
    /// `Wechatpay-Serial`.
    pub serial: String,
    made: Arc<GeneratedKey>,
}

impl PlatformSigner {
    /// Signs with RSASSA-PKCS1-v1_5 and SHA-256. Returns base64.
    pub fn sign(&self, message: &[u8]) -> String {
        self.made.key.sign(message)
    }
}

impl KeyRing {
    /// Creates the keys of these merchants. `chosen` has configured keys of some of them.
    pub fn new(mch_ids: impl Iterator<Item = String>, chosen: &[MerchantKeys]) -> Result<Self, KeyError> {
        let mut ring = Self { accounts: Vec::new(), mch_ids: Vec::new(), platform: OnceLock::new() };
        for mch_id in mch_ids.filter({
            let mut seen = Vec::new();
            move |mch_id| {
                !seen.contains(mch_id) && {
                    seen.push(mch_id.clone());
                    true
                }
            }
        }) {
            let own = chosen.iter().find(|keys| keys.mch_id == mch_id);
            let read = own.map(|keys| MerchantAccount::read(keys.clone())).transpose()?;
            ring.accounts.push(Mutex::new(read));
            ring.mch_ids.push(mch_id);
        }
        Ok(ring)
    }

    /// The keys of a merchant.
    pub fn account(&self, mch_id: &str) -> Option<Arc<MerchantAccount>> {
        let index = self.mch_ids.iter().position(|known| known == mch_id)?;
        let made =
            || MerchantAccount::read(MerchantKeys::generated(mch_id)).expect("keys made here can be read");
        Some(Arc::clone(lock(&self.accounts[index]).get_or_insert_with(made)))
    }

    /// Changes the API v3 key of a merchant. New content is encrypted with it.
    pub fn change_api_v3_key(&self, mch_id: &str, api_v3_key: &str) -> Result<(), KeyError> {
        let found = self.mch_ids.iter().position(|known| known == mch_id).zip(self.account(mch_id));
        let Some((index, account)) = found else { return Ok(()) };
        let keys = MerchantKeys { api_v3_key: api_v3_key.to_owned(), ..account.keys.clone() };
        *lock(&self.accounts[index]) = Some(MerchantAccount::read(keys)?);
        Ok(())
    }

    /// Finds the merchant with this certificate (DER).
    pub fn merchant_of_certificate(&self, certificate: &[u8]) -> Option<String> {
        let mut all = self.mch_ids.iter().filter_map(|mch_id| self.account(mch_id));
        all.find(|account| account.certificate == certificate).map(|account| account.keys.mch_id.clone())
    }

    /// Verifies a signature of a merchant.
    pub fn verify(account: &MerchantAccount, message: &[u8], signature: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, account.key.public());
        key.verify(message, signature).is_ok()
    }

    /// The signer for this kind of key.
    pub fn signer(&self, kind: PlatformKeyKind) -> PlatformSigner {
        let platform = self.platform();
        match (kind, platform.given) {
            (PlatformKeyKind::Certificate, CertificatePolicy::Given) => {
                named(&platform.certificates[platform.signing])
            }
            (PlatformKeyKind::PublicKey, _) | (PlatformKeyKind::Certificate, CertificatePolicy::None) => {
                PlatformSigner { serial: platform.public_key_id.clone(), made: Arc::clone(&platform.public) }
            }
        }
    }

    /// The signer of a notice.
    pub fn notice_signer(&self, ordered: PlatformKeyKind) -> PlatformSigner {
        let (by, turn) = {
            let mut platform = self.platform();
            platform.turns += 1;
            (platform.notices_by, platform.turns)
        };
        self.signer(match by {
            NoticeKeyPolicy::AsOrdered => ordered,
            NoticeKeyPolicy::Certificate => PlatformKeyKind::Certificate,
            NoticeKeyPolicy::PublicKey => PlatformKeyKind::PublicKey,
            NoticeKeyPolicy::Mixed if turn % 2 == 0 => PlatformKeyKind::PublicKey,
            NoticeKeyPolicy::Mixed => PlatformKeyKind::Certificate,
        })
    }

    /// The kind of key that this `Wechatpay-Serial` requests.
    pub fn key_kind(&self, serial: &str) -> PlatformKeyKind {
        if serial.starts_with("PUB_KEY_ID_") {
            PlatformKeyKind::PublicKey
        } else {
            PlatformKeyKind::Certificate
        }
    }

    /// The public keys for clients.
    pub fn platform_credentials(&self) -> PlatformCredentials {
        let platform = self.platform();
        let certificate = |made: &Arc<GeneratedKey>| PlatformCertificate {
            serial_no: made.serial_no.clone(),
            certificate_pem: made.certificate_pem.clone(),
            public_key_pem: made.public_key_pem.clone(),
        };
        PlatformCredentials {
            public_key_id: platform.public_key_id.clone(),
            public_key_pem: platform.public.public_key_pem.clone(),
            certificates: match platform.given {
                CertificatePolicy::Given => platform.certificates.iter().map(certificate).collect(),
                CertificatePolicy::None => Vec::new(),
            },
        }
    }

    /// Adds a new platform certificate, which does not sign yet.
    pub fn add_certificate(&self) {
        let made = Arc::new(generate::generate("Tenpay.com Simulated PlatformState"));
        let mut platform = self.platform();
        if platform.certificates.len() >= MAX_CERTIFICATES {
            platform.certificates.remove(0);
            platform.signing = platform.signing.saturating_sub(1);
        }
        platform.certificates.push(made);
    }

    /// The newest certificate starts to sign.
    pub fn sign_with_newest(&self) {
        let mut platform = self.platform();
        platform.signing = platform.certificates.len() - 1;
    }

    /// Removes all certificates except the signing one.
    pub fn forget_others(&self) {
        let mut platform = self.platform();
        let signing = Arc::clone(&platform.certificates[platform.signing]);
        (platform.certificates, platform.signing) = (vec![signing], 0);
    }

    /// Replaces the public key and its id.
    pub fn replace_public_key(&self) {
        let made = Arc::new(generate::generate("public key"));
        let mut platform = self.platform();
        (platform.public, platform.public_key_id) = (made, public_key_id());
    }

    /// Sets which key signs the notices.
    pub fn set_notices_by(&self, by: NoticeKeyPolicy) {
        self.platform().notices_by = by;
    }

    /// Which key signs the notices.
    pub fn notices_by(&self) -> NoticeKeyPolicy {
        self.platform().notices_by
    }

    /// Sets whether there are certificates.
    pub fn set_certificates(&self, given: CertificatePolicy) {
        self.platform().given = given;
    }

    /// Whether there are certificates.
    pub fn certificates(&self) -> CertificatePolicy {
        self.platform().given
    }

    /// The serial number of the signing certificate, or the id of the public key if there is none.
    pub fn signing_serial(&self) -> String {
        self.signer(PlatformKeyKind::Certificate).serial
    }

    fn platform(&self) -> MutexGuard<'_, PlatformState> {
        lock(self.platform.get_or_init(|| {
            Mutex::new(PlatformState {
                certificates: vec![generate::cached("Tenpay.com Simulated PlatformState")],
                signing: 0,
                public_key_id: public_key_id(),
                public: generate::cached("public key"),
                notices_by: NoticeKeyPolicy::default(),
                given: CertificatePolicy::default(),
                turns: 0,
            })
        }))
    }
}

fn named(made: &Arc<GeneratedKey>) -> PlatformSigner {
    PlatformSigner { serial: made.serial_no.clone(), made: Arc::clone(made) }
}

/// A random id in WeChat's format: `PUB_KEY_ID_` and digits.
fn public_key_id() -> String {
    format!("PUB_KEY_ID_01{}", random::digits(26))
}
