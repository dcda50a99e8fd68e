//! Placing an order, whatever the language it was asked for in.

use crate::business_error::Failure;
use crate::state::World;
use crate::trade::store::Book;
use crate::trade::{CODE_LIFE_MS, Code, Fate, ORDER_LIFE_MS, Order, Standing, Terms, Trade};
use crate::{random, timestamp};

/// An order closes at least a minute after it was made.
const MIN_LIFE_MS: i64 = 60 * 1000;

/// An order that could be placed.
pub struct Draft {
    pub order: Order,
    pub terms: Terms,
    /// `time_expire`, ms UTC by the merchant's clock.
    pub expire_ms: Option<i64>,
}

/// Places an order, or gives a new code for one that was placed with the same parameters; its code.
pub fn place(world: &World, draft: Draft) -> Result<Code, Failure> {
    let now_ms = world.clock().now();
    let code = new_code(now_ms);
    let told = code.clone();
    let mut book = world.book();
    let (mch_id, number) = (draft.order.merchant.mch_id.clone(), draft.order.out_trade_no.clone());
    match book.of_merchant(&mch_id, &number) {
        Some(placed) => {
            same_and_waiting(placed, &draft, now_ms)?;
            book.renew_code(&mch_id, &number, code);
        }
        None => {
            let closes_ms = closes_at(&draft, now_ms, world.clock().merchant_now())?;
            add(&mut book, draft, code, closes_ms, now_ms)?;
        }
    }
    Ok(told)
}

/// Paid and closed come before changed parameters: they are what the merchant must know first.
fn same_and_waiting(placed: &Trade, draft: &Draft, now_ms: i64) -> Result<(), Failure> {
    match placed.standing(now_ms) {
        Standing::Paid(_) => Err(Failure::OrderPaid),
        Standing::Closed => Err(Failure::OrderClosed),
        Standing::Waiting if placed.order != draft.order || placed.terms != draft.terms => {
            Err(Failure::InvalidRequest("订单重入时，参数与原订单不一致"))
        }
        Standing::Waiting => Ok(()),
    }
}

/// `time_expire` is a moment of the merchant's clock; what counts here is how far away it is.
fn closes_at(draft: &Draft, now_ms: i64, merchant_now_ms: i64) -> Result<i64, Failure> {
    let Some(expire_ms) = draft.expire_ms else {
        return Ok(now_ms + ORDER_LIFE_MS);
    };
    match expire_ms - merchant_now_ms {
        ..=MIN_LIFE_MS => Err(Failure::InvalidRequest("time_expire时间过短，至少1分钟")),
        life_ms => Ok(now_ms + life_ms.min(ORDER_LIFE_MS)),
    }
}

fn add(book: &mut Book, draft: Draft, code: Code, closes_ms: i64, now_ms: i64) -> Result<(), Failure> {
    let Draft { order, terms, .. } = draft;
    let fate = Fate::Open;
    let trade = Trade { order, terms, code, created_ms: now_ms, closes_ms, fate, refunds: Vec::new() };
    book.add(trade, now_ms).map_err(|_| Failure::SystemError)
}

fn new_code(now_ms: i64) -> Code {
    let url = format!("weixin://wxpay/bizpayurl?pr={}", random::alphanumeric(11));
    let prepay_id = format!("wx{}{}", timestamp::civil(now_ms), random::alphanumeric(20).to_lowercase());
    Code { url, prepay_id, expires_ms: now_ms + CODE_LIFE_MS }
}
