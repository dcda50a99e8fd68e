//! Every setting, once: its flag, its environment variable, its line in
//! `changgou.toml`, its default and what it means. Flags win over the
//! environment, the environment over the file.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use clap::{Arg, ArgMatches};

use crate::values::money::Fen;
use crate::values::pricing::Postage;

/// One setting.
struct Setting {
    /// Its name in the file; the flag has `-` for `_`, the variable is upper case after `CHANGGOU_`.
    name: &'static str,
    default: &'static str,
    meaning: &'static str,
}

const ALL: &[Setting] = &[
    Setting {
        name: "listen",
        default: "127.0.0.1:8001",
        meaning: "address of the shop and its API",
    },
    Setting {
        name: "database_url",
        default: "sqlite://data/changgou.db",
        meaning: "where everything is kept",
    },
    Setting {
        name: "demo",
        default: "auto",
        meaning: "demo data and simulated WeChat Pay: true, false, or auto (true until WeChat credentials are set)",
    },
    Setting {
        name: "simulator_listen",
        default: "127.0.0.1:8002",
        meaning: "address of the simulated WeChat Pay",
    },
    Setting {
        name: "public_url",
        default: "",
        meaning: "how browsers and WeChat reach the shop, such as https://shop.example; empty: http:// and the address of listen",
    },
    Setting {
        name: "wechat_appid",
        default: "",
        meaning: "appid at WeChat",
    },
    Setting {
        name: "wechat_mch_id",
        default: "",
        meaning: "merchant number at WeChat Pay",
    },
    Setting {
        name: "wechat_api_key",
        default: "",
        meaning: "APIv2 key, 32 characters; a secret",
    },
    Setting {
        name: "wechat_base_url",
        default: "https://api.mch.weixin.qq.com",
        meaning: "where WeChat Pay is reached",
    },
    Setting {
        name: "wechat_notify_url",
        default: "",
        meaning: "where WeChat sends payment notices; empty: below public_url",
    },
    Setting {
        name: "wechat_sign_type",
        default: "HMAC-SHA256",
        meaning: "signature of new payments: HMAC-SHA256 or MD5",
    },
    Setting {
        name: "pay_within_minutes",
        default: "60",
        meaning: "how long an order may wait for payment; 5 to 1440",
    },
    Setting {
        name: "receive_after_days",
        default: "15",
        meaning: "days after which a shipped order counts as received",
    },
    Setting {
        name: "post_fee",
        default: "1000",
        meaning: "postage of an order, in fen",
    },
    Setting {
        name: "post_free_from",
        default: "9900",
        meaning: "value of goods from which postage is free, in fen",
    },
    Setting {
        name: "points_per_order",
        default: "10",
        meaning: "points a buyer earns with each order",
    },
    Setting {
        name: "secure_cookies",
        default: "auto",
        meaning: "mark cookies Secure: true, false, or auto (when public_url is https)",
    },
    Setting {
        name: "log",
        default: "info",
        meaning: "what is logged: error, warn, info, debug, or a filter per module",
    },
    Setting {
        name: "log_format",
        default: "text",
        meaning: "text for people, json for machines",
    },
];

/// The settings in force.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the shop listens.
    pub listen: SocketAddr,
    /// Where everything is kept.
    pub database_url: String,
    /// Whether this is a demonstration: demo data, simulated WeChat Pay.
    pub demo: bool,
    /// Where the simulated WeChat Pay listens.
    pub simulator_listen: SocketAddr,
    /// How browsers and WeChat reach the shop; no slash at the end.
    pub public_url: String,
    /// The account at WeChat Pay; `None` in a demonstration without one.
    pub wechat: Option<Wechat>,
    /// `HMAC-SHA256` or `MD5`.
    pub wechat_sign_type: String,
    /// Where WeChat sends payment notices.
    pub wechat_notify_url: String,
    /// The shop's own rules.
    pub rules: Rules,
    /// Whether cookies are marked Secure.
    pub secure_cookies: bool,
    /// What is logged.
    pub log: String,
    /// Whether the log is written for machines.
    pub log_json: bool,
}

/// An account at WeChat Pay.
#[derive(Clone)]
pub struct Wechat {
    /// The appid.
    pub appid: String,
    /// The merchant number.
    pub mch_id: String,
    /// The APIv2 key; a secret.
    pub api_key: String,
    /// Where WeChat Pay is reached.
    pub base_url: String,
}

impl std::fmt::Debug for Wechat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Wechat({} at {})", self.mch_id, self.base_url)
    }
}

/// What the owner decides about selling.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// How long an order may wait for payment.
    pub pay_within: Duration,
    /// After how long a shipped order counts as received.
    pub receive_after: Duration,
    /// When postage is due.
    pub postage: Postage,
    /// Points a buyer earns with each order.
    pub points_per_order: i64,
}

/// A setting that cannot be used, and what would be right.
#[derive(Debug, thiserror::Error)]
#[error("setting {name}: {problem}")]
pub struct BadSetting {
    name: String,
    problem: String,
}

fn bad(name: &str, problem: impl ToString) -> BadSetting {
    BadSetting {
        name: name.to_owned(),
        problem: problem.to_string(),
    }
}

/// The flags of all settings, for the command line.
pub fn flags() -> Vec<Arg> {
    let flag = |setting: &Setting| {
        Arg::new(setting.name)
            .long(setting.name.replace('_', "-"))
            .env(variable(setting.name))
            .hide_env_values(true)
            .value_name("VALUE")
            .global(true)
            .help(setting.meaning)
    };
    let file = Arg::new("config")
        .long("config")
        .env("CHANGGOU_CONFIG")
        .value_name("FILE")
        .global(true);
    let file = file.help("settings file [default: changgou.toml, if it is there]");
    ALL.iter().map(flag).chain([file]).collect()
}

fn variable(name: &str) -> String {
    format!("CHANGGOU_{}", name.to_uppercase())
}

/// The settings that flags, environment and file make together.
pub fn load(matches: &ArgMatches) -> Result<Settings, BadSetting> {
    read(&texts(matches)?)
}

/// All settings with where each came from, secrets hidden, as a `changgou.toml`.
pub fn print(matches: &ArgMatches) -> Result<String, BadSetting> {
    let given = texts(matches)?;
    read(&given)?;
    let mut out = String::new();
    for setting in ALL {
        let (name, value) = (setting.name, &given[setting.name]);
        let shown = if is_secret(name) && !value.is_empty() {
            "(hidden)"
        } else {
            value
        };
        let flag = name.replace('_', "-");
        // Writing into a String cannot fail.
        let _ = writeln!(
            out,
            "# {}\n# default {:?}; flag --{flag}; {}",
            setting.meaning,
            setting.default,
            variable(name)
        );
        let _ = writeln!(out, "{name} = {shown:?}\n");
    }
    Ok(out)
}

fn is_secret(name: &str) -> bool {
    name.ends_with("_key")
}

type Texts = BTreeMap<&'static str, String>;

fn texts(matches: &ArgMatches) -> Result<Texts, BadSetting> {
    let file = file_texts(matches.get_one::<String>("config").map(PathBuf::from))?;
    let text = |setting: &Setting| {
        let given = matches.get_one::<String>(setting.name).cloned();
        given
            .or_else(|| file.get(setting.name).cloned())
            .unwrap_or_else(|| setting.default.to_owned())
    };
    Ok(ALL.iter().map(|setting| (setting.name, text(setting))).collect())
}

fn file_texts(named: Option<PathBuf>) -> Result<BTreeMap<String, String>, BadSetting> {
    let path = named.clone().unwrap_or_else(|| PathBuf::from("changgou.toml"));
    if named.is_none() && !path.exists() {
        return Ok(BTreeMap::new());
    }
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(&path).map_err(|error| bad(&shown, error))?;
    let table: toml::Table = text
        .parse()
        .map_err(|error: toml::de::Error| bad(&shown, error.message()))?;
    table
        .into_iter()
        .map(|(name, value)| known(&path, name, &value))
        .collect()
}

fn known(path: &Path, name: String, value: &toml::Value) -> Result<(String, String), BadSetting> {
    if ALL.iter().all(|setting| setting.name != name) {
        return Err(bad(
            &name,
            format!(
                "is not a setting ({}); `changgou config` lists them",
                path.display()
            ),
        ));
    }
    match value {
        toml::Value::String(text) => Ok((name, text.clone())),
        toml::Value::Integer(number) => Ok((name, number.to_string())),
        toml::Value::Boolean(on) => Ok((name, on.to_string())),
        toml::Value::Float(_) | toml::Value::Datetime(_) | toml::Value::Array(_) | toml::Value::Table(_) => {
            Err(bad(&name, "must be a text, a whole number, true or false"))
        }
    }
}

fn read(texts: &Texts) -> Result<Settings, BadSetting> {
    let listen: SocketAddr = parse(texts, "listen")?;
    let wechat = wechat(texts)?;
    let demo = switch(texts, "demo", wechat.is_none())?;
    if demo && !listen.ip().is_loopback() {
        return Err(bad(
            "listen",
            format!("a demonstration has public passwords and listens on loopback only, not on {listen}"),
        ));
    }
    if !demo && wechat.is_none() {
        return Err(bad(
            "wechat_appid",
            "a shop that is no demonstration needs wechat_appid, wechat_mch_id and wechat_api_key",
        ));
    }
    let public_url = public_url(texts, listen)?;
    Ok(Settings {
        listen,
        database_url: texts["database_url"].clone(),
        demo,
        simulator_listen: parse(texts, "simulator_listen")?,
        wechat,
        wechat_sign_type: one_of(texts, "wechat_sign_type", &["HMAC-SHA256", "MD5"])?,
        wechat_notify_url: notify_url(texts, &public_url),
        rules: rules(texts)?,
        secure_cookies: switch(texts, "secure_cookies", public_url.starts_with("https://"))?,
        public_url,
        log: texts["log"].clone(),
        log_json: one_of(texts, "log_format", &["text", "json"])? == "json",
    })
}

fn wechat(texts: &Texts) -> Result<Option<Wechat>, BadSetting> {
    let names = ["wechat_appid", "wechat_mch_id", "wechat_api_key"];
    let missing: Vec<&str> = names.into_iter().filter(|name| texts[name].is_empty()).collect();
    match missing.as_slice() {
        [] => {}
        [_, _, _] => return Ok(None),
        [first, ..] => {
            return Err(bad(
                first,
                format!("is needed beside the others of {}", names.join(", ")),
            ));
        }
    }
    let [appid, mch_id, api_key] = names.map(|name| texts[name].clone());
    let base_url = texts["wechat_base_url"].trim_end_matches('/').to_owned();
    Ok(Some(Wechat {
        appid,
        mch_id,
        api_key,
        base_url,
    }))
}

fn public_url(texts: &Texts, listen: SocketAddr) -> Result<String, BadSetting> {
    let url = texts["public_url"].trim_end_matches('/');
    match url {
        "" => Ok(format!("http://{listen}")),
        _ if url.starts_with("https://") || url.starts_with("http://") => Ok(url.to_owned()),
        _ => Err(bad("public_url", "must begin with https:// or http://")),
    }
}

fn notify_url(texts: &Texts, public_url: &str) -> String {
    match texts["wechat_notify_url"].as_str() {
        "" => format!("{public_url}/api/weixin/pay/notify/url"),
        url => url.to_owned(),
    }
}

fn rules(texts: &Texts) -> Result<Rules, BadSetting> {
    let minutes = between(texts, "pay_within_minutes", 5, 1440)?;
    let days = between(texts, "receive_after_days", 1, 365)?;
    Ok(Rules {
        pay_within: Duration::from_secs(minutes.unsigned_abs() * 60),
        receive_after: Duration::from_secs(days.unsigned_abs() * 86_400),
        postage: Postage {
            fee: Fen(between(texts, "post_fee", 0, 1_000_000)?),
            free_from: Fen(between(texts, "post_free_from", 0, i64::from(i32::MAX))?),
        },
        points_per_order: between(texts, "points_per_order", 0, 1_000_000)?,
    })
}

fn parse<T: FromStr<Err: ToString>>(texts: &Texts, name: &str) -> Result<T, BadSetting> {
    let text = &texts[name];
    text.parse()
        .map_err(|error: T::Err| bad(name, format!("{text:?}: {}", error.to_string())))
}

fn between(texts: &Texts, name: &str, least: i64, most: i64) -> Result<i64, BadSetting> {
    let number: i64 = parse(texts, name)?;
    let fits = (least..=most).contains(&number);
    fits.then_some(number)
        .ok_or_else(|| bad(name, format!("{number} is not between {least} and {most}")))
}

fn one_of(texts: &Texts, name: &str, choices: &[&str]) -> Result<String, BadSetting> {
    let text = &texts[name];
    let known = choices.contains(&text.as_str());
    known
        .then(|| text.clone())
        .ok_or_else(|| bad(name, format!("{text:?} is none of {}", choices.join(", "))))
}

fn switch(texts: &Texts, name: &str, auto: bool) -> Result<bool, BadSetting> {
    Ok(match one_of(texts, name, &["true", "false", "auto"])?.as_str() {
        "true" => true,
        "false" => false,
        _ => auto,
    })
}

impl Settings {
    /// The settings of a fresh machine, for tests to start from.
    pub fn defaults() -> Settings {
        let texts = ALL
            .iter()
            .map(|setting| (setting.name, setting.default.to_owned()))
            .collect();
        read(&texts).expect("the defaults are good settings")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(changes: &[(&'static str, &str)]) -> Result<Settings, String> {
        let mut texts: Texts = ALL
            .iter()
            .map(|setting| (setting.name, setting.default.to_owned()))
            .collect();
        texts.extend(changes.iter().map(|(name, value)| (*name, (*value).to_owned())));
        read(&texts).map_err(|error| error.to_string())
    }

    #[test]
    fn a_fresh_machine_is_a_demonstration() {
        assert!(Settings::defaults().demo);
    }

    #[test]
    fn real_credentials_end_the_demonstration() {
        let real = [
            ("wechat_appid", "wx1"),
            ("wechat_mch_id", "1"),
            ("wechat_api_key", "k"),
        ];
        assert!(!with(&real).unwrap().demo);
        assert!(with(&real[..2]).unwrap_err().contains("wechat_api_key"));
    }

    #[test]
    fn bad_settings_are_named() {
        for (name, value, word) in [
            ("listen", "0.0.0.0:8001", "loopback"),
            ("listen", "here", "\"here\""),
            ("demo", "false", "wechat_appid"),
            ("demo", "maybe", "none of"),
            ("pay_within_minutes", "4", "between 5"),
            ("post_fee", "-1", "between 0"),
            ("public_url", "shop.example", "https://"),
            ("wechat_sign_type", "SHA1", "none of"),
        ] {
            let error = with(&[(name, value)]).unwrap_err();
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn secrets_are_not_printed() {
        let wechat = Wechat {
            appid: "wx1".into(),
            mch_id: "1".into(),
            api_key: "hunter2".into(),
            base_url: String::new(),
        };
        assert!(!format!("{wechat:?}").contains("hunter2"));
    }
}
