//! Reading and authenticating requests.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Uri, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::response::V3Error;
use super::sign;
use crate::keys::{KeyRing, MerchantAccount};
use crate::options::Merchant;
use crate::state::SimulatorState;
use crate::trade::terms::PlatformKeyKind;

/// The maximum difference between the merchant's clock and ours, in seconds.
const WINDOW_S: u64 = 300;
const SCHEME: &str = "WECHATPAY2-SHA256-RSA2048";

/// A request as it arrived.
pub struct RawRequest {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// A correctly signed request.
pub struct V3IncomingRequest {
    /// The merchant.
    pub account: Arc<MerchantAccount>,
    /// The kind of key requested for the response.
    pub key_kind: PlatformKeyKind,
    /// The path.
    pub path: String,
    /// `http://` and the host of the request.
    pub origin: String,
    /// The decoded query parameters.
    pub query: HashMap<String, String>,
    /// The body, or `null` where there is none.
    pub json: Value,
}

impl V3IncomingRequest {
    /// The merchant number.
    pub fn mch_id(&self) -> &str {
        &self.account.keys.mch_id
    }

    /// The merchant with this appid.
    pub fn merchant(&self, state: &SimulatorState, appid: &str) -> Result<Merchant, V3Error> {
        let is_match = |merchant: &Merchant| merchant.mch_id == self.mch_id() && merchant.appid == appid;
        state.merchants().into_iter().find(is_match).ok_or_else(V3Error::appid_mchid_not_match)
    }

    /// The last variable part of the path, decoded.
    pub fn number(&self) -> String {
        let parts: Vec<&str> = self.path.split('/').collect();
        let known = ["close", "apply-abnormal-refund"];
        let own = parts.iter().rev().find(|part| !known.contains(part)).copied().unwrap_or_default();
        decode(own)
    }
}

/// Reads and authenticates a request. Errors of authentication have status 401.
pub fn read(state: &SimulatorState, sent: &RawRequest) -> Result<V3IncomingRequest, V3Error> {
    let claims = claims(&sent.headers).ok_or_else(V3Error::bad_authorization)?;
    let claim = |name: &str| claims.get(name).map(String::as_str).ok_or_else(V3Error::bad_authorization);
    check_time(state, claim("timestamp")?)?;
    let account = state.keys().account(claim("mchid")?).ok_or_else(V3Error::bad_signature)?;
    if !account.keys.serial_no.eq_ignore_ascii_case(claim("serial_no")?) {
        return Err(V3Error::unknown_serial());
    }
    let target = sent.uri.path_and_query().map_or(sent.uri.path(), |target| target.as_str());
    let (timestamp, nonce) = (claim("timestamp")?, claim("nonce_str")?);
    let text = sign::request_text(sent.method.as_str(), target, timestamp, nonce, &sent.body);
    let signature = STANDARD.decode(claim("signature")?).map_err(|_| V3Error::bad_signature())?;
    if !KeyRing::verify(&account, &text, &signature) {
        return Err(V3Error::bad_signature());
    }
    Ok(V3IncomingRequest {
        key_kind: key_kind(state, &sent.headers),
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

fn json(body: &[u8]) -> Result<Value, V3Error> {
    if body.is_empty() {
        return Ok(Value::Null);
    }
    let read = serde_json::from_slice(body).ok().filter(Value::is_object);
    read.ok_or_else(|| V3Error::param("", "请求体不是合法的JSON"))
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

/// The timestamp is compared with the merchant's clock, which an advance does not move.
fn check_time(state: &SimulatorState, timestamp: &str) -> Result<(), V3Error> {
    let value: i64 = timestamp.parse().map_err(|_| V3Error::bad_authorization())?;
    let now = state.clock().merchant_now() / 1000;
    if now.abs_diff(value) > WINDOW_S { Err(V3Error::stale()) } else { Ok(()) }
}

fn key_kind(state: &SimulatorState, headers: &HeaderMap) -> PlatformKeyKind {
    let asked = headers.get("wechatpay-serial").and_then(|value| value.to_str().ok());
    state.keys().key_kind(asked.unwrap_or_default())
}

fn query(text: &str) -> HashMap<String, String> {
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (decode(name), decode(value))).collect()
}

/// Decodes percent-encoding. Invalid sequences stay unchanged.
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
