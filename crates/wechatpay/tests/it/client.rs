//! Calls that succeed or are properly refused.

use wechatpay::v2::{
    CloseOutcome, SignType, TradeState, V2CallError, V2Client, V2ErrCode, V2PrepayResponse, verify, xml,
};

use crate::common::{BOTH, NUMBER, fields, from_wechat, key, merchant, order, paid, signed, with};
use crate::peer::peer;

const HMAC: SignType = SignType::HmacSha256;

fn refusal_body(code: &str) -> String {
    signed(&from_wechat(&[("result_code", "FAIL"), ("err_code", code), ("err_code_des", "no\n")]), HMAC)
}

#[tokio::test]
async fn an_order_is_sent_in_the_stored_bytes() {
    let url = "weixin://wxpay/bizpayurl/up?pr=NwY5Mz9&groupid=00";
    let made = from_wechat(&[("trade_type", "NATIVE"), ("prepay_id", "wx1"), ("code_url", url)]);
    let (client, asked) = peer(signed(&made, HMAC)).await;
    let request = order().request(&merchant()).unwrap();
    for _ in 0..2 {
        let prepaid = client.unified_order(&request, HMAC).await;
        assert_eq!(prepaid, Ok(V2PrepayResponse { prepay_id: "wx1".into(), code_url: url.into() }));
    }
    let sent = ("/pay/unifiedorder".to_owned(), request.as_str().to_owned());
    assert_eq!(*asked.lock().unwrap(), [sent.clone(), sent]);
}

#[tokio::test]
async fn a_query_is_signed_and_tells_of_the_payment() {
    for sign_type in BOTH {
        let (client, asked) = peer(signed(&with(paid(), "trade_state", "REFUND"), sign_type)).await;
        let trade = client.query_order(NUMBER, sign_type).await.unwrap();
        assert_eq!((trade.out_trade_no.as_str(), trade.state), (NUMBER, TradeState::Refund));
        assert_eq!(trade.paid.map(|payment| payment.total_fee), Some(101));
        let (path, body) = asked.lock().unwrap().pop().unwrap();
        assert_eq!(path, "/pay/orderquery");
        assert_eq!(verify(&xml::read(body.as_bytes()).unwrap(), &key(), sign_type), Ok(()));
    }
}

#[tokio::test]
async fn unpaid_states_have_no_payment() {
    for state in ["NOTPAY", "CLOSED", "REVOKED", "USERPAYING", "PAYERROR", "ACCEPT"] {
        let answer = from_wechat(&[("out_trade_no", NUMBER), ("trade_state", state)]);
        let (client, _) = peer(signed(&answer, HMAC)).await;
        let trade = client.query_order(NUMBER, HMAC).await.unwrap();
        assert_eq!((trade.state.as_str(), trade.paid), (state, None));
    }
}

#[tokio::test]
async fn closing_twice_is_closing() {
    let (client, asked) = peer(signed(&from_wechat(&[]), HMAC)).await;
    assert_eq!(client.close_order(NUMBER, HMAC).await, Ok(CloseOutcome::Closed));
    assert_eq!(asked.lock().unwrap()[0].0, "/pay/closeorder");
    for code in ["ORDERCLOSED", "ORDER_CLOSED"] {
        let (client, _) = peer(refusal_body(code)).await;
        assert_eq!(client.close_order(NUMBER, HMAC).await, Ok(CloseOutcome::AlreadyClosed));
    }
}

#[tokio::test]
async fn a_signed_refusal_took_no_effect() {
    for (spelled, code) in [
        ("ORDERPAID", V2ErrCode::OrderPaid),
        ("ORDER_PAID", V2ErrCode::OrderPaid),
        ("OUT_TRADE_NO_USED", V2ErrCode::OutTradeNoUsed),
        ("NO_AUTH", V2ErrCode::NoAuth),
        ("BRAND_NEW", V2ErrCode::Other("BRAND_NEW".into())),
    ] {
        let (client, _) = peer(refusal_body(spelled)).await;
        let error = client.close_order(NUMBER, HMAC).await.unwrap_err();
        assert!(!error.may_have_taken_effect());
        assert_eq!(error, V2CallError::Refused { code, message: "no".into() });
    }
}

#[tokio::test]
async fn an_unsigned_failure_proves_nothing() {
    let answer = xml::write(&fields(&[("return_code", "FAIL"), ("return_msg", "签名错误")]));
    let (client, _) = peer(answer).await;
    let error = client.query_order(NUMBER, HMAC).await.unwrap_err();
    assert!(error.may_have_taken_effect());
    assert_eq!(error, V2CallError::Rejected { return_msg: "签名错误".into() });
}

#[test]
fn base_urls_are_plain() {
    for url in ["", "api.mch.weixin.qq.com", "ftp://a", "http://u:p@a", "http://a?b", "http://a#b"] {
        assert!(V2Client::new(url, merchant()).is_err(), "{url}");
    }
    assert_eq!(V2Client::new("https://a/sandbox/", merchant()).unwrap().merchant().mch_id, "1900000109");
}
