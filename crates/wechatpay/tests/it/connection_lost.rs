//! Calls with an unknown outcome, and calls that were not sent.

use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Redirect;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use wechatpay::v2::{NotSentReason, SignType, V2CallError, V2UnknownReason};

use crate::common::{NUMBER, from_wechat, merchant, order, signed};
use crate::peer::{client, peer, serve};

const HMAC: SignType = SignType::HmacSha256;

/// Accepts one connection, reads the request, sends `words`, and then stays silent or closes the
/// connection.
async fn raw(words: String, then: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await;
        let _ = stream.write_all(words.as_bytes()).await;
        tokio::time::sleep(then).await;
    });
    format!("http://{address}")
}

async fn failed(base_url: &str) -> V2CallError {
    let request = order().request(&merchant()).unwrap();
    client(base_url).unified_order(&request, HMAC).await.unwrap_err()
}

#[tokio::test]
async fn silence_and_slow_bodies_are_unknown() {
    let silent = raw(String::new(), Duration::from_secs(5)).await;
    let slow = raw("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n<xml>".into(), Duration::from_secs(5)).await;
    for base_url in [silent, slow] {
        let error = failed(&base_url).await;
        assert!(error.may_have_taken_effect());
        assert_eq!(error, V2CallError::Unknown(V2UnknownReason::Timeout));
    }
}

#[tokio::test]
async fn a_lost_connection_is_unknown() {
    for words in ["", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n<xml>", "SSH-2.0\r\n"] {
        let error = failed(&raw(words.into(), Duration::ZERO).await).await;
        assert!(matches!(error, V2CallError::Unknown(V2UnknownReason::Lost(_))), "{error:?}");
    }
}

#[tokio::test]
async fn no_connection_means_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = failed(&closed).await;
    assert!(!error.may_have_taken_effect());
    assert!(matches!(error, V2CallError::NotSent(NotSentReason::Connect(_))), "{error:?}");
}

#[tokio::test]
async fn other_statuses_are_unknown() {
    let good = signed(&from_wechat(&[]), HMAC);
    for status in [500, 502, 503, 404, 429, 202] {
        let (client, _) = peer((StatusCode::from_u16(status).unwrap(), good.clone())).await;
        let error = client.close_order(NUMBER, HMAC).await.unwrap_err();
        assert_eq!(error, V2CallError::Unknown(V2UnknownReason::Status(status)));
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let good = signed(&from_wechat(&[]), HMAC);
    let target = serve(Router::new().fallback(|| async { good })).await;
    let router = Router::new().fallback(move || async move { Redirect::temporary(&target) });
    assert_eq!(failed(&serve(router).await).await, V2CallError::Unknown(V2UnknownReason::Status(307)));
}

#[tokio::test]
async fn giant_answers_are_cut_off() {
    let (client, _) = peer(vec![b'x'; 3_000_000]).await;
    let error = client.close_order(NUMBER, HMAC).await.unwrap_err();
    assert_eq!(error, V2CallError::Unknown(V2UnknownReason::TooLong));
}

#[tokio::test]
async fn wechat_may_not_know_itself() {
    for code in ["SYSTEMERROR", "SYSTEM_ERROR", "BIZERR_NEED_RETRY"] {
        let answer = from_wechat(&[("result_code", "FAIL"), ("err_code", code)]);
        let (client, _) = peer(signed(&answer, HMAC)).await;
        let error = client.close_order(NUMBER, HMAC).await.unwrap_err();
        assert_eq!(error, V2CallError::Unknown(V2UnknownReason::SystemError(code.into())));
    }
}
