//! What a payment costs before and after the network: signing, writing and
//! reading XML, and verifying a notice.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use wechatpay::v2::{ApiKey, Fields, Merchant, SignType, UnifiedOrder, read_notice, sign, verify, xml};

const KEY: &str = "0123456789abcdef0123456789ABCDEF";

fn merchant() -> Merchant {
    let api_key = ApiKey::new(KEY).expect("32 characters are a key");
    Merchant { appid: "wx0123456789abcdef".to_owned(), mch_id: "1900000001".to_owned(), api_key }
}

/// The fields of a notice of success, signed.
fn notice(sign_type: SignType) -> Fields {
    let pairs = [
        ("appid", "wx0123456789abcdef"),
        ("mch_id", "1900000001"),
        ("return_code", "SUCCESS"),
        ("result_code", "SUCCESS"),
        ("nonce_str", "5d2b6c2a8db53831f7eda20af46e531c"),
        ("openid", "oUpF8uMEb4qRXf22hE3X68TekukE"),
        ("is_subscribe", "N"),
        ("trade_type", "NATIVE"),
        ("bank_type", "OTHERS"),
        ("total_fee", "8800"),
        ("cash_fee", "8800"),
        ("fee_type", "CNY"),
        ("transaction_id", "4200001234202611240000000001"),
        ("out_trade_no", "1234567890123456789"),
        ("time_end", "20261124120000"),
        ("sign_type", sign_type.as_str()),
    ];
    let mut fields: Fields = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let signature = sign(&fields, &merchant().api_key, sign_type);
    fields.insert("sign".to_owned(), signature);
    fields
}

fn signing(c: &mut Criterion) {
    let key = merchant().api_key;
    for sign_type in [SignType::HmacSha256, SignType::Md5] {
        let fields = notice(sign_type);
        c.bench_function(&format!("sign/{}", sign_type.as_str()), |b| {
            b.iter(|| sign(black_box(&fields), &key, sign_type));
        });
        c.bench_function(&format!("verify/{}", sign_type.as_str()), |b| {
            b.iter(|| verify(black_box(&fields), &key, sign_type));
        });
    }
}

fn messages(c: &mut Criterion) {
    let (merchant, fields) = (merchant(), notice(SignType::HmacSha256));
    let text = xml::write(&fields);
    c.bench_function("xml/write", |b| b.iter(|| xml::write(black_box(&fields))));
    c.bench_function("xml/read", |b| b.iter(|| xml::read(black_box(text.as_bytes()))));
    read_notice(text.as_bytes(), &merchant, SignType::HmacSha256).expect("the notice is good");
    c.bench_function("notice/read and verify", |b| {
        b.iter(|| read_notice(black_box(text.as_bytes()), &merchant, SignType::HmacSha256));
    });
    let order = UnifiedOrder {
        body: "畅购订单 NO.1234567890123456789".to_owned(),
        out_trade_no: "1234567890123456789".to_owned(),
        total_fee: 8800,
        spbill_create_ip: "127.0.0.1".to_owned(),
        notify_url: "https://shop.example/api/weixin/pay/notify/url".to_owned(),
        product_id: "NO.1234567890123456789".to_owned(),
        time_start: 1_795_399_200_000,
        time_expire: 1_795_402_800_000,
        attach: None,
        sign_type: SignType::HmacSha256,
    };
    c.bench_function("unifiedorder/request", |b| b.iter(|| black_box(&order).request(&merchant)));
}

criterion_group!(benches, signing, messages);
criterion_main!(benches);
