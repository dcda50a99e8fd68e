//! Calls that succeed or are properly refused.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::SubjectPublicKeyInfoDer;
use rustls_pki_types::pem::PemObject;
use serde_json::{Value, json};
use wechatpay::v3::{
    CloseOutcome, NotSentReason, PlatformKeys, TradeState, V3CallError, V3ErrCode, V3Request,
    V3UnknownReason, request_to_sign,
};

use super::common::{NOW, NUMBER, PUBLIC_KEY_ID, merchant, order, ours, refund, transaction, with};
use super::peer::{Seen, answer, bare, no_content, peer};

/// The nonce of a request with a valid signature.
fn signed_by_us(seen: &Seen) -> String {
    let header = seen.headers["authorization"].to_str().unwrap();
    let fields = header.strip_prefix("WECHATPAY2-SHA256-RSA2048 ").unwrap();
    let get = |name: &str| {
        let mut parts = fields.split(',').filter_map(|part| part.split_once('='));
        parts.find(|(key, _)| *key == name).unwrap().1.trim_matches('"').to_owned()
    };
    assert_eq!((get("mchid"), get("serial_no")), (merchant().mchid, ours().serial.clone()));
    let time: i64 = get("timestamp").parse().unwrap();
    assert_eq!(time, NOW / 1000);
    let nonce = get("nonce_str");
    let text = request_to_sign(seen.method.as_str(), &seen.path, time, &nonce, &seen.body);
    let der = SubjectPublicKeyInfoDer::from_pem_slice(ours().public_pem.as_bytes()).unwrap();
    let (_, tail) = fields.split_once("signature=\"").unwrap();
    let signature = STANDARD.decode(tail.split_once('"').unwrap().0).unwrap();
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der).verify(text.as_bytes(), &signature).unwrap();
    nonce
}

#[tokio::test]
async fn an_order_is_sent_in_the_stored_bytes() {
    let (client, asked) =
        peer(|_| answer(200, &json!({ "code_url": "weixin://wxpay/bizpayurl?pr=1" }))).await;
    let request = order().request(&merchant()).unwrap();
    for _ in 0..2 {
        assert_eq!(
            client.create_native_order(&request).await.unwrap().code_url,
            "weixin://wxpay/bizpayurl?pr=1"
        );
    }
    let asked = asked.lock().unwrap();
    let nonces: Vec<String> = asked.iter().map(signed_by_us).collect();
    assert_ne!(nonces[0], nonces[1]);
    for seen in asked.iter() {
        assert_eq!(
            (seen.path.as_str(), seen.body.as_str()),
            ("/v3/pay/transactions/native", request.as_str())
        );
        assert_eq!(seen.headers["wechatpay-serial"], PUBLIC_KEY_ID);
        assert_eq!(seen.headers["accept"], "application/json");
        assert_eq!(seen.headers["content-type"], "application/json");
        assert!(seen.headers["user-agent"].to_str().unwrap().starts_with("wechatpay/"));
    }
}

#[tokio::test]
async fn what_is_no_order_of_ours_is_not_sent() {
    let (client, asked) = peer(|_| bare(500, "")).await;
    let mut other = merchant();
    other.mchid = "1".into();
    let not_ours = Err(V3CallError::NotSent(NotSentReason::ForeignRequest));
    for request in
        [order().request(&other).unwrap(), refund().request().unwrap(), V3Request::from_stored("{}".into())]
    {
        assert_eq!(client.create_native_order(&request).await, not_ours);
    }
    let prepay = order().request(&merchant()).unwrap();
    assert!(client.refund(&prepay).await.is_err_and(|error| !error.may_have_taken_effect()));
    assert!(asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn both_queries_tell_of_the_payment() {
    let (client, asked) = peer(|_| answer(200, &transaction())).await;
    let by_ours = client.query_order(NUMBER).await.unwrap();
    let by_theirs = client.query_payment("4200000000202601010000000001").await.unwrap();
    assert_eq!(by_ours, by_theirs);
    assert_eq!(by_ours.state, TradeState::Success);
    assert_eq!(by_ours.paid.unwrap().total, 101);
    let paths: Vec<String> = asked.lock().unwrap().iter().map(|seen| seen.path.clone()).collect();
    assert_eq!(
        paths,
        [
            format!("/v3/pay/transactions/out-trade-no/{NUMBER}?mchid=1900000109"),
            "/v3/pay/transactions/id/4200000000202601010000000001?mchid=1900000109".to_owned(),
        ]
    );
    assert!(asked.lock().unwrap().iter().all(|seen| seen.body.is_empty() && !signed_by_us(seen).is_empty()));
}

#[tokio::test]
async fn odd_numbers_are_signed_as_they_travel() {
    let number = "A|B*C-D_1";
    let answered = with(transaction(), "/out_trade_no", number.into());
    let (client, asked) = peer(move |_| answer(200, &answered)).await;
    assert_eq!(client.query_order(number).await.unwrap().out_trade_no, number);
    let asked = asked.lock().unwrap();
    assert_eq!(asked[0].path, "/v3/pay/transactions/out-trade-no/A%7CB%2AC-D_1?mchid=1900000109");
    signed_by_us(&asked[0]);
}

#[tokio::test]
async fn unpaid_states_have_no_payment() {
    for state in ["NOTPAY", "CLOSED", "REVOKED", "USERPAYING", "PAYERROR"] {
        let unpaid = json!({
            "appid": "wx8888888888888888", "mchid": "1900000109", "out_trade_no": NUMBER, "trade_state": state,
        });
        let (client, _) = peer(move |_| answer(200, &unpaid)).await;
        let trade = client.query_order(NUMBER).await.unwrap();
        assert_eq!((trade.state.as_str(), trade.paid), (state, None));
    }
}

#[tokio::test]
async fn answers_for_others_do_not_count() {
    for (name, pointer) in [("appid", "/appid"), ("mchid", "/mchid"), ("out_trade_no", "/out_trade_no")] {
        let other = with(transaction(), pointer, "other_one".into());
        let (client, _) = peer(move |_| answer(200, &other)).await;
        let error = client.query_order(NUMBER).await.unwrap_err();
        assert_eq!(error, V3CallError::Unknown(V3UnknownReason::AnswerForAnother(name)));
        let (client, _) = peer(move |_| answer(200, &with(transaction(), pointer, Value::Null))).await;
        let error = client.query_order(NUMBER).await.unwrap_err();
        assert_eq!(error, V3CallError::Unknown(V3UnknownReason::Missing(name)));
    }
    let (client, _) = peer(|_| answer(200, &transaction())).await;
    let error = client.query_payment("42000").await.unwrap_err();
    assert_eq!(error, V3CallError::Unknown(V3UnknownReason::AnswerForAnother("transaction_id")));
}

#[tokio::test]
async fn closing_twice_is_closing() {
    let (client, asked) = peer(|_| no_content()).await;
    assert_eq!(client.close_order(NUMBER).await, Ok(CloseOutcome::Closed));
    {
        let asked = asked.lock().unwrap();
        assert_eq!(asked[0].path, format!("/v3/pay/transactions/out-trade-no/{NUMBER}/close"));
        assert_eq!(asked[0].body, "{\"mchid\":\"1900000109\"}");
        signed_by_us(&asked[0]);
    }
    for code in ["ORDER_CLOSED", "ORDERCLOSED"] {
        let (client, _) =
            peer(move |_| bare(400, &json!({ "code": code, "message": "x" }).to_string())).await;
        assert_eq!(client.close_order(NUMBER).await, Ok(CloseOutcome::AlreadyClosed));
    }
}

#[tokio::test]
async fn a_refusal_with_a_code_took_no_effect() {
    for (status, spelled, code) in [
        (404, "ORDER_NOT_EXIST", V3ErrCode::OrderNotExist),
        (404, "ORDERNOTEXIST", V3ErrCode::OrderNotExist),
        (401, "SIGN_ERROR", V3ErrCode::SignError),
        (403, "NOAUTH", V3ErrCode::NoAuth),
        (403, "OUT_TRADE_NO_USED", V3ErrCode::OutTradeNoUsed),
        (400, "PARAM_ERROR", V3ErrCode::ParamError),
        (400, "BRAND_NEW", V3ErrCode::Other("BRAND_NEW".into())),
    ] {
        let body = json!({ "code": spelled, "message": "no\n", "detail": { "field": "/a" } }).to_string();
        let (client, _) = peer(move |_| bare(status, &body)).await;
        let error = client.query_order(NUMBER).await.unwrap_err();
        assert!(!error.may_have_taken_effect());
        assert_eq!(error, V3CallError::Refused { status, code, message: "no".into() });
    }
}

#[tokio::test]
async fn without_a_public_key_none_is_asked_for() {
    let keys = PlatformKeys::new();
    let clock = wechatpay::v3::Clock::new(|| NOW);
    let (client, asked) = super::peer::peer_with(keys, clock, |_| bare(404, "")).await;
    assert!(client.query_order(NUMBER).await.is_err());
    assert!(!asked.lock().unwrap()[0].headers.contains_key("wechatpay-serial"));
}
