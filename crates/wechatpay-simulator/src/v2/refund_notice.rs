//! Refund notices of API v2. They are not signed, and the content is encrypted.

use super::pay_notice::ANOTHER_TRANSACTION;
use super::req_info;
use super::xml::{self, XmlFields};
use crate::faults::Falsification;
use crate::timestamp;
use crate::trade::refund::{RefundEnding, RefundSource};
use crate::trade::{Refund, Trade};

/// The plain fields, the encrypted fields and the key.
#[derive(Debug, Clone)]
pub struct V2RefundNoticeContent {
    open: XmlFields,
    secret: XmlFields,
    key: String,
}

/// Builds the notice of a refund's end.
pub fn compose(trade: &Trade, refund: &Refund) -> V2RefundNoticeContent {
    let merchant = &trade.order.merchant;
    let open = [
        ("return_code", "SUCCESS".to_owned()),
        ("appid", merchant.appid.clone()),
        ("mch_id", merchant.mch_id.clone()),
        ("nonce_str", refund.nonce.clone()),
    ];
    let own = |(name, value): (&str, String)| (name.to_owned(), value);
    V2RefundNoticeContent {
        open: open.into_iter().map(own).collect(),
        secret: secret(trade, refund).into_iter().map(own).collect(),
        key: merchant.api_key.clone(),
    }
}

fn secret(trade: &Trade, refund: &Refund) -> Vec<(&'static str, String)> {
    let (total, fee) = (trade.paid_amount().to_string(), refund.request.amount.to_string());
    let cash = refund.cash.to_string();
    let mut fields = vec![
        ("transaction_id", trade.transaction_id().to_owned()),
        ("out_trade_no", trade.order.out_trade_no.clone()),
        ("refund_id", refund.refund_id.clone()),
        ("out_refund_no", refund.request.out_refund_no.clone()),
        ("total_fee", total),
        ("settlement_total_fee", trade.paid_cash().to_string()),
        ("refund_fee", fee),
        ("settlement_refund_fee", cash.clone()),
        ("cash_refund_fee", cash),
        ("refund_status", refund.state(refund.ends_ms).v2_status().to_owned()),
        ("refund_recv_accout", RECEIVER.to_owned()),
        ("refund_account", ACCOUNT.to_owned()),
        ("refund_request_source", source(refund.request.source).to_owned()),
    ];
    if refund.request.ending == RefundEnding::Success {
        fields.push(("success_time", timestamp::readable(refund.ends_ms)));
    }
    fields
}

/// The receiving account: the balance of the payer.
pub const RECEIVER: &str = "支付用户零钱";
/// The account that pays the refund.
pub const ACCOUNT: &str = "REFUND_SOURCE_RECHARGE_FUNDS";

fn source(source: RefundSource) -> &'static str {
    match source {
        RefundSource::Api => "API",
        RefundSource::Platform => "VENDOR_PLATFORM",
    }
}

impl V2RefundNoticeContent {
    /// The body of the request.
    pub fn body(&self, falsification: Option<Falsification>) -> String {
        let (mut open, mut secret) = (self.open.clone(), self.secret.clone());
        let mut key = self.key.as_str();
        match falsification {
            Some(Falsification::WrongAmount { amount }) => {
                secret.insert("refund_fee".to_owned(), amount.unwrap_or(1).to_string());
            }
            Some(Falsification::ForeignMerchant) => {
                open.insert("mch_id".to_owned(), "1230000109".to_owned());
            }
            Some(Falsification::ForeignAppid) => {
                open.insert("appid".to_owned(), "wx2421b1c4370ec43b".to_owned());
            }
            // There is no signature to break, so the content is encrypted with another key.
            Some(
                Falsification::BadSignature
                | Falsification::BadCiphertext
                | Falsification::WrongSerial
                | Falsification::StaleTimestamp
                | Falsification::SignTest,
            ) => key = "another key",
            Some(Falsification::ForeignTransaction) => {
                secret.insert("transaction_id".to_owned(), ANOTHER_TRANSACTION.to_owned());
            }
            Some(Falsification::NotPaid) => {
                secret.insert("refund_status".to_owned(), "CHANGE".to_owned());
            }
            Some(
                Falsification::WrongCurrency
                | Falsification::ForeignTrade
                | Falsification::ForeignTradeType
                | Falsification::TradeState(_),
            )
            | None => {}
        }
        let hidden = req_info::encrypt_text(&xml::write_root("root", &secret), key);
        open.insert("req_info".to_owned(), hidden);
        xml::write(&open)
    }
}
