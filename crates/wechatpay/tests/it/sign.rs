//! A signature is valid for one message, one key and one sign type.

use proptest::prelude::*;
use wechatpay::v2::{
    ApiKey, Fields, SignType, UnknownSignType, V2SignatureError, sign, string_to_sign, verify,
};

use crate::common::{BOTH, OTHER_KEY, fields, key, with, without};

fn signed(mut message: Fields, sign_type: SignType) -> Fields {
    message.insert("sign".into(), sign(&message, &key(), sign_type));
    message
}

fn wrong(message: &Fields, sign_type: SignType) -> bool {
    verify(message, &key(), sign_type) == Err(V2SignatureError::Wrong)
}

#[test]
fn zero_is_signed_and_empty_is_not() {
    let message = fields(&[("b", "0"), ("a", ""), ("B", "x"), ("sign", "old")]);
    assert!(string_to_sign(&message, &key()).starts_with("B=x&b=0&key="));
}

#[test]
fn a_message_without_signature_is_refused() {
    for message in [fields(&[("a", "1")]), fields(&[("a", "1"), ("sign", "")])] {
        assert_eq!(verify(&message, &key(), SignType::Md5), Err(V2SignatureError::Missing));
    }
}

#[test]
fn another_key_is_refused() {
    let other = ApiKey::new(OTHER_KEY).unwrap();
    for sign_type in BOTH {
        let message = signed(fields(&[("a", "1")]), sign_type);
        assert_eq!(verify(&message, &other, sign_type), Err(V2SignatureError::Wrong));
    }
}

#[test]
fn a_message_cannot_choose_its_sign_type() {
    for named in ["MD5", "md5", "HMAC-SHA1", "none"] {
        let message = signed(fields(&[("a", "1"), ("sign_type", named)]), SignType::Md5);
        assert_eq!(verify(&message, &key(), SignType::HmacSha256), Err(V2SignatureError::OtherSignType));
    }
    let silent = signed(fields(&[("a", "1")]), SignType::Md5);
    assert!(wrong(&silent, SignType::HmacSha256));
}

#[test]
fn signatures_are_upper_case_and_whole() {
    let message = signed(fields(&[("a", "1")]), SignType::Md5);
    let signature = message["sign"].clone();
    for other in [signature.to_lowercase(), signature[..31].into(), format!("{signature}0")] {
        assert!(wrong(&with(message.clone(), "sign", &other), SignType::Md5));
    }
}

#[test]
fn sign_types_are_spelled_exactly() {
    for sign_type in BOTH {
        assert_eq!(sign_type.as_str().parse(), Ok(sign_type));
    }
    assert_eq!("md5".parse::<SignType>(), Err(UnknownSignType));
}

fn messages() -> impl Strategy<Value = Fields> {
    prop::collection::btree_map("[a-rt-z][a-z_]{0,8}", "[^&=]{1,12}", 1..8)
}

proptest! {
    #[test]
    fn a_signed_message_verifies(message in messages(), which in 0..2usize) {
        prop_assert_eq!(verify(&signed(message, BOTH[which]), &key(), BOTH[which]), Ok(()));
    }

    #[test]
    fn any_one_change_is_noticed(
        message in messages(), at: prop::sample::Index, value in "[^&=]{1,12}", which in 0..2usize,
    ) {
        let name = message.keys().nth(at.index(message.len())).unwrap().clone();
        prop_assume!(message[&name] != value);
        let message = signed(message, BOTH[which]);
        prop_assert!(wrong(&with(message.clone(), &name, &value), BOTH[which]));
        prop_assert!(wrong(&with(message.clone(), &name, ""), BOTH[which]));
        prop_assert!(wrong(&without(message.clone(), &name), BOTH[which]));
        prop_assert!(wrong(&with(message, "zzzzzzzzzzz", &value), BOTH[which]));
    }
}
