//! A payment, as notices and queries tell of it.

use std::fmt;

use super::Fields;
use super::fields::{amount, moment, optional_amount, present, required, token, token_or};
use crate::field_error::Fault;
use crate::redact::masked;

/// A payment that was made (pay.weixin.qq.com, chapters `9_2` and `9_7`), from a signed message.
#[derive(Clone, PartialEq, Eq)]
pub struct Payment {
    /// WeChat's number of the payment, at most 32 printable ASCII characters.
    pub transaction_id: String,
    /// Our number, at most 32 printable ASCII characters.
    pub out_trade_no: String,
    /// The price in fen. Compare this with the order, not `cash_fee`.
    pub total_fee: i64,
    /// The currency; `CNY` when the message has none.
    pub fee_type: String,
    /// What the payer gave in fen, coupons taken off.
    pub cash_fee: Option<i64>,
    /// The payer under this appid, at most 128 printable ASCII characters.
    pub openid: String,
    /// How it was paid, such as `NATIVE`.
    pub trade_type: String,
    /// The bank's short name; empty when the message has none.
    pub bank_type: String,
    /// When it was paid, UTC ms in whole seconds.
    pub time_end: i64,
    /// What the order carried in `attach`.
    pub attach: Option<String>,
    /// The app it was paid under.
    pub appid: String,
    /// The merchant it was paid to.
    pub mch_id: String,
}

impl Payment {
    pub(crate) fn from_fields(fields: &Fields) -> Result<Payment, Fault> {
        Ok(Payment {
            transaction_id: token(fields, "transaction_id", 32)?,
            out_trade_no: token(fields, "out_trade_no", 32)?,
            total_fee: amount(fields, "total_fee")?,
            fee_type: token_or(fields, "fee_type", 16, "CNY")?,
            cash_fee: optional_amount(fields, "cash_fee")?,
            openid: token(fields, "openid", 128)?,
            trade_type: token(fields, "trade_type", 16)?,
            bank_type: token_or(fields, "bank_type", 32, "")?,
            time_end: moment(fields, "time_end")?,
            attach: present(fields, "attach").map(str::to_owned),
            appid: required(fields, "appid")?.to_owned(),
            mch_id: required(fields, "mch_id")?.to_owned(),
        })
    }
}

/// Everything but the payer, of whom only the first characters are shown.
impl fmt::Debug for Payment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payment")
            .field("transaction_id", &self.transaction_id)
            .field("out_trade_no", &self.out_trade_no)
            .field("total_fee", &self.total_fee)
            .field("fee_type", &self.fee_type)
            .field("cash_fee", &self.cash_fee)
            .field("openid", &masked(&self.openid))
            .field("trade_type", &self.trade_type)
            .field("bank_type", &self.bank_type)
            .field("time_end", &self.time_end)
            .field("attach", &self.attach)
            .field("appid", &self.appid)
            .field("mch_id", &self.mch_id)
            .finish()
    }
}
