//! Every setting, as flag, environment variable and line in `changgou.toml`. Flags take precedence over
//! the environment, the environment over the file.

mod definitions;
mod http_limits;
mod parse;
mod wechat;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use clap::{Arg, ArgMatches};

use crate::domain::money::Fen;
use crate::domain::pricing::{PointsWorth, Postage};
use crate::domain::redact_url::redact_login;
use crate::domain::words::word_enum;
use crate::infra::cache::CacheUrl;
use crate::infra::db::Pool;
use definitions::{ALL, Setting};
use parse::read;

pub use crate::infra::broker_settings::AmqpSettings;
pub use http_limits::HttpLimits;
pub use wechat::{ClientCertificate, Protocol, PublicKey, WechatAccount, WechatV3Account};

#[derive(Clone, Debug)]
pub struct Settings {
    /// The address that the shop listens on.
    pub listen: SocketAddr,
    pub database_url: String,
    /// Redis; `None`: the database does its work.
    pub cache: Option<CacheUrl>,
    /// Prefix of all keys in Redis.
    pub cache_prefix: String,
    /// Limits on the use of a database server.
    pub pool: Pool,
    /// RabbitMQ; `None`: no events are published.
    pub amqp: Option<AmqpSettings>,
    /// Demo mode: demo data and simulated WeChat Pay.
    pub demo: bool,
    /// The address of the simulated WeChat Pay.
    pub simulator_listen: SocketAddr,
    /// How browsers and WeChat reach the shop, without a trailing slash.
    pub public_url: String,
    /// `None` in demo mode without an account.
    pub wechat: Option<WechatAccount>,
    /// The API of new payments.
    pub wechat_protocol: Protocol,
    /// `HMAC-SHA256` or `MD5`, for new payments by API v2.
    pub wechat_sign_type: String,
    /// `MD5` or `HMAC-SHA256`, for the SKUs' own codes and the callbacks for their scans.
    pub wechat_native_sign_type: String,
    /// For payment notices of API v2.
    pub wechat_notify_url: String,
    /// For refund notices of API v2.
    pub wechat_refund_notify_url: String,
    /// For payment and refund notices of API v3.
    pub wechat_v3_notify_url: String,
    pub rules: ShopRules,
    /// The most orders placed in one transaction.
    pub place_batch_max: usize,
    /// The proxies whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: Vec<IpAddr>,
    pub secure_cookies: bool,
    pub http: HttpLimits,
    pub role: NodeRole,
    /// How long a stopping node continues to serve.
    pub drain: Duration,
    pub log: String,
    /// Whether the log is written as JSON.
    pub log_json: bool,
}

word_enum! {
    pub enum NodeRole {
        /// Pages, API and notices.
        Web = "web",
        /// Due work; over HTTP only health and metrics.
        Worker = "worker",
        /// Both.
        All = "all",
    }
}

/// The rules for selling.
#[derive(Clone, Copy, Debug)]
pub struct ShopRules {
    /// The time for payment.
    pub pay_within: Duration,
    /// After this time a shipped order counts as received.
    pub receive_after: Duration,
    pub postage: Postage,
    pub points_per_order: i64,
    pub points: PointsWorth,
    /// Orders that one buyer may have open at once without money.
    pub open_orders_max: i64,
    pub on_delivery: OnDelivery,
}

/// Whether buyers may pay on delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDelivery {
    Off,
    UpTo {
        /// The most one order may cost, in fen.
        amount: Fen,
        /// Open orders with which a buyer may still choose it.
        open_max: i64,
    },
}

impl OnDelivery {
    pub fn open_max(self) -> i64 {
        match self {
            OnDelivery::Off => i64::MAX,
            OnDelivery::UpTo { open_max, .. } => open_max,
        }
    }
}

/// A setting is not valid; `problem` says what would be.
#[derive(Debug, thiserror::Error)]
#[error("setting {name}: {problem}")]
pub struct BadSetting {
    name: String,
    problem: String,
}

fn bad_setting(name: &str, problem: impl std::fmt::Display) -> BadSetting {
    BadSetting { name: name.to_owned(), problem: problem.to_string() }
}

fn one_of(texts: &Texts, name: &str, choices: &[&str]) -> Result<String, BadSetting> {
    let text = &texts[name];
    let known = choices.contains(&text.as_str());
    known
        .then(|| text.clone())
        .ok_or_else(|| bad_setting(name, format!("{text:?} is none of {}", choices.join(", "))))
}

pub fn flags() -> Vec<Arg> {
    let flag = |setting: &Setting| {
        Arg::new(setting.name)
            .long(setting.name.replace('_', "-"))
            .env(variable_name(setting.name))
            .hide_env_values(true)
            .value_name("VALUE")
            .global(true)
            .help_heading("Settings")
            .help(setting.meaning)
    };
    let file = Arg::new("config").long("config").env("CHANGGOU_CONFIG").value_name("FILE").global(true);
    let file = file.help_heading("Settings").help("settings file [default: changgou.toml, if it is there]");
    ALL.iter().map(flag).chain([file]).collect()
}

fn variable_name(name: &str) -> String {
    format!("CHANGGOU_{}", name.to_uppercase())
}

/// Combines flags, environment and file.
pub fn load(matches: &ArgMatches) -> Result<Settings, BadSetting> {
    read(&collect_texts(matches)?)
}

/// All settings in the format of `changgou.toml`, with secrets hidden.
pub fn print(matches: &ArgMatches) -> Result<String, BadSetting> {
    let given = collect_texts(matches)?;
    read(&given)?;
    let mut out = String::new();
    for setting in ALL {
        let (name, value) = (setting.name, &given[setting.name]);
        let shown = redact(name, value);
        let flag = name.replace('_', "-");
        // Writing into a String cannot fail.
        let _ = writeln!(
            out,
            "# {}\n# default {:?}; flag --{flag}; {}",
            setting.meaning,
            setting.default,
            variable_name(name)
        );
        let _ = writeln!(out, "{name} = {shown:?}\n");
    }
    Ok(out)
}

/// The value without secrets.
fn redact(name: &str, value: &str) -> String {
    match name {
        _ if is_secret(name) && !value.is_empty() => "(hidden)".to_owned(),
        "database_url" | "redis_url" | "amqp_url" => redact_login(value),
        _ => value.to_owned(),
    }
}

fn is_secret(name: &str) -> bool {
    name.ends_with("_key") || name.ends_with("_key_old")
}

type Texts = BTreeMap<&'static str, String>;

fn collect_texts(matches: &ArgMatches) -> Result<Texts, BadSetting> {
    let file = read_file_texts(matches.get_one::<String>("config").map(Path::new))?;
    let text = |setting: &Setting| {
        let given = matches.get_one::<String>(setting.name).cloned();
        given.or_else(|| file.get(setting.name).cloned()).unwrap_or_else(|| setting.default.to_owned())
    };
    Ok(ALL.iter().map(|setting| (setting.name, text(setting))).collect())
}

fn read_file_texts(named: Option<&Path>) -> Result<BTreeMap<String, String>, BadSetting> {
    let path = named.unwrap_or(Path::new("changgou.toml"));
    if named.is_none() && !path.exists() {
        return Ok(BTreeMap::new());
    }
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| bad_setting(&shown, error))?;
    let table: toml::Table =
        text.parse().map_err(|error: toml::de::Error| bad_setting(&shown, error.message()))?;
    table.into_iter().map(|(name, value)| check_name(path, name, &value)).collect()
}

fn check_name(path: &Path, name: String, value: &toml::Value) -> Result<(String, String), BadSetting> {
    if ALL.iter().all(|setting| setting.name != name) {
        return Err(bad_setting(
            &name,
            format!("is not a setting ({}); `changgou config` lists them", path.display()),
        ));
    }
    match value {
        toml::Value::String(text) => Ok((name, text.clone())),
        toml::Value::Integer(number) => Ok((name, number.to_string())),
        toml::Value::Boolean(on) => Ok((name, on.to_string())),
        toml::Value::Float(_) | toml::Value::Datetime(_) | toml::Value::Array(_) | toml::Value::Table(_) => {
            Err(bad_setting(&name, "must be a text, a whole number, true or false"))
        }
    }
}

impl Settings {
    /// Whether browsers reach the shop by https.
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// What an operator of a real shop should hear at its start, because it is dangerous or will not work.
    pub fn warnings(&self) -> Vec<&'static str> {
        if self.demo {
            return Vec::new();
        }
        let is_open = !self.listen.ip().is_loopback();
        let unnamed =
            "public_url is not set: WeChat cannot send notices, and links lead to the address of listen";
        let plain = "the shop listens beyond this machine and public_url is not https: passwords and logins travel readable; \
                     put a reverse proxy with TLS before it and set public_url";
        let is_unnamed = self.public_url == format!("http://{}", self.listen);
        [(is_unnamed, unnamed), (is_open && !self.is_https(), plain)]
            .into_iter()
            .filter_map(|(applies, warning)| applies.then_some(warning))
            .collect()
    }

    /// The 支付回调URL for scans of SKUs' codes; an operator enters it on the merchant platform.
    pub fn wechat_native_callback_url(&self) -> String {
        format!("{}/api/weixin/pay/native/callback", self.public_url)
    }

    /// All defaults, for tests.
    pub fn defaults() -> Settings {
        let texts = ALL.iter().map(|setting| (setting.name, setting.default.to_owned())).collect();
        read(&texts).expect("the defaults are good settings")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(changes: &[(&'static str, &str)]) -> Result<Settings, String> {
        let mut texts: Texts = ALL.iter().map(|setting| (setting.name, setting.default.to_owned())).collect();
        texts.extend(changes.iter().map(|(name, value)| (*name, (*value).to_owned())));
        read(&texts).map_err(|error| error.to_string())
    }

    #[test]
    fn a_fresh_machine_is_a_demonstration() {
        assert!(Settings::defaults().demo);
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
            ("wechat_native_sign_type", "auto", "none of"),
            ("wechat_protocol", "v4", "none of"),
            ("amqp_url", "http://mq.example", "amqp://USER"),
        ] {
            let error = with(&[(name, value)]).unwrap_err();
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn secrets_are_not_printed() {
        assert!(!redact("database_url", "mysql://shop:hunter2@db:3306/changgou").contains("hunter2"));
        assert_eq!(redact("wechat_api_key", "hunter2"), "(hidden)");
        assert_eq!(redact("wechat_api_v3_key", "hunter2"), "(hidden)");
        assert_eq!(redact("wechat_api_key_old", "hunter2"), "(hidden)");
        assert_eq!(redact("wechat_api_v3_key_old", "hunter2"), "(hidden)");
    }
}
