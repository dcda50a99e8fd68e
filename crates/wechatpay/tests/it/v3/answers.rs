//! Responses of a misbehaving server, which prove nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use serde_json::json;
use tokio::net::TcpListener;
use wechatpay::v3::{NotSentReason, V3CallError, V3Client, V3SignatureError, V3UnknownReason};

use super::common::{
    NOW, NUMBER, PUBLIC_KEY_ID, keys, merchant, order, signed, stranger, transaction, wechat,
};
use super::peer::{answer, bare, dressed, peer};

async fn doubt<F>(respond: F) -> V3UnknownReason
where
    F: Fn() -> Response + Clone + Send + Sync + 'static,
{
    let (client, _) = peer(move |_| respond()).await;
    match client.query_order(NUMBER).await {
        Err(V3CallError::Unknown(doubt)) => doubt,
        other => panic!("the answer must not count: {other:?}"),
    }
}

#[tokio::test]
async fn answers_that_are_not_signed_as_agreed() {
    let body = || transaction().to_string();
    let unsigned = doubt(move || bare(200, &body())).await;
    assert_eq!(unsigned, V3UnknownReason::Signature(V3SignatureError::Missing));
    let forged = doubt(move || {
        dressed(200, &signed(stranger(), PUBLIC_KEY_ID, NOW, body().as_bytes()), body().into_bytes())
    });
    assert_eq!(forged.await, V3UnknownReason::Signature(V3SignatureError::Wrong));
    let stale = doubt(move || {
        let headers = signed(wechat(), PUBLIC_KEY_ID, NOW - 300_000, body().as_bytes());
        dressed(200, &headers, body().into_bytes())
    });
    assert_eq!(stale.await, V3UnknownReason::Signature(V3SignatureError::Stale));
    let probe = doubt(move || {
        let mut headers = signed(wechat(), PUBLIC_KEY_ID, NOW, body().as_bytes());
        headers.signature = "WECHATPAY/SIGNTEST/abc".into();
        dressed(200, &headers, body().into_bytes())
    });
    assert_eq!(probe.await, V3UnknownReason::Signature(V3SignatureError::Probe));
    let other = doubt(move || {
        let headers = signed(wechat(), "PUB_KEY_ID_1", NOW, body().as_bytes());
        dressed(200, &headers, body().into_bytes())
    });
    assert_eq!(other.await, V3UnknownReason::Signature(V3SignatureError::UnknownSerial));
    let changed = doubt(move || {
        let headers = signed(wechat(), PUBLIC_KEY_ID, NOW, body().as_bytes());
        dressed(200, &headers, body().replace("101", "1").into_bytes())
    });
    assert_eq!(changed.await, V3UnknownReason::Signature(V3SignatureError::Wrong));
}

#[tokio::test]
async fn statuses_that_leave_the_outcome_open() {
    let code = |code: &str| json!({ "code": code, "message": "" }).to_string();
    assert_eq!(doubt(move || bare(202, "{}")).await, V3UnknownReason::Accepted);
    assert_eq!(doubt(move || bare(429, "")).await, V3UnknownReason::TooMany("HTTP status 429".into()));
    for text in ["FREQUENCY_LIMITED", "RATELIMIT_EXCEEDED"] {
        let limited = doubt(move || bare(403, &code(text))).await;
        assert_eq!(limited, V3UnknownReason::TooMany("FREQUENCY_LIMITED".into()));
    }
    for status in [500, 502, 503, 504] {
        assert!(matches!(doubt(move || bare(status, "<html>")).await, V3UnknownReason::SystemError(_)));
    }
    for text in ["SYSTEM_ERROR", "SYSTEMERROR"] {
        let unsure = doubt(move || bare(400, &code(text))).await;
        assert_eq!(unsure, V3UnknownReason::SystemError("SYSTEM_ERROR".into()));
    }
    for status in [404, 405, 301, 307, 201] {
        assert_eq!(doubt(move || bare(status, "")).await, V3UnknownReason::Status(status));
    }
    assert_eq!(doubt(move || bare(400, "<html>")).await, V3UnknownReason::Status(400));
    assert_eq!(doubt(move || bare(400, "{\"code\":\"\"}")).await, V3UnknownReason::Status(400));
}

#[tokio::test]
async fn answers_that_are_not_what_was_agreed() {
    assert_eq!(doubt(|| answer(200, &json!([]))).await, V3UnknownReason::Json);
    assert_eq!(doubt(|| answer(200, &json!({}))).await, V3UnknownReason::Missing("appid"));
    let odd = super::common::with(transaction(), "/trade_state", "DONE".into());
    assert_eq!(doubt(move || answer(200, &odd)).await, V3UnknownReason::Malformed("trade_state"));
    let long = doubt(|| bare(200, &"x".repeat(2_000_000))).await;
    assert_eq!(long, V3UnknownReason::TooLong);
    let (client, _) = peer(|_| answer(200, &json!({ "code_url": "" }))).await;
    let request = order().request(&merchant()).unwrap();
    assert_eq!(
        client.create_native_order(&request).await,
        Err(V3CallError::Unknown(V3UnknownReason::Missing("code_url")))
    );
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    let (client, _) = peer(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        let builder = Response::builder().status(302).header("location", "/elsewhere");
        builder.body(Body::empty()).unwrap()
    })
    .await;
    assert_eq!(client.query_order(NUMBER).await, Err(V3CallError::Unknown(V3UnknownReason::Status(302))));
    assert_eq!(count.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn silence_is_unknown_and_no_connection_is_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let wait = Duration::from_millis(300);
    let options =
        wechatpay::v3::ClientOptions { connect_timeout: wait, total_timeout: wait, ..Default::default() };
    let clock = wechatpay::v3::Clock::system();
    let client = V3Client::with_options(&base, merchant(), keys(), clock, options).unwrap();
    assert_eq!(client.query_order(NUMBER).await, Err(V3CallError::Unknown(V3UnknownReason::Timeout)));
    drop(listener);
    let error = client.query_order(NUMBER).await.unwrap_err();
    assert!(matches!(error, V3CallError::NotSent(NotSentReason::Connect(_))), "{error:?}");
}

#[test]
fn base_urls_are_plain() {
    for url in ["", "api.mch.weixin.qq.com", "ftp://a", "http://u:p@a", "http://a?b", "http://a#b"] {
        assert!(V3Client::new(url, merchant(), keys()).is_err(), "{url}");
    }
}
