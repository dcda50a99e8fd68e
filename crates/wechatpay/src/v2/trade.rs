//! What the calls give.

use super::fields::{required, token};
use super::{Fields, Payment, TradeState, UnknownTradeState};
use crate::field_error::Fault;

/// A made order, ready to be shown (pay.weixin.qq.com, chapter `9_1`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepaid {
    /// WeChat's id of the made order, at most 64 printable ASCII characters.
    pub prepay_id: String,
    /// The text of the QR code: opaque, good for two hours, at most 512 printable ASCII characters.
    pub code_url: String,
}

impl Prepaid {
    pub(crate) fn from_fields(fields: &Fields) -> Result<Prepaid, Fault> {
        let (prepay_id, code_url) = (token(fields, "prepay_id", 64)?, token(fields, "code_url", 512)?);
        Ok(Prepaid { prepay_id, code_url })
    }
}

/// Where an order stands (pay.weixin.qq.com, chapter `9_2`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trade {
    /// The number that was asked for.
    pub out_trade_no: String,
    /// Where it stands.
    pub state: TradeState,
    /// The payment, for [`TradeState::Success`] and [`TradeState::Refund`] alone.
    pub paid: Option<Payment>,
}

impl Trade {
    pub(crate) fn from_fields(fields: &Fields) -> Result<Trade, Fault> {
        let out_trade_no = token(fields, "out_trade_no", 32)?;
        let state = required(fields, "trade_state")?.parse();
        let state = state.map_err(|UnknownTradeState| Fault::Malformed("trade_state"))?;
        let paid = match state {
            TradeState::Success | TradeState::Refund => Some(Payment::from_fields(fields)?),
            TradeState::NotPay | TradeState::Closed | TradeState::Revoked => None,
            TradeState::UserPaying | TradeState::PayError | TradeState::Accept => None,
        };
        Ok(Trade { out_trade_no, state, paid })
    }
}

/// How an order came to be closed (pay.weixin.qq.com, chapter `9_3`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Closed {
    /// By this call, or by an earlier one WeChat takes as the same.
    Now,
    /// It was closed before.
    Already,
}
