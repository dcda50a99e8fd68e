//! The results of the order calls.

use super::fields::{required, token};
use super::{Fields, TradeState, UnknownTradeState, V2Payment};
use crate::field_error::FieldError;

/// A new order, ready to be shown as a QR code (pay.weixin.qq.com, chapter `9_1`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct V2PrepayResponse {
    /// WeChat's id of the new order, at most 64 printable ASCII characters.
    pub prepay_id: String,
    /// The text of the QR code: opaque, valid for two hours, at most 512 printable ASCII characters.
    pub code_url: String,
}

impl V2PrepayResponse {
    pub(crate) fn from_fields(fields: &Fields) -> Result<V2PrepayResponse, FieldError> {
        let (prepay_id, code_url) = (token(fields, "prepay_id", 64)?, token(fields, "code_url", 512)?);
        Ok(V2PrepayResponse { prepay_id, code_url })
    }
}

/// The state of an order (pay.weixin.qq.com, chapter `9_2`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct V2Trade {
    /// The order number of the query.
    pub out_trade_no: String,
    /// The state.
    pub state: TradeState,
    /// The payment; only for [`TradeState::Success`] and [`TradeState::Refund`].
    pub paid: Option<V2Payment>,
}

impl V2Trade {
    pub(crate) fn from_fields(fields: &Fields) -> Result<V2Trade, FieldError> {
        let out_trade_no = token(fields, "out_trade_no", 32)?;
        let state = required(fields, "trade_state")?.parse();
        let state = state.map_err(|UnknownTradeState| FieldError::Malformed("trade_state"))?;
        let paid = match state {
            TradeState::Success | TradeState::Refund => Some(V2Payment::from_fields(fields)?),
            TradeState::NotPay | TradeState::Closed | TradeState::Revoked => None,
            TradeState::UserPaying | TradeState::PayError | TradeState::Accept => None,
        };
        Ok(V2Trade { out_trade_no, state, paid })
    }
}

/// The result of closing an order (pay.weixin.qq.com, chapter `9_3`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CloseOutcome {
    /// The order was closed by this call.
    Closed,
    /// The order was already closed.
    AlreadyClosed,
}
