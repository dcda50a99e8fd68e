//! The backup address.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use tokio::net::TcpListener;
use wechatpay::Clock;
use wechatpay::v2::{
    ClientOptions, CloseOutcome, NotSentReason, SignType, V2CallError, V2Client, V2UnknownReason,
};

use crate::common::{NUMBER, from_wechat, merchant, signed};
use crate::peer::serve;

const HMAC: SignType = SignType::HmacSha256;

type Bodies = Arc<Mutex<Vec<String>>>;

/// A server that answers with this status and records the requests.
async fn answers(status: u16) -> (String, Bodies) {
    let seen = Bodies::default();
    let sent = seen.clone();
    let respond = move |body: Bytes| {
        sent.lock().unwrap().push(String::from_utf8(body.to_vec()).unwrap());
        let answer = (StatusCode::from_u16(status).unwrap(), signed(&from_wechat(&[]), HMAC));
        async { answer }
    };
    (serve(Router::new().fallback(respond)).await, seen)
}

/// An address without a server.
async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// Accepts connections and never answers.
async fn silent() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    });
    url
}

/// A client with two addresses, and its clock.
fn client(first: &str, second: &str) -> (V2Client, Arc<AtomicI64>) {
    let wait = Duration::from_millis(700);
    let options = ClientOptions { connect_timeout: wait, total_timeout: wait, ..ClientOptions::default() };
    let now = Arc::new(AtomicI64::new(1_767_232_800_000));
    let clock = now.clone();
    let client = V2Client::with_options(first, merchant(), options).unwrap();
    let client = client.with_backup(second, Clock::new(move || clock.load(Ordering::Relaxed)));
    (client.unwrap(), now)
}

#[tokio::test]
async fn the_backup_answers_until_the_first_is_tried_again_after_a_minute() {
    let first = nobody().await;
    let (second, there) = answers(200).await;
    let (client, now) = client(&first, &second);
    assert_eq!(client.close_order(NUMBER, HMAC).await, Ok(CloseOutcome::Closed));
    // The first address works again, but it is not tried before the minute is over.
    let listener = TcpListener::bind(first.trim_start_matches("http://")).await.unwrap();
    let router = Router::new().fallback(|| async { signed(&from_wechat(&[]), HMAC) });
    tokio::spawn(async move { axum::serve(listener, router).await });
    for (passed, asked) in [(59_999, 2), (1, 2), (0, 2)] {
        now.fetch_add(passed, Ordering::Relaxed);
        assert_eq!(client.close_order(NUMBER, HMAC).await, Ok(CloseOutcome::Closed));
        assert_eq!(there.lock().unwrap().len(), asked, "after {passed} more");
    }
}

#[tokio::test]
async fn without_an_answer_the_same_bytes_go_to_the_backup() {
    let (second, there) = answers(200).await;
    let (client, _) = client(&silent().await, &second);
    assert_eq!(client.close_order(NUMBER, HMAC).await, Ok(CloseOutcome::Closed));
    assert_eq!(there.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn an_answer_of_the_first_address_is_final() {
    for status in [500, 502, 429] {
        let ((first, here), (second, there)) = (answers(status).await, answers(200).await);
        let (client, _) = client(&first, &second);
        let error = client.close_order(NUMBER, HMAC).await.unwrap_err();
        assert_eq!(error, V2CallError::Unknown(V2UnknownReason::Status(status)));
        assert_eq!((here.lock().unwrap().len(), there.lock().unwrap().len()), (1, 0));
    }
}

/// If the first call may have arrived, a failed connection to the second address does not change that.
#[tokio::test]
async fn if_both_addresses_fail_the_worse_error_counts() {
    let dead = nobody().await;
    let (both, _) = client(&nobody().await, &dead);
    let error = both.close_order(NUMBER, HMAC).await.unwrap_err();
    assert!(matches!(error, V2CallError::NotSent(NotSentReason::Connect(_))), "{error:?}");
    let (heard, _) = client(&silent().await, &dead);
    assert_eq!(heard.close_order(NUMBER, HMAC).await, Err(V2CallError::Unknown(V2UnknownReason::Timeout)));
    let (then, _) = client(&dead, &silent().await);
    assert_eq!(then.close_order(NUMBER, HMAC).await, Err(V2CallError::Unknown(V2UnknownReason::Timeout)));
}
