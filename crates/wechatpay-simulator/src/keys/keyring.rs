use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

use super::generate::{self, Made};
use super::merchant::Account;
use super::{KeyError, MerchantKeys, PlatformCertificate, PlatformKeys};
use crate::random;
use crate::state::lock;
use crate::trade::terms::KeyKind;

/// Certificates kept; a rotation beyond it forgets the oldest.
const MAX_CERTIFICATES: usize = 10;

/// All keys of one world. They are made when they are first needed: a shop that speaks API v2 alone waits for none.
#[derive(Debug)]
pub struct KeyRing {
    accounts: Vec<Mutex<Option<Arc<Account>>>>,
    mch_ids: Vec<String>,
    platform: OnceLock<Mutex<Platform>>,
}

#[derive(Debug)]
struct Platform {
    /// Oldest first, at least one.
    certificates: Vec<Arc<Made>>,
    /// Which of them signs.
    signing: usize,
    public_key_id: String,
    public: Arc<Made>,
    notices_by: NoticesBy,
    given: Certificates,
    /// Notices signed while both keys take turns.
    turns: u64,
}

/// Which key signs the notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticesBy {
    /// The one with which the merchant asked to be answered when he ordered.
    #[default]
    AsOrdered,
    /// The platform certificate's.
    Certificate,
    /// The one behind `PUB_KEY_ID_…`.
    PublicKey,
    /// Now the one, now the other, as in the week in which a merchant moves to the public key.
    Mixed,
}

/// Whether the platform still has certificates to give away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certificates {
    /// It has, and signs with them for who asks for nothing else.
    #[default]
    Given,
    /// It has not, as for a merchant who began with the public key: that signs everything.
    None,
}

/// A key of the platform's that signs, under the name by which clients know it.
#[derive(Debug, Clone)]
pub struct Signer {
    /// `Wechatpay-Serial`.
    pub serial: String,
    made: Arc<Made>,
}

impl Signer {
    /// RSASSA-PKCS1-v1_5 with SHA-256, in base64.
    pub fn sign(&self, message: &[u8]) -> String {
        self.made.key.sign(message)
    }
}

impl KeyRing {
    /// For these merchants, with the keys that were chosen for some of them.
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
            let read = own.map(|keys| Account::read(keys.clone())).transpose()?;
            ring.accounts.push(Mutex::new(read));
            ring.mch_ids.push(mch_id);
        }
        Ok(ring)
    }

    /// The keys of a merchant.
    pub fn account(&self, mch_id: &str) -> Option<Arc<Account>> {
        let index = self.mch_ids.iter().position(|known| known == mch_id)?;
        let made = || Account::read(MerchantKeys::made_up(mch_id)).expect("keys made here can be read");
        Some(Arc::clone(lock(&self.accounts[index]).get_or_insert_with(made)))
    }

    /// Another API v3 key for a merchant: what is hidden from now on is hidden with it.
    pub fn change_api_v3_key(&self, mch_id: &str, api_v3_key: &str) -> Result<(), KeyError> {
        let found = self.mch_ids.iter().position(|known| known == mch_id).zip(self.account(mch_id));
        let Some((index, account)) = found else { return Ok(()) };
        let keys = MerchantKeys { api_v3_key: api_v3_key.to_owned(), ..account.shown.clone() };
        *lock(&self.accounts[index]) = Some(Account::read(keys)?);
        Ok(())
    }

    /// The merchant whose certificate this is, DER.
    pub fn holder(&self, certificate: &[u8]) -> Option<String> {
        let mut all = self.mch_ids.iter().filter_map(|mch_id| self.account(mch_id));
        all.find(|account| account.certificate == certificate).map(|account| account.shown.mch_id.clone())
    }

    /// Whether `signature` is this merchant's under `message`.
    pub fn verify(account: &Account, message: &[u8], signature: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, account.key.public());
        key.verify(message, signature).is_ok()
    }

    /// What signs for a merchant who wants this kind.
    pub fn signer(&self, kind: KeyKind) -> Signer {
        let platform = self.platform();
        match (kind, platform.given) {
            (KeyKind::Certificate, Certificates::Given) => named(&platform.certificates[platform.signing]),
            (KeyKind::PublicKey, _) | (KeyKind::Certificate, Certificates::None) => {
                Signer { serial: platform.public_key_id.clone(), made: Arc::clone(&platform.public) }
            }
        }
    }

    /// The same, for a notice.
    pub fn notice_signer(&self, ordered: KeyKind) -> Signer {
        let (by, turn) = {
            let mut platform = self.platform();
            platform.turns += 1;
            (platform.notices_by, platform.turns)
        };
        self.signer(match by {
            NoticesBy::AsOrdered => ordered,
            NoticesBy::Certificate => KeyKind::Certificate,
            NoticesBy::PublicKey => KeyKind::PublicKey,
            NoticesBy::Mixed if turn % 2 == 0 => KeyKind::PublicKey,
            NoticesBy::Mixed => KeyKind::Certificate,
        })
    }

    /// The kind that a `Wechatpay-Serial` of this value asks for.
    pub fn kind(&self, serial: &str) -> KeyKind {
        if serial.starts_with("PUB_KEY_ID_") { KeyKind::PublicKey } else { KeyKind::Certificate }
    }

    /// What clients verify with.
    pub fn shown(&self) -> PlatformKeys {
        let platform = self.platform();
        let certificate = |made: &Arc<Made>| PlatformCertificate {
            serial_no: made.serial_no.clone(),
            certificate_pem: made.certificate_pem.clone(),
            public_key_pem: made.public_key_pem.clone(),
        };
        PlatformKeys {
            public_key_id: platform.public_key_id.clone(),
            public_key_pem: platform.public.public_key_pem.clone(),
            certificates: match platform.given {
                Certificates::Given => platform.certificates.iter().map(certificate).collect(),
                Certificates::None => Vec::new(),
            },
        }
    }

    /// A new platform certificate beside the old ones. It signs from now on, or only once it is rotated to.
    pub fn add_certificate(&self) {
        let made = Arc::new(generate::fresh("Tenpay.com Simulated Platform"));
        let mut platform = self.platform();
        if platform.certificates.len() >= MAX_CERTIFICATES {
            platform.certificates.remove(0);
            platform.signing = platform.signing.saturating_sub(1);
        }
        platform.certificates.push(made);
    }

    /// The newest certificate signs.
    pub fn sign_with_newest(&self) {
        let mut platform = self.platform();
        platform.signing = platform.certificates.len() - 1;
    }

    /// Forgets every certificate but the one that signs.
    pub fn forget_others(&self) {
        let mut platform = self.platform();
        let signing = Arc::clone(&platform.certificates[platform.signing]);
        (platform.certificates, platform.signing) = (vec![signing], 0);
    }

    /// Another public key with another id. Nobody is told.
    pub fn replace_public_key(&self) {
        let made = Arc::new(generate::fresh("public key"));
        let mut platform = self.platform();
        (platform.public, platform.public_key_id) = (made, public_key_id());
    }

    /// Which key signs the notices from now on.
    pub fn set_notices_by(&self, by: NoticesBy) {
        self.platform().notices_by = by;
    }

    /// Which key signs the notices.
    pub fn notices_by(&self) -> NoticesBy {
        self.platform().notices_by
    }

    /// Whether there are certificates from now on.
    pub fn set_certificates(&self, given: Certificates) {
        self.platform().given = given;
    }

    /// Whether there are certificates.
    pub fn certificates(&self) -> Certificates {
        self.platform().given
    }

    /// The number of the certificate that signs; the public key's where there is none.
    pub fn signing_serial(&self) -> String {
        self.signer(KeyKind::Certificate).serial
    }

    fn platform(&self) -> MutexGuard<'_, Platform> {
        lock(self.platform.get_or_init(|| {
            Mutex::new(Platform {
                certificates: vec![generate::remembered("Tenpay.com Simulated Platform")],
                signing: 0,
                public_key_id: public_key_id(),
                public: generate::remembered("public key"),
                notices_by: NoticesBy::default(),
                given: Certificates::default(),
                turns: 0,
            })
        }))
    }
}

fn named(made: &Arc<Made>) -> Signer {
    Signer { serial: made.serial_no.clone(), made: Arc::clone(made) }
}

/// `PUB_KEY_ID_` and digits, as WeChat's look.
fn public_key_id() -> String {
    format!("PUB_KEY_ID_01{}", random::digits(26))
}
