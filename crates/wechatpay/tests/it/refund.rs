//! Refunds: the request, its response, and the query.

use wechatpay::v2::{
    Fields, InvalidFieldReason, MutualTls, NotSentReason, SignType, V2CallError, V2ErrCode, V2Refund,
    V2RefundStatus, V2UnknownReason, verify, xml,
};

use crate::common::{BOTH, NUMBER, fields, from_wechat, key, merchant, order, signed, with, without};
use crate::peer::{peer, refunder};

const HMAC: SignType = SignType::HmacSha256;

pub fn refund() -> V2Refund {
    V2Refund {
        out_trade_no: NUMBER.into(),
        out_refund_no: "R_1@1".into(),
        total_fee: 101,
        refund_fee: 100,
        refund_desc: Some("坏了".into()),
        notify_url: Some("http://127.0.0.1:9000/wx/refund".into()),
        sign_type: HMAC,
    }
}

fn accepted() -> Fields {
    from_wechat(&[
        ("transaction_id", "4200000000202601010000000001"),
        ("out_trade_no", NUMBER),
        ("out_refund_no", "R_1@1"),
        ("refund_id", "50000000382019052709732678859"),
        ("refund_fee", "100"),
        ("total_fee", "101"),
        ("cash_refund_fee", "99"),
    ])
}

fn record(status: &str) -> Fields {
    from_wechat(&[
        ("transaction_id", "4200000000202601010000000001"),
        ("out_trade_no", NUMBER),
        ("total_fee", "101"),
        ("refund_count", "1"),
        ("out_refund_no_0", "R_1@1"),
        ("refund_id_0", "50000000382019052709732678859"),
        ("refund_fee_0", "100"),
        ("refund_status_0", status),
        ("refund_recv_accout_0", "支付用户零钱"),
        ("refund_success_time_0", "2026-01-01 10:00:00"),
    ])
}

#[tokio::test]
async fn a_refund_is_sent_in_the_stored_bytes() {
    let (client, asked) = refunder(signed(&accepted(), HMAC)).await;
    let request = refund().request(&merchant()).unwrap();
    for _ in 0..2 {
        let accepted = client.refund(&request, HMAC).await.unwrap();
        assert_eq!(accepted.refund_id, "50000000382019052709732678859");
        assert_eq!((accepted.refund_fee, accepted.cash_refund_fee), (100, Some(99)));
    }
    let sent = ("/secapi/pay/refund".to_owned(), request.as_str().to_owned());
    assert_eq!(*asked.lock().unwrap(), [sent.clone(), sent]);
}

#[test]
fn a_refund_request_is_signed_and_complete() {
    let sent = xml::read(refund().request(&merchant()).unwrap().as_str().as_bytes()).unwrap();
    assert_eq!(verify(&sent, &key(), HMAC), Ok(()));
    for (name, value) in [
        ("out_trade_no", NUMBER),
        ("out_refund_no", "R_1@1"),
        ("total_fee", "101"),
        ("refund_fee", "100"),
        ("refund_desc", "坏了"),
        ("notify_url", "http://127.0.0.1:9000/wx/refund"),
    ] {
        assert_eq!(sent[name], value);
    }
}

#[test]
fn refunds_that_cannot_be_are_not_signed() {
    let refused = |change: fn(&mut V2Refund)| {
        let mut refund = refund();
        change(&mut refund);
        let bad = refund.request(&merchant()).unwrap_err();
        (bad.field, bad.reason)
    };
    assert_eq!(refused(|r| r.refund_fee = 102), ("refund_fee", InvalidFieldReason::Value));
    assert_eq!(refused(|r| r.refund_fee = 0), ("refund_fee", InvalidFieldReason::Value));
    assert_eq!(refused(|r| r.total_fee = -1), ("total_fee", InvalidFieldReason::Value));
    assert_eq!(refused(|r| r.out_refund_no = String::new()), ("out_refund_no", InvalidFieldReason::Length));
    assert_eq!(refused(|r| r.out_refund_no = "1".repeat(65)), ("out_refund_no", InvalidFieldReason::Length));
    assert_eq!(refused(|r| r.out_refund_no = "R.1".into()), ("out_refund_no", InvalidFieldReason::Charset));
    assert_eq!(
        refused(|r| r.refund_desc = Some("1".repeat(81))),
        ("refund_desc", InvalidFieldReason::Length)
    );
    assert_eq!(
        refused(|r| r.refund_desc = Some("a&b=c".into())),
        ("refund_desc", InvalidFieldReason::Charset)
    );
    assert_eq!(refused(|r| r.notify_url = Some("x".into())), ("notify_url", InvalidFieldReason::Value));
}

#[tokio::test]
async fn an_answer_about_another_refund_does_not_count() {
    let request = refund().request(&merchant()).unwrap();
    for (name, value) in
        [("out_trade_no", "NO_other"), ("out_refund_no", "R_2"), ("refund_fee", "1"), ("total_fee", "100")]
    {
        let (client, _) = refunder(signed(&with(accepted(), name, value), HMAC)).await;
        let error = client.refund(&request, HMAC).await.unwrap_err();
        assert_eq!(error, V2CallError::Unknown(V2UnknownReason::AnswerForAnother(name)));
        let (client, _) = refunder(signed(&without(accepted(), name), HMAC)).await;
        let error = client.refund(&request, HMAC).await.unwrap_err();
        assert_eq!(error, V2CallError::Unknown(V2UnknownReason::Missing(name)));
    }
}

#[tokio::test]
async fn what_is_no_refund_of_ours_is_not_sent() {
    let (client, asked) = refunder(signed(&accepted(), HMAC)).await;
    let prepay = order().request(&merchant()).unwrap();
    assert_eq!(client.refund(&prepay, HMAC).await, Err(V2CallError::NotSent(NotSentReason::ForeignRequest)));
    let request = refund().request(&merchant()).unwrap();
    let other = Err(V2CallError::NotSent(NotSentReason::SignedWithOtherKey));
    assert_eq!(client.refund(&request, SignType::Md5).await, other);
    let (simple, _) = peer(signed(&accepted(), HMAC)).await;
    assert_eq!(simple.refund(&request, HMAC).await, Err(V2CallError::NotSent(NotSentReason::NoMutualTls)));
    assert!(asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn refusals_took_no_effect_and_doubts_may_have() {
    let request = refund().request(&merchant()).unwrap();
    for (spelled, code) in [
        ("NOTENOUGH", V2ErrCode::NotEnough),
        ("REFUND_FEE_MISMATCH", V2ErrCode::RefundFeeMismatch),
        ("USER_ACCOUNT_ABNORMAL", V2ErrCode::UserAccountAbnormal),
        ("INVALID_REQ_TOO_MUCH", V2ErrCode::InvalidReqTooMuch),
        ("TRADE_OVERDUE", V2ErrCode::TradeOverdue),
        ("FREQUENCY_LIMITED", V2ErrCode::FrequencyLimited),
        ("CERT_ERROR", V2ErrCode::CertError),
    ] {
        assert_eq!(V2ErrCode::from(code.as_str()), code);
        let answer = from_wechat(&[("result_code", "FAIL"), ("err_code", spelled)]);
        let (client, _) = refunder(signed(&answer, HMAC)).await;
        let error = client.refund(&request, HMAC).await.unwrap_err();
        assert_eq!(error, V2CallError::Refused { code, message: String::new() });
    }
    let answer = from_wechat(&[("result_code", "FAIL"), ("err_code", "BIZERR_NEED_RETRY")]);
    let (client, _) = refunder(signed(&answer, HMAC)).await;
    assert!(client.refund(&request, HMAC).await.unwrap_err().may_have_taken_effect());
}

#[tokio::test]
async fn a_query_tells_where_a_refund_stands() {
    for sign_type in BOTH {
        for (text, status) in [
            ("SUCCESS", V2RefundStatus::Success),
            ("REFUNDCLOSE", V2RefundStatus::Closed),
            ("PROCESSING", V2RefundStatus::Processing),
            ("CHANGE", V2RefundStatus::Change),
        ] {
            let (client, asked) = peer(signed(&record(text), sign_type)).await;
            let record = client.query_refund("R_1@1", sign_type).await.unwrap();
            assert_eq!((record.status, record.status.as_str()), (status, text));
            let arrived = (status == V2RefundStatus::Success).then_some(1_767_232_800_000);
            assert_eq!(record.success_time, arrived);
            assert_eq!((record.refund_fee, record.total_fee), (100, 101));
            assert_eq!(asked.lock().unwrap()[0].0, "/pay/refundquery");
        }
    }
}

#[tokio::test]
async fn a_query_counts_for_the_number_asked_alone() {
    let doubt = async |answer: Fields| {
        let (client, _) = peer(signed(&answer, HMAC)).await;
        match client.query_refund("R_1@1", HMAC).await {
            Err(V2CallError::Unknown(doubt)) => doubt,
            other => panic!("the answer must not count: {other:?}"),
        }
    };
    let other = doubt(with(record("SUCCESS"), "out_refund_no_0", "R_2")).await;
    assert_eq!(other, V2UnknownReason::AnswerForAnother("out_refund_no"));
    assert_eq!(doubt(record("DONE")).await, V2UnknownReason::Malformed("refund_status_n"));
    let late = with(record("SUCCESS"), "refund_success_time_0", "20260101100000");
    assert_eq!(doubt(late).await, V2UnknownReason::Malformed("refund_success_time"));
    assert_eq!(doubt(without(record("SUCCESS"), "refund_id_0")).await, V2UnknownReason::Missing("refund_id"));
    let second = with(with(record("SUCCESS"), "out_refund_no_0", "R_2"), "out_refund_no_1", "R_1@1");
    assert_eq!(doubt(second).await, V2UnknownReason::Missing("refund_status_n"));
}

#[tokio::test]
async fn a_refund_that_is_not_there_is_told_apart() {
    let answer = from_wechat(&[("result_code", "FAIL"), ("err_code", "REFUNDNOTEXIST")]);
    let (client, _) = peer(signed(&answer, HMAC)).await;
    let error = client.query_refund("R_1@1", HMAC).await.unwrap_err();
    assert!(matches!(error, V2CallError::Refused { code: V2ErrCode::RefundNotExist, .. }));
    let unsigned = xml::write(&fields(&[("return_code", "FAIL")]));
    let (client, _) = peer(unsigned).await;
    assert!(client.query_refund("R_1@1", HMAC).await.unwrap_err().may_have_taken_effect());
    assert!(matches!(
        client.query_refund("R 1", HMAC).await,
        Err(V2CallError::NotSent(NotSentReason::Field(_)))
    ));
}

#[test]
fn mutual_tls_is_checked() {
    assert!(MutualTls::with_certificate(b"", b"").is_err());
    assert!(MutualTls::without_certificate().trusting_only_root(b"not pem").is_err());
    let client = wechatpay::v2::V2Client::new("http://127.0.0.1:1", merchant()).unwrap();
    assert!(client.with_mutual_tls(MutualTls::without_certificate().with_base_url("ftp://a")).is_err());
}
