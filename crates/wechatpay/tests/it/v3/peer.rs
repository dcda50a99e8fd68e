//! A test server on the loopback interface that signs its responses.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use serde_json::Value;
use wechatpay::v3::{ClientOptions, Clock, PlatformKeys, SignatureHeaders, V3Client};

use super::common::{NOW, PUBLIC_KEY_ID, keys, merchant, signed, wechat};
use crate::peer::serve;

/// A received request.
#[derive(Clone)]
pub struct Seen {
    pub method: Method,
    pub path: String,
    pub headers: HeaderMap,
    pub body: String,
}

pub type Asked = Arc<Mutex<Vec<Seen>>>;

/// A response signed now with WeChat's public key.
pub fn answer(status: u16, value: &Value) -> Response {
    let body = value.to_string();
    dressed(status, &signed(wechat(), PUBLIC_KEY_ID, NOW, body.as_bytes()), body.into_bytes())
}

pub fn no_content() -> Response {
    dressed(204, &signed(wechat(), PUBLIC_KEY_ID, NOW, b""), Vec::new())
}

pub fn dressed(status: u16, headers: &SignatureHeaders, body: Vec<u8>) -> Response {
    Response::builder()
        .status(status)
        .header("Wechatpay-Timestamp", &headers.timestamp)
        .header("Wechatpay-Nonce", &headers.nonce)
        .header("Wechatpay-Serial", &headers.serial)
        .header("Wechatpay-Signature", &headers.signature)
        .header("Wechatpay-Signature-Type", "WECHATPAY2-SHA256-RSA2048")
        .body(Body::from(body))
        .unwrap()
}

pub fn bare(status: u16, body: &str) -> Response {
    Response::builder().status(status).body(Body::from(body.to_owned())).unwrap()
}

/// Starts a server that answers with `respond`, and a client with `keys`.
pub async fn peer_with<F>(keys: PlatformKeys, clock: Clock, respond: F) -> (V3Client, Asked)
where
    F: Fn(&Seen) -> Response + Clone + Send + Sync + 'static,
{
    let asked = Asked::default();
    let log = asked.clone();
    let handler = move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
        let body = String::from_utf8(body.to_vec()).unwrap();
        let seen = Seen { method, path: uri.to_string(), headers, body };
        log.lock().unwrap().push(seen.clone());
        let response = respond(&seen);
        async { response }
    };
    let base = serve(Router::new().fallback(handler)).await;
    let wait = Duration::from_millis(700);
    let options = ClientOptions { connect_timeout: wait, total_timeout: wait, ..ClientOptions::default() };
    (V3Client::with_options(&base, merchant(), keys, clock, options).unwrap(), asked)
}

pub async fn peer<F>(respond: F) -> (V3Client, Asked)
where
    F: Fn(&Seen) -> Response + Clone + Send + Sync + 'static,
{
    peer_with(keys(), Clock::new(|| NOW), respond).await
}
