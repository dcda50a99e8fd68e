//! Refund notices: encrypted, not signed.

use aws_lc_rs::cipher::{AES_256, PaddedBlockEncryptingKey, UnboundCipherKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use proptest::prelude::*;
use wechatpay::v2::{
    Fields, V2NoticeError, V2RefundStatus, XmlError, is_refund_notice, read_refund_notice, xml,
};

use crate::common::{KEY, NUMBER, OTHER_KEY, fields, from_wechat, merchant, paid, with, without};

fn inside() -> Fields {
    fields(&[
        ("out_refund_no", "R_1@1"),
        ("refund_id", "50000000382019052709732678859"),
        ("out_trade_no", NUMBER),
        ("transaction_id", "4200000000202601010000000001"),
        ("total_fee", "101"),
        ("refund_fee", "100"),
        ("settlement_refund_fee", "99"),
        ("refund_status", "SUCCESS"),
        ("success_time", "2026-01-01 10:00:00"),
        ("refund_recv_accout", "支付用户零钱"),
        ("refund_request_source", "API"),
    ])
}

/// A whole notice with the content `plain`, encrypted with `key`.
pub fn notice_by(key: &str, plain: &str) -> Vec<u8> {
    let digest: String = Md5::digest(key).iter().map(|byte| format!("{byte:02x}")).collect();
    let unbound = UnboundCipherKey::new(&AES_256, digest.as_bytes()).unwrap();
    let mut bytes = plain.as_bytes().to_vec();
    PaddedBlockEncryptingKey::ecb_pkcs7(unbound).unwrap().encrypt(&mut bytes).unwrap();
    outer(&STANDARD.encode(bytes))
}

fn outer(req_info: &str) -> Vec<u8> {
    xml::write(&without(from_wechat(&[("req_info", req_info)]), "result_code")).into_bytes()
}

fn rooted(fields: &Fields) -> String {
    let text = xml::write(fields);
    format!("<root>{}</root>", text.trim_start_matches("<xml>").trim_end_matches("</xml>"))
}

fn notice(fields: &Fields) -> Vec<u8> {
    notice_by(KEY, &rooted(fields))
}

fn refused(body: &[u8]) -> V2NoticeError {
    read_refund_notice(body, &merchant()).expect_err("the notice must be refused")
}

#[test]
fn a_refund_is_read_whole() {
    let read = read_refund_notice(&notice(&inside()), &merchant()).unwrap();
    assert_eq!((read.out_refund_no.as_str(), read.out_trade_no.as_str()), ("R_1@1", NUMBER));
    assert_eq!((read.total_fee, read.refund_fee, read.settlement_refund_fee), (101, 100, Some(99)));
    assert_eq!((read.status, read.success_time), (V2RefundStatus::Success, Some(1_767_232_800_000)));
    assert_eq!(read.request_source.as_deref(), Some("API"));
}

#[test]
fn the_other_ends_are_told_apart() {
    for (text, status) in [("CHANGE", V2RefundStatus::Change), ("REFUNDCLOSE", V2RefundStatus::Closed)] {
        let read = read_refund_notice(&notice(&with(inside(), "refund_status", text)), &merchant()).unwrap();
        assert_eq!((read.status, read.success_time), (status, None));
    }
    for text in ["PROCESSING", "DONE"] {
        let error = refused(&notice(&with(inside(), "refund_status", text)));
        assert_eq!(error, V2NoticeError::Malformed { field: "refund_status" });
    }
}

#[test]
fn notices_of_others_are_refused() {
    assert_eq!(refused(&notice_by(OTHER_KEY, &rooted(&inside()))), V2NoticeError::Undecryptable);
    let bytes = xml::read(&notice(&inside())).unwrap();
    for (name, error) in [("appid", V2NoticeError::ForeignAppid), ("mch_id", V2NoticeError::ForeignMerchant)]
    {
        assert_eq!(refused(xml::write(&with(bytes.clone(), name, "1")).as_bytes()), error);
    }
    let failed = with(bytes, "return_code", "FAIL");
    assert_eq!(refused(xml::write(&failed).as_bytes()), V2NoticeError::ReturnFail);
}

#[test]
fn what_does_not_decrypt_is_refused() {
    for text in ["AAAA", "AAAAAAAAAAAAAAAAAAAAAA==", "not base64", "A", "===="] {
        assert_eq!(refused(&outer(text)), V2NoticeError::Undecryptable, "{text}");
    }
    assert_eq!(refused(&outer("")), V2NoticeError::Missing("req_info"));
}

#[test]
fn the_inside_is_read_strictly() {
    let twice = "<root><refund_fee>1</refund_fee><refund_fee>100</refund_fee></root>";
    assert_eq!(refused(&notice_by(KEY, twice)), V2NoticeError::Xml(XmlError::Duplicate));
    let xxe = "<!DOCTYPE r [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><root><a>&e;</a></root>";
    assert_eq!(refused(&notice_by(KEY, xxe)), V2NoticeError::Xml(XmlError::Doctype));
    assert_eq!(refused(&notice_by(KEY, "<xml/>")), V2NoticeError::Xml(XmlError::Root));
    for name in ["out_refund_no", "refund_id", "out_trade_no", "transaction_id", "refund_fee", "total_fee"] {
        assert_eq!(refused(&notice(&without(inside(), name))), V2NoticeError::Missing(name));
    }
    for fee in ["-1", "1.00", "099", " 1"] {
        let error = refused(&notice(&with(inside(), "refund_fee", fee)));
        assert_eq!(error, V2NoticeError::Malformed { field: "refund_fee" }, "{fee}");
    }
}

#[test]
fn refund_notices_are_known_by_their_looks() {
    assert!(is_refund_notice(&notice(&inside())));
    assert!(!is_refund_notice(xml::write(&paid()).as_bytes()));
    assert!(!is_refund_notice(b"{}"));
}

proptest! {
    #[test]
    fn no_ciphertext_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_refund_notice(&bytes, &merchant());
        let _ = read_refund_notice(&outer(&STANDARD.encode(&bytes)), &merchant());
    }

    #[test]
    fn no_plaintext_makes_it_panic(plain in any::<String>(), inside in "[<>/a-z_&;!\\[\\]]{0,60}") {
        let _ = read_refund_notice(&notice_by(KEY, &plain), &merchant());
        let _ = read_refund_notice(&notice_by(KEY, &format!("<root>{inside}</root>")), &merchant());
    }
}
