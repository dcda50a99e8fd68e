//! The notice of a refund: nothing is signed, and what matters is encrypted.

use super::pay_notice::ANOTHER_TRANSACTION;
use super::req_info;
use super::xml::{self, Fields};
use crate::faults::Falsehood;
use crate::timestamp;
use crate::trade::refund::{Course, Source};
use crate::trade::{Refund, Trade};

/// What is told openly, what is told in secret, and the key that hides it.
#[derive(Debug, Clone)]
pub struct RefundNotice {
    open: Fields,
    secret: Fields,
    key: String,
}

/// The notice of how a refund ends.
pub fn compose(trade: &Trade, refund: &Refund) -> RefundNotice {
    let merchant = &trade.order.merchant;
    let open = [
        ("return_code", "SUCCESS".to_owned()),
        ("appid", merchant.appid.clone()),
        ("mch_id", merchant.mch_id.clone()),
        ("nonce_str", refund.nonce.clone()),
    ];
    let own = |(name, value): (&str, String)| (name.to_owned(), value);
    RefundNotice {
        open: open.into_iter().map(own).collect(),
        secret: secret(trade, refund).into_iter().map(own).collect(),
        key: merchant.api_key.clone(),
    }
}

fn secret(trade: &Trade, refund: &Refund) -> Vec<(&'static str, String)> {
    let (total, fee) = (trade.paid_amount().to_string(), refund.wish.amount.to_string());
    let cash = refund.cash.to_string();
    let mut fields = vec![
        ("transaction_id", trade.transaction_id().to_owned()),
        ("out_trade_no", trade.order.out_trade_no.clone()),
        ("refund_id", refund.refund_id.clone()),
        ("out_refund_no", refund.wish.out_refund_no.clone()),
        ("total_fee", total),
        ("settlement_total_fee", trade.paid_cash().to_string()),
        ("refund_fee", fee),
        ("settlement_refund_fee", cash.clone()),
        ("cash_refund_fee", cash),
        ("refund_status", refund.state(refund.ends_ms).v2().to_owned()),
        ("refund_recv_accout", RECEIVER.to_owned()),
        ("refund_account", ACCOUNT.to_owned()),
        ("refund_request_source", source(refund.wish.source).to_owned()),
    ];
    if refund.wish.course == Course::Succeeds {
        fields.push(("success_time", timestamp::readable(refund.ends_ms)));
    }
    fields
}

/// Where the money goes: the payer's purse.
pub const RECEIVER: &str = "支付用户零钱";
/// Where it is taken from.
pub const ACCOUNT: &str = "REFUND_SOURCE_RECHARGE_FUNDS";

fn source(source: Source) -> &'static str {
    match source {
        Source::Api => "API",
        Source::Platform => "VENDOR_PLATFORM",
    }
}

impl RefundNotice {
    /// What is posted.
    pub fn body(&self, falsehood: Option<Falsehood>) -> String {
        let (mut open, mut secret) = (self.open.clone(), self.secret.clone());
        let mut key = self.key.as_str();
        match falsehood {
            Some(Falsehood::WrongAmount { told }) => {
                secret.insert("refund_fee".to_owned(), told.unwrap_or(1).to_string());
            }
            Some(Falsehood::ForeignMerchant) => {
                open.insert("mch_id".to_owned(), "1230000109".to_owned());
            }
            Some(Falsehood::ForeignAppid) => {
                open.insert("appid".to_owned(), "wx2421b1c4370ec43b".to_owned());
            }
            // There is no signature to break: the nearest is to hide it with a key that is not the merchant's.
            Some(
                Falsehood::BadSignature
                | Falsehood::BadCiphertext
                | Falsehood::WrongSerial
                | Falsehood::StaleTimestamp
                | Falsehood::SignTest,
            ) => key = "another key",
            Some(Falsehood::ForeignTransaction) => {
                secret.insert("transaction_id".to_owned(), ANOTHER_TRANSACTION.to_owned());
            }
            Some(Falsehood::NotPaid) => {
                secret.insert("refund_status".to_owned(), "CHANGE".to_owned());
            }
            Some(
                Falsehood::WrongCurrency
                | Falsehood::ForeignTrade
                | Falsehood::ForeignTradeType
                | Falsehood::TradeState(_),
            )
            | None => {}
        }
        let hidden = req_info::conceal(&xml::write_root("root", &secret), key);
        open.insert("req_info".to_owned(), hidden);
        xml::write(&open)
    }
}
