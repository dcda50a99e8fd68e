//! The CPU cost of a payment: signing, writing and reading XML, and verifying a notice.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use wechatpay::bill::TradeBill;
use wechatpay::v2::{ApiKey, Fields, SignType, UnifiedOrder, V2Merchant, read_notice, sign, verify, xml};
use wechatpay::v3;

const KEY: &str = "0123456789abcdef0123456789ABCDEF";

fn merchant() -> V2Merchant {
    let api_key = ApiKey::new(KEY).expect("32 characters are a key");
    V2Merchant { appid: "wx0123456789abcdef".to_owned(), mch_id: "1900000001".to_owned(), api_key }
}

/// The signed fields of a success notice.
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

/// A trade bill with a thousand payments.
fn bill() -> String {
    let mut text = String::from(
        "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,\
         应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,\
         手续费,费率,订单金额,申请退款金额,费率备注\r\n",
    );
    for n in 0..1000 {
        text.push_str(&format!(
            "`2026-01-01 10:00:00,`wx0123456789abcdef,`1900000001,`0,`,`420000000020260101{n:010},`NO_{n:010},\
             `oUpF8uMEb4qRXf22hE3X68TekukE,`NATIVE,`SUCCESS,`OTHERS,`CNY,`88.00,`0.00,`0,`0,`0.00,`0.00,`,`,\
             `畅购,`,`0.52800,`0.60%,`88.00,`0.00,`\r\n"
        ));
    }
    text.push_str(
        "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n",
    );
    text.push_str("`1000,`88000.00,`0.00,`0.00,`528.00000,`88000.00,`0.00\r\n");
    text
}

fn bills(c: &mut Criterion) {
    let text = bill();
    c.bench_function("bill/trade, 1000 rows", |b| {
        b.iter(|| {
            let mut reader = TradeBill::new();
            let mut rows = 0;
            for piece in black_box(text.as_bytes()).chunks(16 * 1024) {
                rows += reader.push(piece).expect("the bill is good").len();
            }
            reader.finish().map(|totals| (rows, totals))
        });
    });
}

fn v3_order(c: &mut Criterion) {
    let pem = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).expect("a key").serialize_pem();
    let merchant = v3::V3Merchant {
        appid: "wx0123456789abcdef".to_owned(),
        mchid: "1900000001".to_owned(),
        serial_no: "40".repeat(20),
        private_key: v3::PrivateKey::from_pem(pem.as_bytes()).expect("a key"),
        api_v3_key: v3::ApiV3Key::new(KEY).expect("32 characters are a key"),
    };
    let order = v3::NativeOrder {
        description: "畅购订单".to_owned(),
        out_trade_no: "1234567890123456789".to_owned(),
        total: 8800,
        notify_url: "https://shop.example/api/weixin/pay/v3/notify".to_owned(),
        time_expire: 1_795_402_800_000,
        attach: None,
        payer_client_ip: None,
    };
    c.bench_function("v3 native/request", |b| b.iter(|| black_box(&order).request(&merchant)));
}

criterion_group!(benches, signing, messages, bills, v3_order);
criterion_main!(benches);
