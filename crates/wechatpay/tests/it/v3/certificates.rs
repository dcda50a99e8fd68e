//! WeChat's certificates: downloaded and verified, at most once a minute.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use axum::response::Response;
use serde_json::{Value, json};
use wechatpay::v3::{
    CertificateRefresh, Clock, PlatformKeys, V3CallError, V3ErrCode, V3NoticeError, V3NoticeEvent,
    V3SignatureError, V3UnknownReason,
};

use super::common::{
    KEY, NOW, NUMBER, PUBLIC_KEY_ID, Pair, keys, merchant, rotated, sealed, signed, stranger, transaction,
    wechat,
};
use super::notice::body;
use super::peer::{bare, dressed, peer_with};

const OTHER_KEY: &str = "fedcba9876543210fedcba9876543210";

fn listed(pairs: &[&Pair], key: &str) -> Value {
    let data: Vec<Value> = pairs
        .iter()
        .map(|pair| {
            json!({
                "serial_no": pair.serial,
                "effective_time": "2025-01-01T00:00:00+08:00",
                "expire_time": "2029-12-31T00:00:00+08:00",
                "encrypt_certificate": sealed(key, pair.certificate_pem.as_bytes()),
            })
        })
        .collect();
    json!({ "data": data })
}

fn certified(by: &Pair, value: &Value) -> Response {
    let body = value.to_string();
    dressed(200, &signed(by, &by.serial, NOW, body.as_bytes()), body.into_bytes())
}

fn fixed() -> Clock {
    Clock::new(|| NOW)
}

#[tokio::test]
async fn the_first_answer_is_proven_by_what_it_carries() {
    let (client, asked) = peer_with(PlatformKeys::new(), fixed(), |_| {
        certified(rotated(), &listed(&[wechat(), rotated()], KEY))
    })
    .await;
    let both = vec![wechat().serial.clone(), rotated().serial.clone()];
    assert_eq!(client.refresh_certificates().await, Ok(CertificateRefresh::Fetched(both.clone())));
    assert_eq!(client.keys().serials(), both);
    assert_eq!(asked.lock().unwrap()[0].path, "/v3/certificates");
}

#[tokio::test]
async fn lists_that_are_not_wechats_change_nothing() {
    let named = {
        let mut list = listed(&[wechat()], KEY);
        list["data"][0]["serial_no"] = rotated().serial.clone().into();
        list
    };
    let lists: [(&Pair, Value, V3UnknownReason); 4] = [
        (wechat(), listed(&[wechat()], OTHER_KEY), V3UnknownReason::Certificate),
        (wechat(), named, V3UnknownReason::Certificate),
        (stranger(), listed(&[wechat()], KEY), V3UnknownReason::Signature(V3SignatureError::UnknownSerial)),
        (wechat(), json!({ "data": 1 }), V3UnknownReason::Json),
    ];
    for (by, list, doubt) in lists {
        let (client, _) = peer_with(PlatformKeys::new(), fixed(), move |_| certified(by, &list)).await;
        assert_eq!(client.refresh_certificates().await, Err(V3CallError::Unknown(doubt)));
        assert!(client.keys().serials().is_empty());
    }
}

#[tokio::test]
async fn a_merchant_with_a_public_key_alone_has_none() {
    let body = json!({ "code": "RESOURCE_NOT_EXISTS", "message": "无可用的平台证书" }).to_string();
    let (client, _) = peer_with(keys(), fixed(), move |_| bare(404, &body)).await;
    let error = client.refresh_certificates().await.unwrap_err();
    assert!(matches!(error, V3CallError::Refused { code: V3ErrCode::ResourceNotExists, .. }));
}

/// Answers queries with a signature of the new certificate, and lists both certificates.
async fn rotating(clock: Clock) -> (wechatpay::v3::V3Client, Arc<AtomicUsize>) {
    let fetches = Arc::new(AtomicUsize::new(0));
    let counted = fetches.clone();
    let keys = PlatformKeys::new();
    keys.add_certificate(wechat().certificate_pem.as_bytes()).unwrap();
    let (client, _) = peer_with(keys, clock, move |seen| {
        if seen.path != "/v3/certificates" {
            return certified(rotated(), &transaction());
        }
        counted.fetch_add(1, Ordering::Relaxed);
        certified(wechat(), &listed(&[wechat(), rotated()], KEY))
    })
    .await;
    (client, fetches)
}

#[tokio::test]
async fn a_rotation_costs_one_fetch_and_no_call() {
    let (client, fetches) = rotating(fixed()).await;
    let asks = (0..8).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { client.query_order(NUMBER).await })
    });
    for ask in asks.collect::<Vec<_>>() {
        assert!(ask.await.unwrap().unwrap().paid.is_some());
    }
    assert_eq!(fetches.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_notice_with_a_new_serial_is_read_after_a_fetch() {
    let (client, fetches) = rotating(fixed()).await;
    let body = body("TRANSACTION.SUCCESS", &transaction());
    let headers = signed(rotated(), &rotated().serial, NOW, &body);
    let notice = client.read_notice(&headers, &body).await.unwrap();
    assert!(matches!(notice.event, V3NoticeEvent::Paid(payment) if payment.mchid == merchant().mchid));
    assert_eq!(fetches.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn unknown_serials_cause_one_download_a_minute() {
    let now = Arc::new(AtomicI64::new(NOW));
    let told = now.clone();
    let (client, fetches) = rotating(Clock::new(move || told.load(Ordering::Relaxed))).await;
    let body = body("TRANSACTION.SUCCESS", &transaction());
    let unknown = V3NoticeError::Signature(V3SignatureError::UnknownSerial);
    let forged = |now: i64| signed(stranger(), &stranger().serial, now, &body);
    for _ in 0..20 {
        assert_eq!(client.read_notice(&forged(NOW), &body).await, Err(unknown));
    }
    assert_eq!(fetches.load(Ordering::Relaxed), 1);
    assert_eq!(client.refresh_certificates().await, Ok(CertificateRefresh::FetchedRecently));
    let later = NOW + 60_000;
    now.store(later, Ordering::Relaxed);
    assert_eq!(client.read_notice(&forged(later), &body).await, Err(unknown));
    assert_eq!(fetches.load(Ordering::Relaxed), 2);
    let named = signed(stranger(), "PUB_KEY_ID_7", later + 60_000, &body);
    now.store(later + 60_000, Ordering::Relaxed);
    assert_eq!(client.read_notice(&named, &body).await, Err(unknown));
    assert_eq!(fetches.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn during_a_migration_both_kinds_count() {
    let (client, _) = peer_with(keys(), fixed(), |_| bare(500, "")).await;
    let body = body("TRANSACTION.SUCCESS", &transaction());
    for serial in [PUBLIC_KEY_ID, &wechat().serial] {
        assert!(client.read_notice(&signed(wechat(), serial, NOW, &body), &body).await.is_ok());
    }
}
