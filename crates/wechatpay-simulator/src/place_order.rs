//! Placing an order, for both API versions.

use crate::business_error::BusinessError;
use crate::state::SimulatorState;
use crate::trade::store::TradeStore;
use crate::trade::{
    CODE_LIFE_MS, ORDER_LIFE_MS, Order, OrderTerms, PaymentCode, Trade, TradeStatus, TradeStatusAt,
};
use crate::{random, timestamp};

/// The minimum lifetime of an order: one minute.
const MIN_LIFE_MS: i64 = 60 * 1000;

/// A valid order that was not placed yet.
pub struct OrderDraft {
    pub order: Order,
    pub terms: OrderTerms,
    /// `time_expire` in UTC ms, by the merchant's clock.
    pub expire_ms: Option<i64>,
}

/// Places an order and returns its code. If the same order was already placed, it gets a new code.
pub fn place(state: &SimulatorState, draft: OrderDraft) -> Result<PaymentCode, BusinessError> {
    let now_ms = state.clock().now();
    let code = new_code(now_ms);
    let placed_code = code.clone();
    let mut trades = state.trades();
    let (mch_id, number) = (draft.order.merchant.mch_id.clone(), draft.order.out_trade_no.clone());
    match trades.find_trade(&mch_id, &number) {
        Some(placed) => {
            same_and_waiting(placed, &draft, now_ms)?;
            trades.renew_code(&mch_id, &number, code);
        }
        None => {
            let closes_ms = closes_at(&draft, now_ms, state.clock().merchant_now())?;
            add(&mut trades, draft, code, closes_ms, now_ms)?;
        }
    }
    Ok(placed_code)
}

/// Paid and closed are checked before changed parameters, because they matter more to the merchant.
fn same_and_waiting(placed: &Trade, draft: &OrderDraft, now_ms: i64) -> Result<(), BusinessError> {
    match placed.status_at(now_ms) {
        TradeStatusAt::Paid(_) => Err(BusinessError::OrderPaid),
        TradeStatusAt::Closed => Err(BusinessError::OrderClosed),
        TradeStatusAt::Waiting if placed.order != draft.order || placed.terms != draft.terms => {
            Err(BusinessError::InvalidRequest("订单重入时，参数与原订单不一致"))
        }
        TradeStatusAt::Waiting => Ok(()),
    }
}

/// `time_expire` is a time of the merchant's clock. What counts is how far away it is.
fn closes_at(draft: &OrderDraft, now_ms: i64, merchant_now_ms: i64) -> Result<i64, BusinessError> {
    let Some(expire_ms) = draft.expire_ms else {
        return Ok(now_ms + ORDER_LIFE_MS);
    };
    match expire_ms - merchant_now_ms {
        ..=MIN_LIFE_MS => Err(BusinessError::InvalidRequest("time_expire时间过短，至少1分钟")),
        life_ms => Ok(now_ms + life_ms.min(ORDER_LIFE_MS)),
    }
}

fn add(
    trades: &mut TradeStore,
    draft: OrderDraft,
    code: PaymentCode,
    closes_ms: i64,
    now_ms: i64,
) -> Result<(), BusinessError> {
    let OrderDraft { order, terms, .. } = draft;
    let status = TradeStatus::Open;
    let trade = Trade { order, terms, code, created_ms: now_ms, closes_ms, status, refunds: Vec::new() };
    trades.add(trade, now_ms).map_err(|_| BusinessError::SystemError)
}

fn new_code(now_ms: i64) -> PaymentCode {
    let url = format!("weixin://wxpay/bizpayurl?pr={}", random::alphanumeric(11));
    let prepay_id = format!("wx{}{}", timestamp::v2(now_ms), random::alphanumeric(20).to_lowercase());
    PaymentCode { url, prepay_id, expires_ms: now_ms + CODE_LIFE_MS }
}
