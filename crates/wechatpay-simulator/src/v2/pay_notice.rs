//! The notice of a payment, and its falsifications.

use super::orderquery::payment_fields;
use super::sign::{self, SignType};
use super::xml::{self, Fields};
use crate::faults::Falsehood;
use crate::trade::{Payment, Trade};

/// What is told, signed, with what signed it, for the faults that must sign again.
#[derive(Debug, Clone)]
pub struct PayNotice {
    fields: Fields,
    key: String,
    sign_type: SignType,
}

/// The notice of a payment, byte for byte the same whenever it is composed.
pub fn compose(trade: &Trade, payment: &Payment, sign_type: SignType) -> PayNotice {
    let mut fields = fields(trade, payment, sign_type);
    let key = trade.order.merchant.api_key.clone();
    sign::seal(&mut fields, &key, sign_type);
    PayNotice { fields, key, sign_type }
}

fn fields(trade: &Trade, payment: &Payment, sign_type: SignType) -> Fields {
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
    // Receivers take MD5 for granted unless the notice says otherwise.
    match sign_type {
        SignType::Md5 => {}
        SignType::HmacSha256 => fields.push(("sign_type", "HMAC-SHA256".to_owned())),
    }
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

impl PayNotice {
    /// What is posted.
    pub fn body(&self, falsehood: Option<Falsehood>) -> String {
        let mut fields = self.fields.clone();
        if let Some(falsehood) = falsehood {
            falsify(&mut fields, falsehood, &self.key, self.sign_type);
        }
        xml::write(&fields)
    }
}

/// Makes signed fields that tell of a payment say something false.
pub fn falsify(fields: &mut Fields, falsehood: Falsehood, key: &str, sign_type: SignType) {
    match falsehood {
        Falsehood::WrongAmount { told } => tell_amount(fields, told),
        Falsehood::WrongCurrency => tell(fields, "fee_type", "USD"),
        Falsehood::ForeignMerchant => tell(fields, "mch_id", "1230000109"),
        Falsehood::ForeignAppid => tell(fields, "appid", "wx2421b1c4370ec43b"),
        Falsehood::ForeignTrade => tell(fields, "out_trade_no", "another"),
        Falsehood::ForeignTransaction => tell(fields, "transaction_id", ANOTHER_TRANSACTION),
        Falsehood::ForeignTradeType => tell(fields, "trade_type", "JSAPI"),
        Falsehood::NotPaid => not_paid(fields),
        Falsehood::TradeState(state) => tell_state(fields, state),
        // Only API v3 has what the others spoil.
        Falsehood::BadSignature
        | Falsehood::BadCiphertext
        | Falsehood::WrongSerial
        | Falsehood::StaleTimestamp
        | Falsehood::SignTest => return sign::break_signature(fields),
    }
    sign::seal(fields, key, sign_type);
}

/// Of a trade nobody made.
pub const ANOTHER_TRANSACTION: &str = "4200009999202601019999999999";

/// A query tells it by the trade's state, a notice by its result.
fn not_paid(fields: &mut Fields) {
    if fields.contains_key("trade_state") {
        return tell(fields, "trade_state", "PAYERROR");
    }
    tell(fields, "result_code", "FAIL");
    tell(fields, "err_code", "PAYERROR");
}

/// What a query tells of a payment it leaves away for a trade that has none.
fn tell_state(fields: &mut Fields, state: &str) {
    for name in ["transaction_id", "time_end", "openid", "bank_type", "total_fee", "cash_fee"] {
        fields.remove(name);
    }
    tell(fields, "trade_state", state);
}

/// One fen buys everything, if nobody compares.
fn tell_amount(fields: &mut Fields, told: Option<i64>) {
    let otherwise = if fields.get("total_fee").is_some_and(|fee| fee == "1") { 2 } else { 1 };
    let amount = told.unwrap_or(otherwise).to_string();
    tell(fields, "total_fee", &amount);
    tell(fields, "cash_fee", &amount);
}

fn tell(fields: &mut Fields, name: &str, value: &str) {
    fields.insert(name.to_owned(), value.to_owned());
}
