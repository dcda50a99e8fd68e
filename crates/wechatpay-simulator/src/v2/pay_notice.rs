//! The notice of a payment, and its falsifications.

use super::orderquery::payment_fields;
use super::sign::{self, SignType};
use super::xml::Fields;
use crate::faults::NoticeFault;
use crate::notice::Notice;
use crate::trade::{Fate, Payment, Trade};

/// The notice of a paid trade, byte for byte the same whenever it is composed; nothing for a trade that is not paid.
pub fn compose(trade: &Trade) -> Option<Notice> {
    let Fate::Paid(payment) = &trade.fate else {
        return None;
    };
    let mut fields = fields(trade, payment);
    sign::seal(&mut fields, &trade.order.merchant.api_key, trade.terms.sign_type);
    Some(Notice {
        out_trade_no: trade.order.out_trade_no.clone(),
        transaction_id: payment.transaction_id.clone(),
        url: trade.order.notify_url.clone(),
        fields,
        key: trade.order.merchant.api_key.clone(),
        sign_type: trade.terms.sign_type,
    })
}

fn fields(trade: &Trade, payment: &Payment) -> Fields {
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
    match trade.terms.sign_type {
        SignType::Md5 => {}
        SignType::HmacSha256 => fields.push(("sign_type", "HMAC-SHA256".to_owned())),
    }
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What the notice says under a fault that changes what it says.
pub fn falsified(notice: &Notice, fault: NoticeFault) -> Option<Fields> {
    let mut fields = notice.fields.clone();
    match fault {
        NoticeFault::WrongAmount { told } => tell_amount(&mut fields, told),
        NoticeFault::WrongCurrency => tell(&mut fields, "fee_type", "USD"),
        NoticeFault::ForeignMerchant => tell(&mut fields, "mch_id", "1230000109"),
        NoticeFault::ForeignAppid => tell(&mut fields, "appid", "wx2421b1c4370ec43b"),
        NoticeFault::BadSignature => {
            sign::break_signature(&mut fields);
            return Some(fields);
        }
        NoticeFault::Drop
        | NoticeFault::Delay { .. }
        | NoticeFault::Duplicate { .. }
        | NoticeFault::Reorder => return None,
    }
    sign::seal(&mut fields, &notice.key, notice.sign_type);
    Some(fields)
}

/// One fen buys everything, if nobody compares.
fn tell_amount(fields: &mut Fields, told: Option<i64>) {
    let otherwise = if fields["total_fee"] == "1" { 2 } else { 1 };
    let amount = told.unwrap_or(otherwise).to_string();
    tell(fields, "total_fee", &amount);
    tell(fields, "cash_fee", &amount);
}

fn tell(fields: &mut Fields, name: &str, value: &str) {
    fields.insert(name.to_owned(), value.to_owned());
}
