//! What the calls give.

use serde::Deserialize;

use super::json::token;
use super::payment::Transaction;
use super::{Payment, TradeState, UnknownTradeState};
use crate::field_error::Fault;

/// A made order, ready to be shown (pay.weixin.qq.com, doc `4012791877`). The answer names no order:
/// only the connection tells that it belongs to the one asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepaid {
    /// The text of the QR code: opaque, good for two hours, at most 512 printable ASCII characters.
    pub code_url: String,
}

impl Prepaid {
    pub(crate) fn of(answer: PrepaidAnswer) -> Result<Prepaid, Fault> {
        Ok(Prepaid { code_url: token(answer.code_url, "code_url", 512)? })
    }
}

#[derive(Deserialize)]
pub(crate) struct PrepaidAnswer {
    code_url: Option<String>,
}

/// Where an order stands (pay.weixin.qq.com, doc `4012791879`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trade {
    /// Our number of the payment.
    pub out_trade_no: String,
    /// Where it stands.
    pub state: TradeState,
    /// The payment, for [`TradeState::Success`] and [`TradeState::Refund`] alone.
    pub paid: Option<Payment>,
}

impl Trade {
    pub(crate) fn of(transaction: Transaction) -> Result<Trade, Fault> {
        let out_trade_no = token(transaction.out_trade_no.clone(), "out_trade_no", 32)?;
        let state = token(transaction.trade_state.clone(), "trade_state", 32)?.parse();
        let state = state.map_err(|UnknownTradeState| Fault::Malformed("trade_state"))?;
        let paid = match state {
            TradeState::Success | TradeState::Refund => Some(Payment::of(transaction)?),
            TradeState::NotPay | TradeState::Closed | TradeState::Revoked => None,
            TradeState::UserPaying | TradeState::PayError | TradeState::Accept => None,
        };
        Ok(Trade { out_trade_no, state, paid })
    }
}
