//! Refunds: requests, queries, and responses that must match.

use serde_json::json;
use wechatpay::v3::{V3CallError, V3ErrCode, V3RefundStatus, V3UnknownReason};

use super::common::{NOW, NUMBER, refund, refunded, with};
use super::peer::{answer, bare, peer};

#[tokio::test]
async fn a_refund_is_sent_in_the_stored_bytes() {
    let processing = with(refunded(), "/status", "PROCESSING".into());
    let (client, asked) = peer(move |_| answer(200, &processing)).await;
    let request = refund().request().unwrap();
    for _ in 0..2 {
        let record = client.refund(&request).await.unwrap();
        assert_eq!((record.status, record.success_time), (V3RefundStatus::Processing, None));
    }
    for seen in asked.lock().unwrap().iter() {
        assert_eq!(
            (seen.path.as_str(), seen.body.as_str()),
            ("/v3/refund/domestic/refunds", request.as_str())
        );
    }
}

#[tokio::test]
async fn an_answer_about_another_refund_does_not_count() {
    for (name, pointer, value) in [
        ("out_refund_no", "/out_refund_no", json!("R_2")),
        ("out_trade_no", "/out_trade_no", json!("NO_other")),
        ("amount", "/amount/refund", json!(1)),
        ("amount", "/amount/total", json!(100)),
    ] {
        let other = with(refunded(), pointer, value);
        let (client, _) = peer(move |_| answer(200, &other)).await;
        let error = client.refund(&refund().request().unwrap()).await.unwrap_err();
        assert_eq!(error, V3CallError::Unknown(V3UnknownReason::AnswerForAnother(name)));
    }
}

#[tokio::test]
async fn a_query_tells_where_a_refund_stands() {
    for (text, status) in [
        ("SUCCESS", V3RefundStatus::Success),
        ("CLOSED", V3RefundStatus::Closed),
        ("PROCESSING", V3RefundStatus::Processing),
        ("ABNORMAL", V3RefundStatus::Abnormal),
    ] {
        let stands = with(refunded(), "/status", text.into());
        let (client, asked) = peer(move |_| answer(200, &stands)).await;
        let record = client.query_refund("R_1@1").await.unwrap();
        assert_eq!((record.status, record.out_trade_no.as_str()), (status, NUMBER));
        assert_eq!(record.success_time, (status == V3RefundStatus::Success).then_some(NOW));
        assert_eq!(asked.lock().unwrap()[0].path, "/v3/refund/domestic/refunds/R_1%401");
    }
    let (client, _) = peer(|_| answer(200, &with(refunded(), "/out_refund_no", "R_2".into()))).await;
    let error = client.query_refund("R_1@1").await.unwrap_err();
    assert_eq!(error, V3CallError::Unknown(V3UnknownReason::AnswerForAnother("out_refund_no")));
}

#[tokio::test]
async fn refusals_took_no_effect_and_limits_may_have() {
    let request = refund().request().unwrap();
    for (status, code) in
        [(403, V3ErrCode::NotEnough), (403, V3ErrCode::UserAccountAbnormal), (400, V3ErrCode::InvalidRequest)]
    {
        let body = json!({ "code": code.as_str() }).to_string();
        let (client, _) = peer(move |_| bare(status, &body)).await;
        let refused = V3CallError::Refused { status, code, message: String::new() };
        assert_eq!(client.refund(&request).await, Err(refused));
    }
    let (client, _) = peer(|_| bare(404, &json!({ "code": "RESOURCE_NOT_EXISTS" }).to_string())).await;
    let error = client.query_refund("R_1@1").await.unwrap_err();
    assert!(matches!(error, V3CallError::Refused { code: V3ErrCode::ResourceNotExists, .. }));
    let (client, _) = peer(|_| bare(429, &json!({ "code": "RATELIMIT_EXCEEDED" }).to_string())).await;
    assert!(client.refund(&request).await.unwrap_err().may_have_taken_effect());
}
