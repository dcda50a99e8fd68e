//! Notices that are refused, each with its reason.

use wechatpay::v2::{
    Fields, SignType, V2Notice, V2NoticeError, V2SignatureError, XmlError, read_notice, xml,
};

use crate::common::{BOTH, OTHER_KEY, merchant, paid, signed, signed_by, with, without};

fn read(body: &str, sign_type: SignType) -> Result<V2Notice, V2NoticeError> {
    read_notice(body.as_bytes(), &merchant(), sign_type)
}

fn refused(message: &Fields) -> V2NoticeError {
    let errors = BOTH.map(|sign_type| read(&signed(message, sign_type), sign_type).unwrap_err());
    assert_eq!(errors[0], errors[1]);
    errors[0]
}

#[test]
fn forged_notices() {
    for sign_type in BOTH {
        let unsigned = read(&xml::write(&paid()), sign_type).unwrap_err();
        assert_eq!(unsigned, V2NoticeError::Signature(V2SignatureError::Missing));
        let other = read(&signed_by(&paid(), OTHER_KEY, sign_type), sign_type).unwrap_err();
        assert_eq!(other, V2NoticeError::Signature(V2SignatureError::Wrong));
        let cheaper = signed(&paid(), sign_type).replace("<total_fee>101<", "<total_fee>1<");
        assert_eq!(read(&cheaper, sign_type), Err(V2NoticeError::Signature(V2SignatureError::Wrong)));
    }
}

#[test]
fn notices_that_choose_a_weaker_signature() {
    let silent = signed(&paid(), SignType::Md5);
    let wrong = Err(V2NoticeError::Signature(V2SignatureError::Wrong));
    assert_eq!(read(&silent, SignType::HmacSha256), wrong);
    let loud = signed(&with(paid(), "sign_type", "MD5"), SignType::Md5);
    let other = Err(V2NoticeError::Signature(V2SignatureError::OtherSignType));
    assert_eq!(read(&loud, SignType::HmacSha256), other);
}

#[test]
fn notices_for_others() {
    assert_eq!(refused(&with(paid(), "appid", "wx1111111111111111")), V2NoticeError::ForeignAppid);
    assert_eq!(refused(&with(paid(), "mch_id", "1900000110")), V2NoticeError::ForeignMerchant);
}

#[test]
fn notices_that_lack_something() {
    for name in ["transaction_id", "out_trade_no", "total_fee", "openid", "trade_type", "time_end"] {
        assert_eq!(refused(&without(paid(), name)), V2NoticeError::Missing(name));
        assert_eq!(refused(&with(paid(), name, "")), V2NoticeError::Missing(name));
    }
    for name in ["return_code", "result_code", "appid", "mch_id"] {
        assert_eq!(refused(&without(paid(), name)), V2NoticeError::Missing(name));
    }
}

#[test]
fn notices_with_impossible_values() {
    for (field, value) in [
        ("total_fee", "1.01"),
        ("total_fee", "+101"),
        ("total_fee", "-101"),
        ("total_fee", " 101"),
        ("total_fee", "9223372036854775808"),
        ("cash_fee", "x"),
        ("time_end", "2026-01-01 10:00:00"),
        ("transaction_id", "4200 0000"),
        ("out_trade_no", "编号编号编号"),
        ("result_code", "success"),
    ] {
        assert_eq!(refused(&with(paid(), field, value)), V2NoticeError::Malformed { field }, "{value}");
    }
}

#[test]
fn notices_that_failed_or_cannot_be_read() {
    assert_eq!(refused(&with(paid(), "return_code", "FAIL")), V2NoticeError::ReturnFail);
    assert_eq!(read("{}", SignType::Md5), Err(V2NoticeError::Xml(XmlError::StrayText)));
    let twice = signed(&paid(), SignType::Md5).replace("</xml>", "<total_fee>1</total_fee></xml>");
    assert_eq!(read(&twice, SignType::Md5), Err(V2NoticeError::Xml(XmlError::Duplicate)));
}

#[test]
fn labels_are_stable() {
    assert_eq!(V2NoticeError::Xml(XmlError::Doctype).label(), "xml");
    assert_eq!(V2NoticeError::Signature(V2SignatureError::Wrong).label(), "wrong_signature");
    assert_eq!(V2NoticeError::Malformed { field: "total_fee" }.label(), "malformed_field");
}
