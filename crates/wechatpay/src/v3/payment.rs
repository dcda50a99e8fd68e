//! A payment, as reported by notices and queries.

use std::fmt;

use serde::Deserialize;

use super::json::{amount, optional_amount, timestamp, token, token_or_default};
use crate::field_error::FieldError;
use crate::redact::redact_openid;

/// A completed payment from a signed message (pay.weixin.qq.com, docs `4012791879` and `4012791882`).
#[derive(Clone, PartialEq, Eq)]
pub struct V3Payment {
    /// WeChat's payment number, at most 32 printable ASCII characters.
    pub transaction_id: String,
    /// The merchant's order number, at most 32 printable ASCII characters.
    pub out_trade_no: String,
    /// The price in fen. Compare this with the order, not `payer_total`.
    pub total: i64,
    /// The currency; `CNY` if the message has none.
    pub currency: String,
    /// The amount paid by the payer in fen, without coupons.
    pub payer_total: Option<i64>,
    /// The openid of the payer under this appid, at most 128 printable ASCII characters; empty if the
    /// message has none.
    pub openid: String,
    /// The trade type, such as `NATIVE`.
    pub trade_type: String,
    /// The bank code; empty if the message has none.
    pub bank_type: String,
    /// When the payment was made, UTC ms in whole seconds.
    pub success_time: i64,
    /// The `attach` value of the order.
    pub attach: Option<String>,
    /// The appid of the payment.
    pub appid: String,
    /// The merchant number of the payment.
    pub mchid: String,
}

impl V3Payment {
    pub(crate) fn from_body(transaction: TransactionBody) -> Result<V3Payment, FieldError> {
        let money = transaction.amount.ok_or(FieldError::Missing("amount"))?;
        let openid = transaction.payer.and_then(|payer| payer.openid);
        Ok(V3Payment {
            transaction_id: token(transaction.transaction_id, "transaction_id", 32)?,
            out_trade_no: token(transaction.out_trade_no, "out_trade_no", 32)?,
            total: amount(money.total, "amount.total")?,
            currency: token_or_default(money.currency, "amount.currency", 16, "CNY")?,
            payer_total: optional_amount(money.payer_total, "amount.payer_total")?,
            openid: token_or_default(openid, "payer.openid", 128, "")?,
            trade_type: token(transaction.trade_type, "trade_type", 16)?,
            bank_type: token_or_default(transaction.bank_type, "bank_type", 32, "")?,
            success_time: timestamp(transaction.success_time.as_deref(), "success_time")?,
            attach: transaction.attach.filter(|text| !text.is_empty()),
            appid: token(transaction.appid, "appid", 32)?,
            mchid: token(transaction.mchid, "mchid", 32)?,
        })
    }
}

/// A transaction in JSON, in responses and notices.
#[derive(Deserialize)]
pub(crate) struct TransactionBody {
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

/// Redacts the openid.
impl fmt::Debug for V3Payment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("V3Payment")
            .field("transaction_id", &self.transaction_id)
            .field("out_trade_no", &self.out_trade_no)
            .field("total", &self.total)
            .field("currency", &self.currency)
            .field("payer_total", &self.payer_total)
            .field("openid", &redact_openid(&self.openid))
            .field("trade_type", &self.trade_type)
            .field("bank_type", &self.bank_type)
            .field("success_time", &self.success_time)
            .field("attach", &self.attach)
            .field("appid", &self.appid)
            .field("mchid", &self.mchid)
            .finish()
    }
}
