//! Responses are accepted only if they are signed and match the merchant and the request.

use wechatpay::v2::{
    Fields, NotSentReason, SignType, V2CallError, V2Request, V2SignatureError, V2UnknownReason, XmlError, xml,
};

use crate::common::{
    NUMBER, OTHER_KEY, from_wechat, merchant, order, paid, signed, signed_by, with, without,
};
use crate::peer::peer;

const HMAC: SignType = SignType::HmacSha256;

async fn doubt(answer: String) -> V2UnknownReason {
    let (client, _) = peer(answer).await;
    match client.query_order(NUMBER, HMAC).await {
        Err(V2CallError::Unknown(doubt)) => doubt,
        other => panic!("the answer must not count: {other:?}"),
    }
}

fn success() -> Fields {
    with(paid(), "trade_state", "SUCCESS")
}

#[tokio::test]
async fn answers_that_are_not_signed_as_agreed() {
    assert_eq!(doubt(xml::write(&success())).await, V2UnknownReason::Signature(V2SignatureError::Missing));
    for answer in [signed_by(&success(), OTHER_KEY, HMAC), signed(&success(), SignType::Md5)] {
        assert_eq!(doubt(answer).await, V2UnknownReason::Signature(V2SignatureError::Wrong));
    }
    let weaker = signed(&with(success(), "sign_type", "MD5"), SignType::Md5);
    assert_eq!(doubt(weaker).await, V2UnknownReason::Signature(V2SignatureError::OtherSignType));
}

#[tokio::test]
async fn answers_for_others() {
    for (name, value) in [("appid", "wx1"), ("mch_id", "1"), ("out_trade_no", "NO_other_order")] {
        let answer = signed(&with(success(), name, value), HMAC);
        assert_eq!(doubt(answer).await, V2UnknownReason::AnswerForAnother(name));
    }
    let nameless = signed(&without(success(), "out_trade_no"), HMAC);
    assert_eq!(doubt(nameless).await, V2UnknownReason::Missing("out_trade_no"));
}

#[tokio::test]
async fn orders_of_another_kind() {
    let made = from_wechat(&[("trade_type", "JSAPI"), ("prepay_id", "wx1"), ("code_url", "weixin://x")]);
    let (client, _) = peer(signed(&made, HMAC)).await;
    let error = client.unified_order(&order().request(&merchant()).unwrap(), HMAC).await.unwrap_err();
    assert_eq!(error, V2CallError::Unknown(V2UnknownReason::AnswerForAnother("trade_type")));
}

#[tokio::test]
async fn answers_that_cannot_be() {
    let strange = |name, value| signed(&with(success(), name, value), HMAC);
    assert_eq!(doubt(strange("trade_state", "MAYBE")).await, V2UnknownReason::Malformed("trade_state"));
    assert_eq!(doubt(strange("total_fee", "1.01")).await, V2UnknownReason::Malformed("total_fee"));
    assert_eq!(doubt(strange("return_code", "OK")).await, V2UnknownReason::Malformed("return_code"));
    assert_eq!(doubt(strange("result_code", "OK")).await, V2UnknownReason::Malformed("result_code"));
    let unpaid = signed(&without(success(), "transaction_id"), HMAC);
    assert_eq!(doubt(unpaid).await, V2UnknownReason::Missing("transaction_id"));
    assert_eq!(doubt("<html>".into()).await, V2UnknownReason::Xml(XmlError::Root));
}

#[tokio::test]
async fn requests_that_are_not_ours_are_not_sent() {
    let (client, asked) = peer(signed(&success(), HMAC)).await;
    let mut other = merchant();
    other.mch_id = "1900000110".into();
    let foreign = order().request(&other).unwrap();
    let tampered = order().request(&merchant()).unwrap().as_str().replace(">101<", ">1<");
    for (request, why) in [
        (foreign, NotSentReason::ForeignRequest),
        (V2Request::from_stored(tampered), NotSentReason::SignedWithOtherKey),
        (V2Request::from_stored("junk".into()), NotSentReason::ForeignRequest),
    ] {
        let error = client.unified_order(&request, HMAC).await.unwrap_err();
        assert_eq!(error, V2CallError::NotSent(why));
    }
    let ours = order().request(&merchant()).unwrap();
    assert!(!client.unified_order(&ours, SignType::Md5).await.unwrap_err().may_have_taken_effect());
    assert!(matches!(
        client.query_order("NO.1234567", HMAC).await,
        Err(V2CallError::NotSent(NotSentReason::Field(_)))
    ));
    assert!(asked.lock().unwrap().is_empty());
}
