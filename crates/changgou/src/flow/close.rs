//! Closing an order that was not paid: closed at WeChat first, confirmed, and
//! only then is anything given back. While WeChat may still take the money,
//! stock and points stay taken.

use std::collections::BTreeMap;

use crate::domain::clock::UtcMs;
use crate::domain::id::{Id, OrderId, SkuId};
use crate::domain::ledger::LedgerCause;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::status::OrderState;
use crate::flow::attempt::{AttemptEnd, confirm_close};
use crate::flow::events::{EventOutlet, OrderHappening, tell};
use crate::flow::{App, Error, Outcome};
use crate::infra::db::{DbError, Tx};
use crate::store::order::history::HistoryKind;
use crate::store::order::{self, Order, OrderChange};
use crate::store::payment::attempt::{self, Attempt};
use crate::store::stock::{self, NetStockChange, StockMovement};
use crate::store::{coupon, due_work, points, purchase_limit};

/// CloseReason an order closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// The buyer gave it up.
    Buyer,
    /// It was not paid in time.
    Expired,
}

impl CloseReason {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            CloseReason::Buyer => "buyer",
            CloseReason::Expired => "expired",
        }
    }

    /// What a stored word means.
    pub fn read(word: Option<&str>) -> CloseReason {
        if word == Some("buyer") { CloseReason::Buyer } else { CloseReason::Expired }
    }
}

/// How closing ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseResult {
    /// It is closed, now or before.
    Closed,
    /// It was paid first.
    Paid,
    /// WeChat has not confirmed yet; it will be asked again.
    Asked,
}

/// How a buyer's wish to cancel ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelOutcome {
    /// The order is closed, now or before.
    Closed,
    /// WeChat has not confirmed yet; the worker goes on with it.
    Asked,
}

/// Closes a buyer's own order, unless it is paid.
pub async fn cancel(app: &App, username: &str, id: &OrderId) -> Outcome<CancelOutcome> {
    let (name, order_id) = (username.to_owned(), id.clone());
    let order = app.db.read(async move |tx| order::of(tx, &name, &order_id).await).await?;
    let order = order.ok_or_else(|| Refusal::not_found("订单", "order"))?;
    match order.state {
        OrderState::Closed => return Ok(CancelOutcome::Closed),
        OrderState::AwaitingPayment => {}
        OrderState::AwaitingShipment
        | OrderState::Shipped
        | OrderState::Completed
        | OrderState::Returned
        | OrderState::Refunded => {
            return Err(too_late().into());
        }
    }
    match close(app, id, CloseReason::Buyer).await? {
        CloseResult::Closed => Ok(CancelOutcome::Closed),
        CloseResult::Paid => Err(too_late().into()),
        CloseResult::Asked => remember_wish(app, order).await.map(|()| CancelOutcome::Asked),
    }
}

fn too_late() -> Refusal {
    let zh = "订单已支付或已进入发货流程，不能直接取消，请申请退款";
    let en = "The order is paid or on its way and cannot be cancelled; please ask for a refund.";
    Refusal::new(Reason::WrongState, zh, en)
}

/// The buyer's wish outlives a WeChat that does not answer: the worker goes on with it.
async fn remember_wish(app: &App, order: Order) -> Outcome<()> {
    let (id, outlet, now) = (app.id(), app.outlet.clone(), app.now());
    let remembered = app
        .db
        .write(async move |tx| {
            let (kind, actor) = (HistoryKind::CloseAsked, order.username.as_str());
            let told = OrderHappening { id, order: &order, kind, actor, detail: None, payment: None };
            tell(tx, &outlet, &[told], now).await?;
            let owed = due_work::NewDueWork {
                kind: due_work::DueKind::Close,
                reference: order.id.as_str(),
                at: now,
            };
            due_work::put(tx, owed, Some(CloseReason::Buyer.word())).await?;
            Ok::<_, Error>(())
        })
        .await;
    app.outlet.wake();
    remembered
}

/// Closes an order that is not paid.
pub async fn close(app: &App, id: &OrderId, why: CloseReason) -> Outcome<CloseResult> {
    loop {
        let (order_id, event_id, outlet, now) = (id.clone(), app.id(), app.outlet.clone(), app.now());
        let step =
            app.db.write(async move |tx| close_in(tx, &outlet, &order_id, why, event_id, now).await).await?;
        match step {
            CloseStep::Done => {
                app.outlet.wake();
                app.changed(id);
                return Ok(CloseResult::Closed);
            }
            CloseStep::NotOpen(OrderState::Closed) => return Ok(CloseResult::Closed),
            CloseStep::NotOpen(
                OrderState::AwaitingPayment
                | OrderState::AwaitingShipment
                | OrderState::Shipped
                | OrderState::Completed
                | OrderState::Returned
                | OrderState::Refunded,
            ) => return Ok(CloseResult::Paid),
            CloseStep::Live(attempt) => match confirm_close(app, &attempt).await? {
                AttemptEnd::Over => {}
                AttemptEnd::Unclear => return Ok(CloseResult::Asked),
            },
        }
    }
}

enum CloseStep {
    Done,
    NotOpen(OrderState),
    Live(Box<Attempt>),
}

/// Closes an order by which nothing can be paid any more, and gives everything back.
async fn close_in(
    tx: &mut Tx<'_>,
    outlet: &EventOutlet,
    id: &OrderId,
    why: CloseReason,
    event_id: Id,
    now: UtcMs,
) -> Outcome<CloseStep> {
    let order = order::lock(tx, id).await?.ok_or_else(|| Refusal::not_found("订单", "order"))?;
    if order.state != OrderState::AwaitingPayment {
        due_work::done(tx, due_work::DueKind::Close, id.as_str()).await?;
        return Ok(CloseStep::NotOpen(order.state));
    }
    if let Some(attempt) = attempt::live(tx, id).await? {
        return Ok(CloseStep::Live(Box::new(attempt)));
    }
    let moved = order::advance(tx, &order, OrderChange::Closed { reason: why.word() }, now).await?;
    moved.map_err(|_| tx.raced(format!("{id} moved while it was closed")))?;
    let actor = match why {
        CloseReason::Buyer => order.username.as_str(),
        CloseReason::Expired => "shop",
    };
    let detail = Some(why.word().to_owned());
    let told = OrderHappening {
        id: event_id,
        order: &order,
        kind: HistoryKind::Closed,
        actor,
        detail,
        payment: None,
    };
    tell(tx, outlet, &[told], now).await?;
    due_work::done(tx, due_work::DueKind::Close, id.as_str()).await?;
    give_back(tx, &order, now).await?;
    Ok(CloseStep::Done)
}

async fn give_back(tx: &mut Tx<'_>, order: &Order, now: UtcMs) -> Outcome<()> {
    if order.discount.coupon_id.is_some() && !coupon::give_back(tx, &order.id).await? {
        return Err(DbError::Engine(format!("the coupon of {} is gone", order.id)).into());
    }
    purchase_limit::forget(tx, &order.id).await?;
    points_back(tx, order, now).await?;
    stock_back(tx, order, now).await
}

async fn stock_back(tx: &mut Tx<'_>, order: &Order, now: UtcMs) -> Outcome<()> {
    // An order of the Java shop may have two lines of one SKU.
    let mut back: BTreeMap<SkuId, i64> = BTreeMap::new();
    for item in order::items_of(tx, [&order.id]).await? {
        *back.entry(item.sku_id).or_default() += item.num;
    }
    let nets: Vec<NetStockChange> =
        back.iter().map(|(sku_id, num)| NetStockChange { sku_id: *sku_id, sold: -num }).collect();
    let (cause, reference) = (LedgerCause::Close, order.id.as_str());
    let back = back.into_iter();
    let back = back.map(|(sku_id, num)| StockMovement { sku_id, cause, reference, num, sale_num: -num });
    stock::record(tx, &back.collect::<Vec<_>>(), now).await?;
    let given = stock::sell(tx, &nets).await?;
    given.map_err(|stock::StockShort| DbError::Engine(format!("a SKU of {} is gone", order.id)).into())
}

/// What the order spent comes back, and what it earned goes: it could not be
/// spent meanwhile.
async fn points_back(tx: &mut Tx<'_>, order: &Order, now: UtcMs) -> Outcome<()> {
    let (username, reference, spent) = (&order.username, order.id.as_str(), order.discount.points_used);
    let earned = points::earned(tx, username, reference).await?;
    let entry = |cause, points, pending| points::PointsEntry { username, cause, reference, points, pending };
    let both = [entry(LedgerCause::GiveBack, spent, 0), entry(LedgerCause::Close, -earned, -earned)];
    let entries: Vec<_> = both.into_iter().filter(|entry| entry.points != 0).collect();
    let moved = points::add(tx, &entries, now).await?;
    moved.map_err(|points::PointsShort| {
        tx.raced(format!("points of {username} changed in the transaction"))
    })?;
    Ok(())
}
