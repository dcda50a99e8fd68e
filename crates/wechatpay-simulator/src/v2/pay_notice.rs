//! Payment notices of API v2, and their falsified variants.

use super::orderquery::payment_fields;
use super::sign::{self, V2SignType};
use super::xml::{self, XmlFields};
use crate::faults::Falsification;
use crate::trade::{Payment, Trade};

/// The signed fields, with the key for faults that have to sign again.
#[derive(Debug, Clone)]
pub struct V2PayNoticeContent {
    fields: XmlFields,
    key: String,
    sign_type: V2SignType,
}

/// Builds the notice of a payment. It is always byte for byte the same.
pub fn compose(trade: &Trade, payment: &Payment, sign_type: V2SignType) -> V2PayNoticeContent {
    let mut fields = fields(trade, payment, sign_type);
    let key = trade.order.merchant.api_key.clone();
    sign::seal(&mut fields, &key, sign_type);
    V2PayNoticeContent { fields, key, sign_type }
}

fn fields(trade: &Trade, payment: &Payment, sign_type: V2SignType) -> XmlFields {
    let mut fields = vec![
        ("return_code", "SUCCESS".to_owned()),
        ("result_code", "SUCCESS".to_owned()),
        ("appid", trade.order.merchant.appid.clone()),
        ("mch_id", trade.order.merchant.mch_id.clone()),
        ("nonce_str", payment.nonce.clone()),
        ("out_trade_no", trade.order.out_trade_no.clone()),
    ];
    fields.extend(payment_fields(trade, payment));
    fields.extend(trade.terms.echo("device_info"));
    // Without a sign type, receivers assume MD5.
    match sign_type {
        V2SignType::Md5 => {}
        V2SignType::HmacSha256 => fields.push(("sign_type", "HMAC-SHA256".to_owned())),
    }
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

impl V2PayNoticeContent {
    /// The body of the request.
    pub fn body(&self, falsification: Option<Falsification>) -> String {
        let mut fields = self.fields.clone();
        if let Some(falsification) = falsification {
            falsify(&mut fields, falsification, &self.key, self.sign_type);
        }
        xml::write(&fields)
    }
}

/// Falsifies the signed fields of a payment.
pub fn falsify(fields: &mut XmlFields, falsification: Falsification, key: &str, sign_type: V2SignType) {
    match falsification {
        Falsification::WrongAmount { amount } => set_amount(fields, amount),
        Falsification::WrongCurrency => set(fields, "fee_type", "USD"),
        Falsification::ForeignMerchant => set(fields, "mch_id", "1230000109"),
        Falsification::ForeignAppid => set(fields, "appid", "wx2421b1c4370ec43b"),
        Falsification::ForeignTrade => set(fields, "out_trade_no", "another"),
        Falsification::ForeignTransaction => set(fields, "transaction_id", ANOTHER_TRANSACTION),
        Falsification::ForeignTradeType => set(fields, "trade_type", "JSAPI"),
        Falsification::NotPaid => not_paid(fields),
        Falsification::TradeState(state) => set_unpaid_state(fields, state),
        // The other falsifications exist only in API v3.
        Falsification::BadSignature
        | Falsification::BadCiphertext
        | Falsification::WrongSerial
        | Falsification::StaleTimestamp
        | Falsification::SignTest => return sign::break_signature(fields),
    }
    sign::seal(fields, key, sign_type);
}

/// A payment number that does not exist.
pub const ANOTHER_TRANSACTION: &str = "4200009999202601019999999999";

/// A query has a trade state, a notice has a result code.
fn not_paid(fields: &mut XmlFields) {
    if fields.contains_key("trade_state") {
        return set(fields, "trade_state", "PAYERROR");
    }
    set(fields, "result_code", "FAIL");
    set(fields, "err_code", "PAYERROR");
}

/// A query of an unpaid trade has no payment fields.
fn set_unpaid_state(fields: &mut XmlFields, state: &str) {
    for name in ["transaction_id", "time_end", "openid", "bank_type", "total_fee", "cash_fee"] {
        fields.remove(name);
    }
    set(fields, "trade_state", state);
}

/// By default one fen, to test whether the receiver compares amounts.
fn set_amount(fields: &mut XmlFields, amount: Option<i64>) {
    let otherwise = if fields.get("total_fee").is_some_and(|fee| fee == "1") { 2 } else { 1 };
    let amount = amount.unwrap_or(otherwise).to_string();
    set(fields, "total_fee", &amount);
    set(fields, "cash_fee", &amount);
}

fn set(fields: &mut XmlFields, name: &str, value: &str) {
    fields.insert(name.to_owned(), value.to_owned());
}
