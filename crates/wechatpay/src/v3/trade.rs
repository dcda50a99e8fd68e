//! The results of the order calls.

use serde::Deserialize;

use super::json::token;
use super::payment::TransactionBody;
use super::{TradeState, UnknownTradeState, V3Payment};
use crate::field_error::FieldError;

/// A new order, ready to be shown as a QR code (pay.weixin.qq.com, doc `4012791877`). The response does
/// not name the order: only the connection links it to the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct V3PrepayResponse {
    /// The text of the QR code: opaque, valid for two hours, at most 512 printable ASCII characters.
    pub code_url: String,
}

impl V3PrepayResponse {
    pub(crate) fn from_body(answer: PrepayBody) -> Result<V3PrepayResponse, FieldError> {
        Ok(V3PrepayResponse { code_url: token(answer.code_url, "code_url", 512)? })
    }
}

#[derive(Deserialize)]
pub(crate) struct PrepayBody {
    code_url: Option<String>,
}

/// The state of an order (pay.weixin.qq.com, doc `4012791879`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct V3Trade {
    /// The merchant's order number.
    pub out_trade_no: String,
    /// The state.
    pub state: TradeState,
    /// The payment; only for [`TradeState::Success`] and [`TradeState::Refund`].
    pub paid: Option<V3Payment>,
}

impl V3Trade {
    pub(crate) fn from_body(transaction: TransactionBody) -> Result<V3Trade, FieldError> {
        let out_trade_no = token(transaction.out_trade_no.clone(), "out_trade_no", 32)?;
        let state = token(transaction.trade_state.clone(), "trade_state", 32)?.parse();
        let state = state.map_err(|UnknownTradeState| FieldError::Malformed("trade_state"))?;
        let paid = match state {
            TradeState::Success | TradeState::Refund => Some(V3Payment::from_body(transaction)?),
            TradeState::NotPay | TradeState::Closed | TradeState::Revoked => None,
            TradeState::UserPaying | TradeState::PayError | TradeState::Accept => None,
        };
        Ok(V3Trade { out_trade_no, state, paid })
    }
}
