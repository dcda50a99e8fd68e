//! Parses and checks the settings; an error names its setting.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use super::{
    AmqpSettings, BadSetting, HttpLimits, NodeRole, OnDelivery, Settings, ShopRules, Texts, bad_setting,
    one_of, wechat,
};
use crate::domain::money::Fen;
use crate::domain::pricing::{PointsWorth, Postage};
use crate::infra::broker_settings;
use crate::infra::cache::CacheUrl;
use crate::infra::db::Pool;

pub(super) fn read(texts: &Texts) -> Result<Settings, BadSetting> {
    let listen: SocketAddr = parse(texts, "listen")?;
    let (wechat, wechat_protocol) = wechat::read(texts)?;
    let demo = switch(texts, "demo", wechat.is_none())?;
    if demo && !listen.ip().is_loopback() {
        return Err(bad_setting(
            "listen",
            format!("demo mode has public passwords and listens on loopback only, not on {listen}"),
        ));
    }
    if !demo && wechat.is_none() {
        return Err(bad_setting(
            "wechat_appid",
            "without demo mode, the shop needs wechat_appid, wechat_mch_id and wechat_api_key (or, for API v3, \
             wechat_api_v3_key)",
        ));
    }
    let public_url = public_url(texts, listen)?;
    Ok(Settings {
        listen,
        database_url: texts["database_url"].clone(),
        cache: cache(texts)?,
        cache_prefix: cache_prefix(texts)?,
        pool: pool(texts)?,
        amqp: amqp(texts)?,
        demo,
        simulator_listen: parse(texts, "simulator_listen")?,
        wechat,
        wechat_protocol,
        wechat_sign_type: one_of(texts, "wechat_sign_type", &["HMAC-SHA256", "MD5"])?,
        wechat_native_sign_type: one_of(texts, "wechat_native_sign_type", &["HMAC-SHA256", "MD5"])?,
        wechat_notify_url: url_below(texts, "wechat_notify_url", &public_url, "/api/weixin/pay/notify/url"),
        wechat_v3_notify_url: url_below(
            texts,
            "wechat_v3_notify_url",
            &public_url,
            "/api/weixin/pay/v3/notify",
        ),
        wechat_refund_notify_url: url_below(
            texts,
            "wechat_refund_notify_url",
            &public_url,
            "/api/weixin/pay/refund/notify",
        ),
        rules: rules(texts)?,
        place_batch_max: usize::try_from(number_between(texts, "place_batch_max", 1, 1024)?).unwrap_or(1),
        trusted_proxies: addresses(texts, "trusted_proxies")?,
        secure_cookies: switch(texts, "secure_cookies", public_url.starts_with("https://"))?,
        public_url,
        http: http_limits(texts)?,
        role: role(texts)?,
        drain: seconds(texts, "drain_seconds", 0, 300)?,
        log: texts["log"].clone(),
        log_json: one_of(texts, "log_format", &["text", "json"])? == "json",
    })
}

/// A handler waits for the database at most as long as one of its statements may take, and then some.
fn http_limits(texts: &Texts) -> Result<HttpLimits, BadSetting> {
    let limits = HttpLimits::default();
    let most = |name| Ok(usize::try_from(number_between(texts, name, 1, 1_000_000)?).unwrap_or(usize::MAX));
    Ok(HttpLimits {
        connections: most("connections_max")?,
        connections_per_address: most("connections_per_address_max")?,
        handler: limits.handler + seconds(texts, "database_timeout_seconds", 1, 3600)?,
        ..limits
    })
}

fn cache(texts: &Texts) -> Result<Option<CacheUrl>, BadSetting> {
    let url = texts["redis_url"].trim();
    if url.is_empty() {
        return Ok(None);
    }
    CacheUrl::parse(url).map(Some).map_err(|error| bad_setting("redis_url", error))
}

fn cache_prefix(texts: &Texts) -> Result<String, BadSetting> {
    let prefix = &texts["redis_prefix"];
    let plain = prefix.len() <= 64 && prefix.chars().all(|letter| letter.is_ascii_graphic());
    plain
        .then(|| prefix.clone())
        .ok_or_else(|| bad_setting("redis_prefix", "has at most 64 visible ASCII letters"))
}

fn pool(texts: &Texts) -> Result<Pool, BadSetting> {
    let connections = number_between(texts, "database_connections", 2, 256)?;
    Ok(Pool {
        connections: usize::try_from(connections).unwrap_or(2),
        statement_timeout: Some(seconds(texts, "database_timeout_seconds", 1, 3600)?),
    })
}

fn role(texts: &Texts) -> Result<NodeRole, BadSetting> {
    let word = one_of(texts, "role", &NodeRole::ALL.map(NodeRole::word))?;
    Ok(NodeRole::parse(&word).unwrap_or(NodeRole::All))
}

fn seconds(texts: &Texts, name: &str, least: i64, most: i64) -> Result<Duration, BadSetting> {
    Ok(Duration::from_secs(number_between(texts, name, least, most)?.unsigned_abs()))
}

/// The longest prefix of exchanges and queues.
const PREFIX_MAX: usize = 64;

fn amqp(texts: &Texts) -> Result<Option<AmqpSettings>, BadSetting> {
    let (url, prefix) = (&texts["amqp_url"], &texts["amqp_prefix"]);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    if prefix.len() > PREFIX_MAX || !prefix.bytes().all(plain) {
        let words = format!("{prefix:?} must be up to {PREFIX_MAX} letters, digits, dots, colons, - and _");
        return Err(bad_setting("amqp_prefix", words));
    }
    if url.is_empty() {
        return Ok(None);
    }
    broker_settings::check_url(url).map_err(|error| bad_setting("amqp_url", error))?;
    Ok(Some(AmqpSettings { url: url.clone(), prefix: prefix.clone() }))
}

fn public_url(texts: &Texts, listen: SocketAddr) -> Result<String, BadSetting> {
    let url = texts["public_url"].trim_end_matches('/');
    match url {
        "" => Ok(format!("http://{listen}")),
        _ if url.starts_with("https://") || url.starts_with("http://") => Ok(url.to_owned()),
        _ => Err(bad_setting("public_url", "must begin with https:// or http://")),
    }
}

fn url_below(texts: &Texts, name: &str, public_url: &str, path: &str) -> String {
    match texts[name].as_str() {
        "" => format!("{public_url}{path}"),
        url => url.to_owned(),
    }
}

fn rules(texts: &Texts) -> Result<ShopRules, BadSetting> {
    let minutes = number_between(texts, "pay_within_minutes", 5, 1440)?;
    let days = number_between(texts, "receive_after_days", 1, 365)?;
    Ok(ShopRules {
        pay_within: Duration::from_secs(minutes.unsigned_abs() * 60),
        receive_after: Duration::from_secs(days.unsigned_abs() * 86_400),
        postage: Postage {
            fee: Fen(number_between(texts, "post_fee", 0, 1_000_000)?),
            free_from: Fen(number_between(texts, "post_free_from", 0, i64::from(i32::MAX))?),
        },
        points_per_order: number_between(texts, "points_per_order", 0, 1_000_000)?,
        points: PointsWorth {
            per_yuan: number_between(texts, "points_per_yuan", 1, 1_000_000)?,
            share_max: number_between(texts, "points_share_max", 0, 100)?,
        },
        open_orders_max: number_between(texts, "open_orders_max", 1, 1_000_000_000)?,
        on_delivery: on_delivery(texts)?,
    })
}

fn on_delivery(texts: &Texts) -> Result<OnDelivery, BadSetting> {
    let open_max = number_between(texts, "on_delivery_open_max", 1, 1_000_000_000)?;
    let amount = Fen(number_between(texts, "on_delivery_amount_max", 1, i64::from(i32::MAX))?);
    Ok(match one_of(texts, "on_delivery", &["on", "off"])?.as_str() {
        "off" => OnDelivery::Off,
        _ => OnDelivery::UpTo { amount, open_max },
    })
}

fn parse<T: FromStr<Err: ToString>>(texts: &Texts, name: &str) -> Result<T, BadSetting> {
    let text = &texts[name];
    text.parse().map_err(|error: T::Err| bad_setting(name, format!("{text:?}: {}", error.to_string())))
}

/// Comma-separated IP addresses.
fn addresses(texts: &Texts, name: &str) -> Result<Vec<IpAddr>, BadSetting> {
    let each = texts[name].split(',').map(str::trim).filter(|part| !part.is_empty());
    each.map(|part| part.parse().map_err(|error| bad_setting(name, format!("{part:?}: {error}")))).collect()
}

fn number_between(texts: &Texts, name: &str, least: i64, most: i64) -> Result<i64, BadSetting> {
    let number: i64 = parse(texts, name)?;
    let fits = (least..=most).contains(&number);
    fits.then_some(number)
        .ok_or_else(|| bad_setting(name, format!("{number} is not between {least} and {most}")))
}

fn switch(texts: &Texts, name: &str, auto: bool) -> Result<bool, BadSetting> {
    Ok(match one_of(texts, name, &["true", "false", "auto"])?.as_str() {
        "true" => true,
        "false" => false,
        _ => auto,
    })
}
