//! Notices that are accepted.

use wechatpay::v2::{ACK, V2Notice, claimed_out_trade_no, read_notice, refusal_body, xml};

use crate::common::{BOTH, NUMBER, OPENID, fields, from_wechat, merchant, paid, signed, with, without};

#[test]
fn a_payment_is_read_whole() {
    for sign_type in BOTH {
        let Ok(V2Notice::Paid(payment)) =
            read_notice(signed(&paid(), sign_type).as_bytes(), &merchant(), sign_type)
        else {
            panic!("the notice is good")
        };
        assert_eq!(payment.transaction_id, "4200000000202601010000000001");
        assert_eq!(payment.out_trade_no, NUMBER);
        assert_eq!((payment.total_fee, payment.cash_fee), (101, Some(100)));
        assert_eq!((payment.fee_type.as_str(), payment.trade_type.as_str()), ("CNY", "NATIVE"));
        assert_eq!((payment.openid.as_str(), payment.bank_type.as_str()), (OPENID, "OTHERS"));
        assert_eq!(payment.time_end, 1_767_232_800_000);
        assert_eq!(payment.attach.as_deref(), Some("畅购 <1>"));
        assert_eq!((payment.appid, payment.mch_id), (merchant().appid, merchant().mch_id));
    }
}

#[test]
fn what_may_be_absent_may_be_absent() {
    for sign_type in BOTH {
        let bare = ["attach", "cash_fee", "bank_type"].into_iter().fold(paid(), without);
        let bare = with(with(bare, "fee_type", "USD"), "sign_type", sign_type.as_str());
        let notice = read_notice(signed(&bare, sign_type).as_bytes(), &merchant(), sign_type);
        let Ok(V2Notice::Paid(payment)) = notice else { panic!("the notice is good") };
        assert_eq!((payment.attach, payment.cash_fee, payment.bank_type), (None, None, String::new()));
        assert_eq!(payment.fee_type, "USD");
    }
}

#[test]
fn a_signed_failure_is_no_payment() {
    for sign_type in BOTH {
        let failed = with(with(paid(), "result_code", "FAIL"), "err_code", "SYSTEMERROR");
        let notice = read_notice(signed(&failed, sign_type).as_bytes(), &merchant(), sign_type);
        let expected = V2Notice::NotPaid { out_trade_no: Some(NUMBER.into()), code: "SYSTEMERROR".into() };
        assert_eq!(notice, Ok(expected));
        let bare = from_wechat(&[("result_code", "FAIL")]);
        let notice = read_notice(signed(&bare, sign_type).as_bytes(), &merchant(), sign_type);
        assert_eq!(notice, Ok(V2Notice::NotPaid { out_trade_no: None, code: String::new() }));
    }
}

#[test]
fn the_claimed_number_is_only_given_when_it_could_be_ours() {
    assert_eq!(claimed_out_trade_no(xml::write(&paid()).as_bytes()).as_deref(), Some(NUMBER));
    for number in ["", "1", "' OR 1=1 --", "../../../etc"] {
        let claimed = claimed_out_trade_no(xml::write(&with(paid(), "out_trade_no", number)).as_bytes());
        assert_eq!(claimed, None, "{number}");
    }
    assert_eq!(claimed_out_trade_no(b"<xml><out_trade_no>NO_123456"), None);
}

#[test]
fn replies_are_what_wechat_reads() {
    let ok = fields(&[("return_code", "SUCCESS"), ("return_msg", "OK")]);
    assert_eq!(xml::read(ACK.as_bytes()), Ok(ok));
    let no = fields(&[("return_code", "FAIL"), ("return_msg", "no ]]> <such> order")]);
    assert_eq!(xml::read(refusal_body("no ]]> <such> order").as_bytes()), Ok(no));
}
