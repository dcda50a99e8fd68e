//! A payment, as reported by notices and queries.

use std::fmt;

use super::Fields;
use super::fields::{amount, non_empty, optional_amount, required, timestamp, token, token_or_default};
use crate::field_error::FieldError;
use crate::redact::redact_openid;

/// A completed payment from a signed message (pay.weixin.qq.com, chapters `9_2` and `9_7`).
#[derive(Clone, PartialEq, Eq)]
pub struct V2Payment {
    /// WeChat's payment number, at most 32 printable ASCII characters.
    pub transaction_id: String,
    /// The merchant's order number, at most 32 printable ASCII characters.
    pub out_trade_no: String,
    /// The price in fen. Compare this with the order, not `cash_fee`.
    pub total_fee: i64,
    /// The currency; `CNY` if the message has none.
    pub fee_type: String,
    /// The amount paid by the payer in fen, without coupons.
    pub cash_fee: Option<i64>,
    /// The openid of the payer under this appid, at most 128 printable ASCII characters.
    pub openid: String,
    /// The trade type, such as `NATIVE`.
    pub trade_type: String,
    /// The bank code; empty if the message has none.
    pub bank_type: String,
    /// When the payment was made, UTC ms in whole seconds.
    pub time_end: i64,
    /// The `attach` value of the order.
    pub attach: Option<String>,
    /// The appid of the payment.
    pub appid: String,
    /// The merchant number of the payment.
    pub mch_id: String,
}

impl V2Payment {
    pub(crate) fn from_fields(fields: &Fields) -> Result<V2Payment, FieldError> {
        Ok(V2Payment {
            transaction_id: token(fields, "transaction_id", 32)?,
            out_trade_no: token(fields, "out_trade_no", 32)?,
            total_fee: amount(fields, "total_fee")?,
            fee_type: token_or_default(fields, "fee_type", 16, "CNY")?,
            cash_fee: optional_amount(fields, "cash_fee")?,
            openid: token(fields, "openid", 128)?,
            trade_type: token(fields, "trade_type", 16)?,
            bank_type: token_or_default(fields, "bank_type", 32, "")?,
            time_end: timestamp(fields, "time_end")?,
            attach: non_empty(fields, "attach").map(str::to_owned),
            appid: required(fields, "appid")?.to_owned(),
            mch_id: required(fields, "mch_id")?.to_owned(),
        })
    }
}

/// Redacts the openid.
impl fmt::Debug for V2Payment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("V2Payment")
            .field("transaction_id", &self.transaction_id)
            .field("out_trade_no", &self.out_trade_no)
            .field("total_fee", &self.total_fee)
            .field("fee_type", &self.fee_type)
            .field("cash_fee", &self.cash_fee)
            .field("openid", &redact_openid(&self.openid))
            .field("trade_type", &self.trade_type)
            .field("bank_type", &self.bank_type)
            .field("time_end", &self.time_end)
            .field("attach", &self.attach)
            .field("appid", &self.appid)
            .field("mch_id", &self.mch_id)
            .finish()
    }
}
