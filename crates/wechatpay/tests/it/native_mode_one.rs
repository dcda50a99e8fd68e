//! Native mode one: the link, the callback and the reply.

use proptest::prelude::*;
use wechatpay::v2::{
    Fields, InvalidFieldReason, NativeReply, SignType, V2CallError, V2NoticeError, V2PrepayResponse,
    V2SignatureError, native_link, native_reply, read_native_callback, verify, xml,
};

use crate::common::{
    BOTH, OPENID, OTHER_KEY, fields, from_wechat, key, merchant, signed, signed_by, with, without,
};
use crate::peer::peer;

const NOW: i64 = 1_795_456_575_123;

/// The fields of a link.
fn parts(link: &str) -> Fields {
    let query = link.strip_prefix("weixin://wxpay/bizpayurl?").unwrap();
    query.split('&').filter_map(|part| part.split_once('=')).map(|(k, v)| (k.into(), v.into())).collect()
}

#[test]
fn a_link_is_signed_and_complete() {
    for sign_type in BOTH {
        let link = native_link("P1", &merchant(), sign_type, NOW).unwrap();
        let parts = parts(&link);
        assert_eq!(verify(&parts, &key(), sign_type), Ok(()));
        assert_eq!((parts["product_id"].as_str(), parts["time_stamp"].as_str()), ("P1", "1795456575"));
        assert_eq!((parts.len(), parts["nonce_str"].len()), (6, 32));
        assert_ne!(native_link("P1", &merchant(), sign_type, NOW).unwrap(), link);
    }
    for (product, reason) in [
        ("", InvalidFieldReason::Length),
        (&"1".repeat(33), InvalidFieldReason::Length),
        ("a&b", InvalidFieldReason::Charset),
        ("a b", InvalidFieldReason::Charset),
        ("商品", InvalidFieldReason::Charset),
    ] {
        let bad = native_link(product, &merchant(), SignType::Md5, NOW).unwrap_err();
        assert_eq!((bad.field, bad.reason), ("product_id", reason), "{product}");
    }
    assert!(native_link("P1", &merchant(), SignType::Md5, -1).is_err());
}

fn callback() -> Fields {
    fields(&[
        ("appid", "wx8888888888888888"),
        ("mch_id", "1900000109"),
        ("openid", OPENID),
        ("is_subscribe", "Y"),
        ("nonce_str", "abc"),
        ("product_id", "P1"),
    ])
}

fn refused(body: &str) -> V2NoticeError {
    read_native_callback(body.as_bytes(), &merchant(), SignType::Md5).expect_err("it must be refused")
}

#[test]
fn a_callback_tells_who_scanned_what() {
    for sign_type in BOTH {
        let body = signed(&callback(), sign_type);
        let read = read_native_callback(body.as_bytes(), &merchant(), sign_type).unwrap();
        assert_eq!(
            (read.openid.as_str(), read.product_id.as_str(), read.subscribed),
            (OPENID, "P1", Some(true))
        );
        assert!(!format!("{read:?}").contains(OPENID));
    }
    let silent = signed(&without(callback(), "is_subscribe"), SignType::Md5);
    let read = read_native_callback(silent.as_bytes(), &merchant(), SignType::Md5).unwrap();
    assert_eq!(read.subscribed, None);
}

#[test]
fn forged_and_foreign_callbacks_are_refused() {
    let md5 = SignType::Md5;
    assert_eq!(refused(&xml::write(&callback())), V2NoticeError::Signature(V2SignatureError::Missing));
    let forged = signed_by(&callback(), OTHER_KEY, md5);
    assert_eq!(refused(&forged), V2NoticeError::Signature(V2SignatureError::Wrong));
    let named = signed(&with(callback(), "sign_type", "HMAC-SHA256"), md5);
    assert_eq!(refused(&named), V2NoticeError::Signature(V2SignatureError::OtherSignType));
    assert_eq!(refused(&signed(&with(callback(), "appid", "wx1"), md5)), V2NoticeError::ForeignAppid);
    assert_eq!(refused(&signed(&with(callback(), "mch_id", "1"), md5)), V2NoticeError::ForeignMerchant);
    for name in ["openid", "product_id"] {
        assert_eq!(refused(&signed(&without(callback(), name), md5)), V2NoticeError::Missing(name));
        let odd = signed(&with(callback(), name, "a b"), md5);
        assert_eq!(refused(&odd), V2NoticeError::Malformed { field: name });
    }
    let odd = signed(&with(callback(), "is_subscribe", "x"), md5);
    assert_eq!(refused(&odd), V2NoticeError::Malformed { field: "is_subscribe" });
}

#[test]
fn replies_are_signed() {
    let prepaid =
        V2PrepayResponse { prepay_id: "wx201410272009395522657a690389285100".into(), code_url: "x".into() };
    for sign_type in BOTH {
        let reply = native_reply(&NativeReply::Order(&prepaid), &merchant(), sign_type).unwrap();
        let sent = xml::read(reply.as_bytes()).unwrap();
        assert_eq!(verify(&sent, &key(), sign_type), Ok(()));
        assert_eq!((sent["return_code"].as_str(), sent["result_code"].as_str()), ("SUCCESS", "SUCCESS"));
        assert_eq!(sent["prepay_id"], prepaid.prepay_id);
        assert_eq!(sent.contains_key("sign_type"), sign_type == SignType::HmacSha256);
        let reply = native_reply(&NativeReply::Refused("已售完"), &merchant(), sign_type).unwrap();
        let sent = xml::read(reply.as_bytes()).unwrap();
        assert_eq!(verify(&sent, &key(), sign_type), Ok(()));
        assert_eq!((sent["result_code"].as_str(), sent["err_code_des"].as_str()), ("FAIL", "已售完"));
        assert!(!sent.contains_key("prepay_id"));
    }
    assert!(native_reply(&NativeReply::Refused("a&b=c"), &merchant(), SignType::Md5).is_err());
}

#[tokio::test]
async fn a_link_is_made_shorter() {
    let answer = from_wechat(&[("short_url", "weixin://wxpay/s/XXXXXX")]);
    let (client, asked) = peer(signed(&answer, SignType::Md5)).await;
    let long = native_link("P1", &merchant(), SignType::Md5, NOW).unwrap();
    let short = client.short_url(&long, SignType::Md5).await;
    assert_eq!(short.as_deref(), Ok("weixin://wxpay/s/XXXXXX"));
    let (path, body) = asked.lock().unwrap().pop().unwrap();
    let sent = xml::read(body.as_bytes()).unwrap();
    assert_eq!((path.as_str(), sent["long_url"].as_str()), ("/tools/shorturl", long.as_str()));
    assert_eq!(verify(&sent, &key(), SignType::Md5), Ok(()));
    let unsent = client.short_url("https://example.com/", SignType::Md5).await;
    assert!(matches!(unsent, Err(V2CallError::NotSent(_))));
}

proptest! {
    #[test]
    fn no_body_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), openid in any::<String>()) {
        let _ = read_native_callback(&bytes, &merchant(), SignType::Md5);
        let body = signed(&with(callback(), "openid", &openid), SignType::Md5);
        let _ = read_native_callback(body.as_bytes(), &merchant(), SignType::Md5);
    }
}
