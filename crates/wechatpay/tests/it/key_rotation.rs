//! Key rotation.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use wechatpay::v2::{
    ApiKey, CloseOutcome, Fields, MutualTls, NotSentReason, SignType, V2CallError, V2Client, V2Merchant,
    V2Notice, V2Request, read_notice, read_refund_notice, verify, xml,
};

use crate::common::{
    BOTH, KEY, NUMBER, OTHER_KEY, fields, from_wechat, key, merchant, order, paid, signed_by,
};
use crate::peer::{client, serve};
use crate::refund_notice::notice_by;

const HMAC: SignType = SignType::HmacSha256;

fn other_key() -> ApiKey {
    ApiKey::new(OTHER_KEY).unwrap()
}

/// The merchant during the rotation: the other key is the new one.
fn changing() -> V2Merchant {
    V2Merchant { api_key: other_key().with_previous(&key()), ..merchant() }
}

/// A server that knows one key and records the requests.
async fn knows(known: &'static str) -> (String, Arc<Mutex<Vec<Fields>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sent = seen.clone();
    let respond = move |body: Bytes| {
        let asked = xml::read(&body).unwrap();
        let is_right = verify(&asked, &ApiKey::new(known).unwrap(), HMAC).is_ok();
        sent.lock().unwrap().push(asked);
        let rejected = xml::write(&fields(&[("return_code", "FAIL"), ("return_msg", "签名错误")]));
        let made = [("trade_type", "NATIVE"), ("prepay_id", "wx1"), ("code_url", "weixin://1")];
        let answer = if is_right { signed_by(&from_wechat(&made), known, HMAC) } else { rejected };
        async { answer }
    };
    (serve(Router::new().fallback(respond)).await, seen)
}

#[test]
fn signatures_of_both_keys_are_accepted() {
    for sign_type in BOTH {
        for by in [KEY, OTHER_KEY] {
            let body = signed_by(&paid(), by, sign_type);
            let read = read_notice(body.as_bytes(), &changing(), sign_type);
            assert!(matches!(read, Ok(V2Notice::Paid(_))), "{read:?}");
        }
        let body = signed_by(&paid(), "00000000000000000000000000000000", sign_type);
        assert!(read_notice(body.as_bytes(), &changing(), sign_type).is_err());
    }
}

#[test]
fn a_refund_notice_is_read_with_either_key() {
    let inside = "<root><out_refund_no>R1</out_refund_no><refund_id>5</refund_id><out_trade_no>NO_123456\
                  </out_trade_no><transaction_id>4</transaction_id><total_fee>2</total_fee><refund_fee>1\
                  </refund_fee><refund_status>CHANGE</refund_status></root>";
    for by in [KEY, OTHER_KEY] {
        let read = read_refund_notice(&notice_by(by, inside), &changing()).unwrap();
        assert_eq!(read.out_refund_no, "R1");
    }
    let strange = notice_by("00000000000000000000000000000000", inside);
    assert!(read_refund_notice(&strange, &changing()).is_err());
}

#[tokio::test]
async fn a_request_stored_with_the_old_key_is_sent_with_the_new_one() {
    let stored = order().request(&merchant()).unwrap();
    let (url, seen) = knows(OTHER_KEY).await;
    let client = V2Client::new(&url, changing()).unwrap();
    client.unified_order(&stored, HMAC).await.unwrap();
    let mut sent = seen.lock().unwrap().pop().unwrap();
    let mut before = xml::read(stored.as_str().as_bytes()).unwrap();
    assert_ne!(sent.remove("sign"), before.remove("sign"));
    assert_eq!(sent, before, "all but the signature stays");
    assert_eq!(seen.lock().unwrap().len(), 0, "asked once");
}

#[tokio::test]
async fn a_rejected_call_is_repeated_with_the_old_key() {
    let (url, seen) = knows(KEY).await;
    let client = V2Client::new(&url, changing()).unwrap().with_mutual_tls(MutualTls::without_certificate());
    let client = client.unwrap();
    assert_eq!(client.close_order(NUMBER, HMAC).await, Ok(CloseOutcome::Closed));
    let stored = order().request(&changing()).unwrap();
    client.unified_order(&stored, HMAC).await.unwrap();
    assert_eq!(seen.lock().unwrap().len(), 4, "two calls, each once more");
}

#[tokio::test]
async fn two_unknown_keys_are_rejected_after_three_calls() {
    let (url, seen) = knows("00000000000000000000000000000000").await;
    let error = V2Client::new(&url, changing()).unwrap().close_order(NUMBER, HMAC).await.unwrap_err();
    assert_eq!(error, V2CallError::Rejected { return_msg: "签名错误".into() });
    assert_eq!(seen.lock().unwrap().len(), 3, "the new one, the old one, and the new one again");
}

/// WeChat switches the key between the first rejection and the second.
#[tokio::test]
async fn a_key_that_changes_in_the_middle_of_a_call_is_found() {
    let asked = Arc::new(Mutex::new(0));
    let respond = move || {
        let mut asked = asked.lock().unwrap();
        *asked += 1;
        let rejected = xml::write(&fields(&[("return_code", "FAIL"), ("return_msg", "签名错误")]));
        let answer = if *asked < 3 { rejected } else { signed_by(&from_wechat(&[]), OTHER_KEY, HMAC) };
        async { answer }
    };
    let url = serve(Router::new().fallback(respond)).await;
    assert_eq!(
        V2Client::new(&url, changing()).unwrap().close_order(NUMBER, HMAC).await,
        Ok(CloseOutcome::Closed)
    );
}

#[tokio::test]
async fn messages_of_a_removed_key_are_refused() {
    let after = V2Merchant { api_key: other_key(), ..merchant() };
    let old: V2Request = order().request(&merchant()).unwrap();
    let (url, seen) = knows(OTHER_KEY).await;
    let error = V2Client::new(&url, after.clone()).unwrap().unified_order(&old, HMAC).await.unwrap_err();
    assert_eq!(error, V2CallError::NotSent(NotSentReason::SignedWithOtherKey));
    assert!(seen.lock().unwrap().is_empty());
    assert!(read_notice(signed_by(&paid(), KEY, HMAC).as_bytes(), &after, HMAC).is_err());
    assert!(client(&url).close_order(NUMBER, HMAC).await.is_err());
}
