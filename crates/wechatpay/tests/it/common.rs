//! The merchant and the messages shared by the tests.

use wechatpay::v2::{ApiKey, Fields, SignType, UnifiedOrder, V2Merchant, sign, xml};

pub const KEY: &str = "0123456789abcdef0123456789abcdef";
pub const OTHER_KEY: &str = "fedcba9876543210fedcba9876543210";
pub const NUMBER: &str = "NO_1234567890123456789";
pub const OPENID: &str = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o";
pub const BOTH: [SignType; 2] = [SignType::Md5, SignType::HmacSha256];

pub fn key() -> ApiKey {
    ApiKey::new(KEY).unwrap()
}

pub fn merchant() -> V2Merchant {
    V2Merchant { appid: "wx8888888888888888".into(), mch_id: "1900000109".into(), api_key: key() }
}

pub fn fields(pairs: &[(&str, &str)]) -> Fields {
    pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

/// A message from WeChat before it is signed.
pub fn from_wechat(pairs: &[(&str, &str)]) -> Fields {
    let mut message = fields(&[
        ("return_code", "SUCCESS"),
        ("result_code", "SUCCESS"),
        ("appid", "wx8888888888888888"),
        ("mch_id", "1900000109"),
        ("nonce_str", "abc"),
    ]);
    message.extend(fields(pairs));
    message
}

pub fn paid() -> Fields {
    from_wechat(&[
        ("transaction_id", "4200000000202601010000000001"),
        ("out_trade_no", NUMBER),
        ("total_fee", "101"),
        ("cash_fee", "100"),
        ("openid", OPENID),
        ("trade_type", "NATIVE"),
        ("bank_type", "OTHERS"),
        ("time_end", "20260101100000"),
        ("attach", "畅购 <1>"),
    ])
}

pub fn signed(message: &Fields, sign_type: SignType) -> String {
    signed_by(message, KEY, sign_type)
}

pub fn signed_by(message: &Fields, key: &str, sign_type: SignType) -> String {
    let mut message = message.clone();
    let signature = sign(&message, &ApiKey::new(key).unwrap(), sign_type);
    message.insert("sign".into(), signature);
    xml::write(&message)
}

pub fn with(mut message: Fields, name: &str, value: &str) -> Fields {
    message.insert(name.into(), value.into());
    message
}

pub fn without(mut message: Fields, name: &str) -> Fields {
    message.remove(name);
    message
}

pub fn order() -> UnifiedOrder {
    UnifiedOrder {
        body: "畅购-手机".into(),
        out_trade_no: NUMBER.into(),
        total_fee: 101,
        spbill_create_ip: "127.0.0.1".into(),
        notify_url: "http://127.0.0.1:9000/wx/notify".into(),
        product_id: "P1".into(),
        time_start: 1_767_232_800_000,
        time_expire: 1_767_240_000_000,
        attach: Some("a".into()),
        sign_type: SignType::HmacSha256,
    }
}
