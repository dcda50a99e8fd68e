//! From bytes to a request whose sender is known.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Uri, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::response::Refusal;
use super::sign;
use crate::keys::{Account, KeyRing};
use crate::options::Merchant;
use crate::state::World;
use crate::trade::terms::KeyKind;

/// How far the merchant's clock may be from ours, in seconds.
const WINDOW_S: u64 = 300;
const SCHEME: &str = "WECHATPAY2-SHA256-RSA2048";

/// What arrived.
pub struct Sent {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// A well-signed request.
pub struct Request {
    /// Who asks.
    pub account: Arc<Account>,
    /// Which key he wants to be answered with.
    pub key_kind: KeyKind,
    /// Below the host.
    pub path: String,
    /// `http://` and the host under which we were called.
    pub origin: String,
    /// Decoded.
    pub query: HashMap<String, String>,
    /// The body, or `null` where there is none.
    pub json: Value,
}

impl Request {
    /// Whose request it is.
    pub fn mch_id(&self) -> &str {
        &self.account.shown.mch_id
    }

    /// The merchant under this appid.
    pub fn merchant(&self, world: &World, appid: &str) -> Result<Merchant, Refusal> {
        let is_he = |merchant: &Merchant| merchant.mch_id == self.mch_id() && merchant.appid == appid;
        world.merchants().into_iter().find(is_he).ok_or_else(Refusal::appid_mchid_not_match)
    }

    /// The last variable part of the path, decoded.
    pub fn number(&self) -> String {
        let parts: Vec<&str> = self.path.split('/').collect();
        let known = ["close", "apply-abnormal-refund"];
        let own = parts.iter().rev().find(|part| !known.contains(part)).copied().unwrap_or_default();
        decode(own)
    }
}

/// Reads a request, or says with 401 why nobody is known to have sent it.
pub fn read(world: &World, sent: &Sent) -> Result<Request, Refusal> {
    let claims = claims(&sent.headers).ok_or_else(Refusal::bad_authorization)?;
    let claim = |name: &str| claims.get(name).map(String::as_str).ok_or_else(Refusal::bad_authorization);
    check_time(world, claim("timestamp")?)?;
    let account = world.keys().account(claim("mchid")?).ok_or_else(Refusal::bad_signature)?;
    if !account.shown.serial_no.eq_ignore_ascii_case(claim("serial_no")?) {
        return Err(Refusal::unknown_serial());
    }
    let target = sent.uri.path_and_query().map_or(sent.uri.path(), |target| target.as_str());
    let (timestamp, nonce) = (claim("timestamp")?, claim("nonce_str")?);
    let text = sign::request_text(sent.method.as_str(), target, timestamp, nonce, &sent.body);
    let signature = STANDARD.decode(claim("signature")?).map_err(|_| Refusal::bad_signature())?;
    if !KeyRing::verify(&account, &text, &signature) {
        return Err(Refusal::bad_signature());
    }
    Ok(Request {
        key_kind: key_kind(world, &sent.headers),
        path: sent.uri.path().to_owned(),
        origin: origin(&sent.headers),
        query: query(sent.uri.query().unwrap_or_default()),
        json: json(&sent.body)?,
        account,
    })
}

fn origin(headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    format!("http://{}", host.unwrap_or("localhost"))
}

fn json(body: &[u8]) -> Result<Value, Refusal> {
    if body.is_empty() {
        return Ok(Value::Null);
    }
    let read = serde_json::from_slice(body).ok().filter(Value::is_object);
    read.ok_or_else(|| Refusal::param("", "请求体不是合法的JSON"))
}

/// `mchid="…",nonce_str="…",…` in any order.
fn claims(headers: &HeaderMap) -> Option<HashMap<String, String>> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let pairs = text.strip_prefix(SCHEME)?.strip_prefix(' ')?.split(',');
    pairs
        .map(|pair| {
            let (name, quoted) = pair.trim().split_once('=')?;
            let value = quoted.strip_prefix('"')?.strip_suffix('"')?;
            Some((name.to_owned(), value.to_owned()))
        })
        .collect()
}

/// The merchant lives by his own clock, which an advance does not move.
fn check_time(world: &World, timestamp: &str) -> Result<(), Refusal> {
    let told: i64 = timestamp.parse().map_err(|_| Refusal::bad_authorization())?;
    let now = world.clock().merchant_now() / 1000;
    if now.abs_diff(told) > WINDOW_S { Err(Refusal::stale()) } else { Ok(()) }
}

fn key_kind(world: &World, headers: &HeaderMap) -> KeyKind {
    let asked = headers.get("wechatpay-serial").and_then(|value| value.to_str().ok());
    world.keys().kind(asked.unwrap_or_default())
}

fn query(text: &str) -> HashMap<String, String> {
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (decode(name), decode(value))).collect()
}

/// Undoes percent-encoding; what is not encoded rightly stays as it is.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = after.get(..2).filter(|_| first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(if first == b'+' { b' ' } else { first });
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
