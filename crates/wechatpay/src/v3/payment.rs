//! A payment, as notices and queries tell of it.

use std::fmt;

use serde::Deserialize;

use super::json::{amount, moment, optional_amount, token, token_or};
use crate::field_error::Fault;
use crate::redact::masked;

/// A payment that was made (pay.weixin.qq.com, docs `4012791879` and `4012791882`), from a signed
/// message.
#[derive(Clone, PartialEq, Eq)]
pub struct Payment {
    /// WeChat's number of the payment, at most 32 printable ASCII characters.
    pub transaction_id: String,
    /// Our number, at most 32 printable ASCII characters.
    pub out_trade_no: String,
    /// The price in fen. Compare this with the order, not `payer_total`.
    pub total: i64,
    /// The currency; `CNY` when the message has none.
    pub currency: String,
    /// What the payer gave in fen, coupons taken off.
    pub payer_total: Option<i64>,
    /// The payer under this appid, at most 128 printable ASCII characters; empty when the message has
    /// none.
    pub openid: String,
    /// How it was paid, such as `NATIVE`.
    pub trade_type: String,
    /// The bank's short name; empty when the message has none.
    pub bank_type: String,
    /// When it was paid, UTC ms in whole seconds.
    pub success_time: i64,
    /// What the order carried in `attach`.
    pub attach: Option<String>,
    /// The app it was paid under.
    pub appid: String,
    /// The merchant it was paid to.
    pub mchid: String,
}

impl Payment {
    pub(crate) fn of(transaction: Transaction) -> Result<Payment, Fault> {
        let money = transaction.amount.ok_or(Fault::Missing("amount"))?;
        let openid = transaction.payer.and_then(|payer| payer.openid);
        Ok(Payment {
            transaction_id: token(transaction.transaction_id, "transaction_id", 32)?,
            out_trade_no: token(transaction.out_trade_no, "out_trade_no", 32)?,
            total: amount(money.total, "amount.total")?,
            currency: token_or(money.currency, "amount.currency", 16, "CNY")?,
            payer_total: optional_amount(money.payer_total, "amount.payer_total")?,
            openid: token_or(openid, "payer.openid", 128, "")?,
            trade_type: token(transaction.trade_type, "trade_type", 16)?,
            bank_type: token_or(transaction.bank_type, "bank_type", 32, "")?,
            success_time: moment(transaction.success_time.as_deref(), "success_time")?,
            attach: transaction.attach.filter(|text| !text.is_empty()),
            appid: token(transaction.appid, "appid", 32)?,
            mchid: token(transaction.mchid, "mchid", 32)?,
        })
    }
}

/// A transaction as it travels, in answers and in notices.
#[derive(Deserialize)]
pub(crate) struct Transaction {
    pub(crate) appid: Option<String>,
    pub(crate) mchid: Option<String>,
    pub(crate) out_trade_no: Option<String>,
    pub(crate) transaction_id: Option<String>,
    pub(crate) trade_state: Option<String>,
    trade_type: Option<String>,
    bank_type: Option<String>,
    attach: Option<String>,
    success_time: Option<String>,
    payer: Option<Payer>,
    amount: Option<Amount>,
}

#[derive(Deserialize)]
struct Payer {
    openid: Option<String>,
}

#[derive(Deserialize)]
struct Amount {
    total: Option<i64>,
    payer_total: Option<i64>,
    currency: Option<String>,
}

/// Everything but the payer, of whom only the first characters are shown.
impl fmt::Debug for Payment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payment")
            .field("transaction_id", &self.transaction_id)
            .field("out_trade_no", &self.out_trade_no)
            .field("total", &self.total)
            .field("currency", &self.currency)
            .field("payer_total", &self.payer_total)
            .field("openid", &masked(&self.openid))
            .field("trade_type", &self.trade_type)
            .field("bank_type", &self.bank_type)
            .field("success_time", &self.success_time)
            .field("attach", &self.attach)
            .field("appid", &self.appid)
            .field("mchid", &self.mchid)
            .finish()
    }
}
