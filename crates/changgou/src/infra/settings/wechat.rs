//! The account at WeChat Pay: the keys of API v2 and API v3, and the API of new payments.

use crate::domain::words::word_enum;

use super::{BadSetting, Texts, bad_setting, one_of};

/// Has the key of API v2, the keys of API v3, or both.
#[derive(Clone)]
pub struct WechatAccount {
    pub appid: String,
    pub mch_id: String,
    /// A secret.
    pub api_key: Option<String>,
    /// The previous key, still accepted while keys change; a secret.
    pub api_key_old: Option<String>,
    pub v3: Option<WechatV3Account>,
    /// WeChat Pay's URL.
    pub base_url: String,
    /// The second URL, for calls that the first does not answer.
    pub backup_url: Option<String>,
    /// For refunds of API v2; only a simulator accepts them without.
    pub certificate: Option<ClientCertificate>,
}

/// The keys of API v3.
#[derive(Clone, PartialEq, Eq)]
pub struct WechatV3Account {
    /// A secret.
    pub api_v3_key: String,
    /// The previous key, still used to decrypt while keys change; a secret.
    pub api_v3_key_old: Option<String>,
    /// Serial number of the merchant's certificate.
    pub serial_no: String,
    /// The private key of that certificate, PEM; a secret.
    pub key_pem: Vec<u8>,
    /// `None`: only WeChat's certificates are trusted, which are fetched.
    pub public_key: Option<PublicKey>,
}

/// WeChat's public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// `PUB_KEY_ID_` and digits.
    pub id: String,
    /// PEM.
    pub pem: Vec<u8>,
}

/// The merchant's certificate (`apiclient_cert.pem`, `apiclient_key.pem`); the key is a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// PEM.
    pub certificate_pem: Vec<u8>,
    /// PEM.
    pub key_pem: Vec<u8>,
    /// The URL for refunds, if it differs.
    pub base_url: Option<String>,
    /// The only trusted root, PEM; `None`: the well-known roots.
    pub root_pem: Option<Vec<u8>>,
}

word_enum! {
    /// A version of WeChat Pay's API.
    pub enum Protocol {
        /// XML and a shared key.
        V2 = "v2",
        /// JSON and RSA.
        V3 = "v3",
    }
}

impl std::fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ClientCertificate({} bytes)", self.certificate_pem.len())
    }
}

impl std::fmt::Debug for WechatV3Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WechatV3Account({})", self.serial_no)
    }
}

impl std::fmt::Debug for WechatAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WechatAccount({} at {})", self.mch_id, self.base_url)
    }
}

const IDS: [&str; 2] = ["wechat_appid", "wechat_mch_id"];
const V2_KEY: &str = "wechat_api_key";
const OLD_KEYS: [(&str, &str); 2] =
    [("wechat_api_key_old", V2_KEY), ("wechat_api_v3_key_old", "wechat_api_v3_key")];
const V3_KEYS: [&str; 3] = ["wechat_api_v3_key", "wechat_serial_no", "wechat_key_file"];
const PUBLIC_KEY: [&str; 2] = ["wechat_public_key_id", "wechat_public_key_file"];
const CERTIFICATE: [&str; 2] = ["wechat_cert_file", "wechat_key_file"];

/// The account, if there is one, and the API of new payments.
pub(super) fn read(texts: &Texts) -> Result<(Option<WechatAccount>, Protocol), BadSetting> {
    let word = one_of(texts, "wechat_protocol", &Protocol::ALL.map(Protocol::word))?;
    let protocol = Protocol::parse(&word).unwrap_or(Protocol::V2);
    let account = account(texts)?;
    if let Some(account) = &account {
        can_speak(account, protocol)?;
    }
    Ok((account, protocol))
}

fn account(texts: &Texts) -> Result<Option<WechatAccount>, BadSetting> {
    let given = |name: &&str| !texts[*name].is_empty();
    old_keys_are_replaced(texts)?;
    let v3 = v3(texts)?;
    let any = IDS.iter().any(given) || given(&V2_KEY) || v3.is_some();
    if !any {
        return Ok(None);
    }
    if let Some(missing) = IDS.iter().find(|name| !given(name)) {
        return Err(bad_setting(
            missing,
            format!("is needed beside the others of {}, {V2_KEY}", IDS.join(", ")),
        ));
    }
    if !given(&V2_KEY) && v3.is_none() {
        let words =
            format!("is needed beside {} (or, for API v3, {})", IDS.join(" and "), V3_KEYS.join(", "));
        return Err(bad_setting(V2_KEY, words));
    }
    let [appid, mch_id] = IDS.map(|name| texts[name].clone());
    let base_url = texts["wechat_base_url"].trim_end_matches('/').to_owned();
    Ok(Some(WechatAccount {
        appid,
        mch_id,
        api_key: non_empty(texts, V2_KEY),
        api_key_old: non_empty(texts, OLD_KEYS[0].0),
        certificate: certificate(texts, v3.as_ref())?,
        v3,
        backup_url: backup(texts, &base_url),
        base_url,
    }))
}

fn non_empty(texts: &Texts, name: &str) -> Option<String> {
    Some(texts[name].clone()).filter(|text| !text.is_empty())
}

/// An old key without a new one is a mistake.
fn old_keys_are_replaced(texts: &Texts) -> Result<(), BadSetting> {
    for (old, new) in OLD_KEYS {
        match (texts[old].as_str(), texts[new].as_str()) {
            ("", _) => {}
            (_, "") => return Err(bad_setting(old, format!("is the key before {new}, which is not set"))),
            (before, now) if before == now => {
                return Err(bad_setting(
                    old,
                    format!("is the same as {new}: set the new key there, or leave this empty"),
                ));
            }
            (_, _) => {}
        }
    }
    Ok(())
}

/// WeChat's first and second address.
const OFFICIAL: [&str; 2] = ["https://api.mch.weixin.qq.com", "https://api2.mch.weixin.qq.com"];

fn backup(texts: &Texts, base_url: &str) -> Option<String> {
    let url = match texts["wechat_base_url_backup"].trim_end_matches('/') {
        "" if base_url == OFFICIAL[0] => OFFICIAL[1],
        url => url,
    };
    Some(url.to_owned()).filter(|url| !url.is_empty() && url != base_url)
}

fn can_speak(account: &WechatAccount, protocol: Protocol) -> Result<(), BadSetting> {
    match protocol {
        Protocol::V2 if account.api_key.is_none() => {
            Err(bad_setting("wechat_protocol", format!("v2 needs {V2_KEY}; without it, set v3")))
        }
        Protocol::V3 if account.v3.is_none() => {
            Err(bad_setting("wechat_protocol", format!("v3 needs {}", V3_KEYS.join(", "))))
        }
        Protocol::V2 | Protocol::V3 => Ok(()),
    }
}

/// The private key alone does not enable API v3: refunds of API v2 need it too.
fn v3(texts: &Texts) -> Result<Option<WechatV3Account>, BadSetting> {
    let given = |name: &str| !texts[name].is_empty();
    let asking = [V3_KEYS[0], V3_KEYS[1], PUBLIC_KEY[0], PUBLIC_KEY[1]];
    let Some(first) = asking.into_iter().find(|name| given(name)) else { return Ok(None) };
    if let Some(missing) = V3_KEYS.into_iter().find(|name| !given(name)) {
        return Err(bad_setting(missing, format!("API v3 needs it beside {first}")));
    }
    Ok(Some(WechatV3Account {
        api_v3_key: texts[V3_KEYS[0]].clone(),
        api_v3_key_old: non_empty(texts, OLD_KEYS[1].0),
        serial_no: serial_no(texts)?,
        key_pem: read_file(texts, V3_KEYS[2])?,
        public_key: public_key(texts)?,
    }))
}

fn serial_no(texts: &Texts) -> Result<String, BadSetting> {
    let text = texts[V3_KEYS[1]].trim().to_uppercase();
    let is_hex = (1..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then_some(text).ok_or_else(|| bad_setting(V3_KEYS[1], "has up to 40 hex digits and no colons"))
}

fn public_key(texts: &Texts) -> Result<Option<PublicKey>, BadSetting> {
    if !both_set(texts, PUBLIC_KEY)? {
        return Ok(None);
    }
    Ok(Some(PublicKey { id: texts[PUBLIC_KEY[0]].clone(), pem: read_file(texts, PUBLIC_KEY[1])? }))
}

fn certificate(texts: &Texts, v3: Option<&WechatV3Account>) -> Result<Option<ClientCertificate>, BadSetting> {
    let key_is_v3s = v3.is_some() && texts[CERTIFICATE[0]].is_empty();
    if key_is_v3s || !both_set(texts, CERTIFICATE)? {
        return Ok(None);
    }
    let url = texts["wechat_refund_base_url"].trim_end_matches('/');
    let root = "wechat_root_file";
    Ok(Some(ClientCertificate {
        certificate_pem: read_file(texts, CERTIFICATE[0])?,
        key_pem: read_file(texts, CERTIFICATE[1])?,
        base_url: (!url.is_empty()).then(|| url.to_owned()),
        root_pem: if texts[root].is_empty() { None } else { Some(read_file(texts, root)?) },
    }))
}

/// Whether both are set; only one of them is an error.
fn both_set(texts: &Texts, [first, second]: [&str; 2]) -> Result<bool, BadSetting> {
    match [first, second].map(|name| texts[name].is_empty()) {
        [true, true] => Ok(false),
        [false, false] => Ok(true),
        [true, false] => Err(bad_setting(first, format!("is needed beside {second}"))),
        [false, true] => Err(bad_setting(second, format!("is needed beside {first}"))),
    }
}

fn read_file(texts: &Texts, name: &str) -> Result<Vec<u8>, BadSetting> {
    std::fs::read(&texts[name]).map_err(|error| bad_setting(name, format!("{}: {error}", texts[name])))
}

#[cfg(test)]
mod tests {
    use super::super::{ALL, Settings};
    use super::*;

    const REAL: [(&str, &str); 3] =
        [("wechat_appid", "wx1"), ("wechat_mch_id", "1"), ("wechat_api_key", "k")];

    /// Any file serves as a key here: only the gateway reads its content.
    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");

    fn with(changes: &[(&'static str, &str)]) -> Result<Settings, String> {
        let mut texts: Texts = ALL.iter().map(|setting| (setting.name, setting.default.to_owned())).collect();
        texts.extend(changes.iter().map(|(name, value)| (*name, (*value).to_owned())));
        super::super::parse::read(&texts).map_err(|error| error.to_string())
    }

    #[test]
    fn real_credentials_end_the_demonstration() {
        assert!(!with(&REAL).unwrap().demo);
        assert!(with(&REAL[..2]).unwrap_err().contains("wechat_api_key"));
        assert!(with(&REAL[1..]).unwrap_err().contains("wechat_appid"));
    }

    #[test]
    fn api_v3_needs_all_of_its_keys() {
        let v3 = [("wechat_api_v3_key", "v"), ("wechat_serial_no", "5a"), ("wechat_key_file", FILE)];
        let alone = [&REAL[..2], &v3, &[("wechat_protocol", "v3")]].concat();
        let account = with(&alone).unwrap().wechat.unwrap();
        assert_eq!((account.api_key, account.certificate), (None, None));
        assert_eq!(account.v3.unwrap().serial_no, "5A");
        let both = with(&[&REAL[..], &v3].concat()).unwrap();
        assert_eq!(both.wechat_protocol, Protocol::V2);
        for (changes, word) in [
            ([&REAL[..2], &v3].concat(), "wechat_protocol: v2 needs wechat_api_key"),
            ([&REAL[..], &[("wechat_protocol", "v3")]].concat(), "v3 needs wechat_api_v3_key"),
            ([&REAL[..], &v3[..2]].concat(), "wechat_key_file: API v3 needs it"),
            ([&REAL[..], &v3[1..]].concat(), "wechat_api_v3_key: API v3 needs it"),
            ([&REAL[..], &v3[..1]].concat(), "wechat_serial_no: API v3 needs it"),
            ([&alone[..], &[("wechat_public_key_id", "PUB_KEY_ID_1")]].concat(), "wechat_public_key_file"),
            ([&alone[..], &[("wechat_public_key_file", FILE)]].concat(), "wechat_public_key_id"),
            ([&alone[..], &[("wechat_serial_no", "5a:5b")]].concat(), "no colons"),
            ([&alone[..], &[("wechat_key_file", "/nowhere")]].concat(), "wechat_key_file: /nowhere"),
            (v3.to_vec(), "wechat_appid"),
            ([&REAL[..], &[("wechat_key_file", FILE)]].concat(), "wechat_cert_file"),
        ] {
            let error = with(&changes).unwrap_err();
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn an_old_key_stands_beside_its_successor() {
        let old = |name: &'static str, value: &'static str| [&REAL[..], &[(name, value)]].concat();
        let account = with(&old("wechat_api_key_old", "before")).unwrap().wechat.unwrap();
        assert_eq!((account.api_key.as_deref(), account.api_key_old.as_deref()), (Some("k"), Some("before")));
        for (changes, word) in [
            (old("wechat_api_key_old", "k"), "is the same as wechat_api_key"),
            (old("wechat_api_v3_key_old", "v"), "wechat_api_v3_key, which is not set"),
            (vec![("wechat_api_key_old", "k")], "wechat_api_key, which is not set"),
        ] {
            let error = with(&changes).unwrap_err();
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn wechat_has_a_second_address_and_others_have_one_if_it_is_set() {
        let at = |changes: &[(&'static str, &str)]| {
            let account = with(&[&REAL[..], changes].concat()).unwrap().wechat.unwrap();
            account.backup_url
        };
        assert_eq!(at(&[]).as_deref(), Some("https://api2.mch.weixin.qq.com"));
        assert_eq!(at(&[("wechat_base_url_backup", "https://api.mch.weixin.qq.com/")]), None, "switched off");
        assert_eq!(at(&[("wechat_base_url", "http://127.0.0.1:1")]), None);
        let both =
            [("wechat_base_url", "http://127.0.0.1:1"), ("wechat_base_url_backup", "http://127.0.0.1:2/")];
        assert_eq!(at(&both).as_deref(), Some("http://127.0.0.1:2"));
    }

    #[test]
    fn secrets_are_not_printed() {
        let v3 = WechatV3Account {
            api_v3_key: "hunter2".into(),
            api_v3_key_old: Some("hunter2".into()),
            serial_no: "5A".into(),
            key_pem: b"hunter2".into(),
            public_key: None,
        };
        assert!(!format!("{v3:?}").contains("hunter2"));
        let wechat = WechatAccount {
            appid: "wx1".into(),
            mch_id: "1".into(),
            api_key: Some("hunter2".into()),
            api_key_old: Some("hunter2".into()),
            v3: Some(v3),
            base_url: String::new(),
            backup_url: None,
            certificate: None,
        };
        assert!(!format!("{wechat:?}").contains("hunter2"));
    }
}
