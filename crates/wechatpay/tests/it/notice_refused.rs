//! Notices that are not believed, each for its reason.

use wechatpay::v2::{BadSignature, Fields, Notice, NoticeError, SignType, XmlError, read_notice, xml};

use crate::common::{BOTH, OTHER_KEY, merchant, paid, signed, signed_by, with, without};

fn read(body: &str, sign_type: SignType) -> Result<Notice, NoticeError> {
    read_notice(body.as_bytes(), &merchant(), sign_type)
}

fn refused(message: &Fields) -> NoticeError {
    let errors = BOTH.map(|sign_type| read(&signed(message, sign_type), sign_type).unwrap_err());
    assert_eq!(errors[0], errors[1]);
    errors[0]
}

#[test]
fn forged_notices() {
    for sign_type in BOTH {
        let unsigned = read(&xml::write(&paid()), sign_type).unwrap_err();
        assert_eq!(unsigned, NoticeError::Signature(BadSignature::Missing));
        let other = read(&signed_by(&paid(), OTHER_KEY, sign_type), sign_type).unwrap_err();
        assert_eq!(other, NoticeError::Signature(BadSignature::Wrong));
        let cheaper = signed(&paid(), sign_type).replace("<total_fee>101<", "<total_fee>1<");
        assert_eq!(read(&cheaper, sign_type), Err(NoticeError::Signature(BadSignature::Wrong)));
    }
}

#[test]
fn notices_that_choose_a_weaker_signature() {
    let silent = signed(&paid(), SignType::Md5);
    let wrong = Err(NoticeError::Signature(BadSignature::Wrong));
    assert_eq!(read(&silent, SignType::HmacSha256), wrong);
    let loud = signed(&with(paid(), "sign_type", "MD5"), SignType::Md5);
    let other = Err(NoticeError::Signature(BadSignature::OtherSignType));
    assert_eq!(read(&loud, SignType::HmacSha256), other);
}

#[test]
fn notices_for_others() {
    assert_eq!(refused(&with(paid(), "appid", "wx1111111111111111")), NoticeError::ForeignAppid);
    assert_eq!(refused(&with(paid(), "mch_id", "1900000110")), NoticeError::ForeignMerchant);
}

#[test]
fn notices_that_lack_something() {
    for name in ["transaction_id", "out_trade_no", "total_fee", "openid", "trade_type", "time_end"] {
        assert_eq!(refused(&without(paid(), name)), NoticeError::Missing(name));
        assert_eq!(refused(&with(paid(), name, "")), NoticeError::Missing(name));
    }
    for name in ["return_code", "result_code", "appid", "mch_id"] {
        assert_eq!(refused(&without(paid(), name)), NoticeError::Missing(name));
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
        assert_eq!(refused(&with(paid(), field, value)), NoticeError::Malformed { field }, "{value}");
    }
}

#[test]
fn notices_that_failed_or_cannot_be_read() {
    assert_eq!(refused(&with(paid(), "return_code", "FAIL")), NoticeError::ReturnFail);
    assert_eq!(read("{}", SignType::Md5), Err(NoticeError::Xml(XmlError::StrayText)));
    let twice = signed(&paid(), SignType::Md5).replace("</xml>", "<total_fee>1</total_fee></xml>");
    assert_eq!(read(&twice, SignType::Md5), Err(NoticeError::Xml(XmlError::Duplicate)));
}

#[test]
fn labels_are_stable() {
    assert_eq!(NoticeError::Xml(XmlError::Doctype).label(), "xml");
    assert_eq!(NoticeError::Signature(BadSignature::Wrong).label(), "wrong_signature");
    assert_eq!(NoticeError::Malformed { field: "total_fee" }.label(), "malformed_field");
}
