//! Closes orders that were not paid. The attempt is closed at WeChat first; coupon,
//! points and stock are given back only once WeChat has confirmed that nobody can pay
//! any more.

use std::collections::BTreeMap;

use crate::domain::clock::UtcMs;
use crate::domain::id::{OrderId, SkuId};
use crate::domain::ledger::LedgerCause;
use crate::domain::message::{NotFound, OrderMessage};
use crate::domain::refusal::Refusal;
use crate::domain::status::OrderState;
use crate::flow::attempt::{AttemptEnd, confirm_close};
use crate::flow::unit_of_work::{OrderEvent, UnitOfWork};
use crate::flow::{App, Outcome};
use crate::infra::db::{DbError, Tx};
use crate::store::due_work::{self, DueKind, NewDueWork};
use crate::store::order::history::HistoryKind;
use crate::store::order::{self, Order, OrderChange};
use crate::store::payment::attempt::{self, Attempt};
use crate::store::stock::{self, NetStockChange, StockMovement};
use crate::store::{coupon, points, purchase_limit};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// The buyer cancelled it.
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
    pub fn from_word(word: Option<&str>) -> CloseReason {
        if word == Some("buyer") { CloseReason::Buyer } else { CloseReason::Expired }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseResult {
    /// Now or before.
    Closed,
    /// It was paid first.
    Paid,
    /// WeChat has not confirmed yet; it will be asked again.
    Asked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelOutcome {
    /// Now or before.
    Closed,
    /// WeChat has not confirmed yet; the worker will ask again.
    Asked,
}

/// Closes a buyer's own order, unless it is paid.
pub async fn cancel_order(app: &App, username: &str, id: &OrderId) -> Outcome<CancelOutcome> {
    let (name, order_id) = (username.to_owned(), id.clone());
    let order = app.db.read(async move |tx| order::find_for_user(tx, &name, &order_id).await).await?;
    let order = order.ok_or_else(|| Refusal::new(NotFound::Order))?;
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
    match close_order(app, id, CloseReason::Buyer).await? {
        CloseResult::Closed => Ok(CancelOutcome::Closed),
        CloseResult::Paid => Err(too_late().into()),
        CloseResult::Asked => leave_to_worker(app, order).await.map(|()| CancelOutcome::Asked),
    }
}

fn too_late() -> Refusal {
    Refusal::new(OrderMessage::TooLateToCancel)
}

/// The worker goes on with a cancellation that WeChat has not confirmed.
async fn leave_to_worker(app: &App, order: Order) -> Outcome<()> {
    app.write(async move |work| {
        let (kind, actor) = (HistoryKind::CloseAsked, order.username.as_str());
        work.record(OrderEvent { order: &order, kind, actor, detail: None, payment: None }).await?;
        let close = NewDueWork { kind: DueKind::Close, reference: order.id.as_str(), at: work.now };
        Ok(due_work::schedule(work.tx, close, Some(CloseReason::Buyer.word())).await?)
    })
    .await
}

/// Closes an order that is not paid.
pub async fn close_order(app: &App, id: &OrderId, why: CloseReason) -> Outcome<CloseResult> {
    loop {
        let order_id = id.clone();
        match app.write(async move |work| close_in(work, &order_id, why).await).await? {
            CloseStep::Done | CloseStep::NotOpen(OrderState::Closed) => return Ok(CloseResult::Closed),
            CloseStep::NotOpen(
                OrderState::AwaitingPayment
                | OrderState::AwaitingShipment
                | OrderState::Shipped
                | OrderState::Completed
                | OrderState::Returned
                | OrderState::Refunded,
            ) => return Ok(CloseResult::Paid),
            CloseStep::HasLiveAttempt(attempt) => match confirm_close(app, &attempt).await? {
                AttemptEnd::Over => {}
                AttemptEnd::Unclear => return Ok(CloseResult::Asked),
            },
        }
    }
}

enum CloseStep {
    Done,
    NotOpen(OrderState),
    HasLiveAttempt(Box<Attempt>),
}

/// Closes an order without a live attempt, and gives everything back.
async fn close_in(work: &mut UnitOfWork<'_, '_>, id: &OrderId, why: CloseReason) -> Outcome<CloseStep> {
    let order = order::lock(work.tx, id).await?.ok_or_else(|| Refusal::new(NotFound::Order))?;
    if order.state != OrderState::AwaitingPayment {
        due_work::delete(work.tx, DueKind::Close, id.as_str()).await?;
        return Ok(CloseStep::NotOpen(order.state));
    }
    if let Some(attempt) = attempt::find_live(work.tx, id).await? {
        return Ok(CloseStep::HasLiveAttempt(Box::new(attempt)));
    }
    let moved =
        order::change_state(work.tx, &order, OrderChange::Closed { reason: why.word() }, work.now).await?;
    moved.map_err(|_| work.tx.race_error(format!("{id} changed while it was closed")))?;
    work.record(closed_event(&order, why)).await?;
    due_work::delete(work.tx, DueKind::Close, id.as_str()).await?;
    give_back(work.tx, &order, work.now).await?;
    Ok(CloseStep::Done)
}

fn closed_event(order: &Order, why: CloseReason) -> OrderEvent<'_> {
    let actor = match why {
        CloseReason::Buyer => order.username.as_str(),
        CloseReason::Expired => "shop",
    };
    let (kind, detail) = (HistoryKind::Closed, Some(why.word().to_owned()));
    OrderEvent { order, kind, actor, detail, payment: None }
}

async fn give_back(tx: &mut Tx<'_>, order: &Order, now: UtcMs) -> Outcome<()> {
    if order.discount.coupon_id.is_some() && !coupon::give_back(tx, &order.id).await? {
        return Err(DbError::Engine(format!("the coupon of {} cannot be given back", order.id)).into());
    }
    purchase_limit::delete_for_order(tx, &order.id).await?;
    give_back_points(tx, order, now).await?;
    give_back_stock(tx, order, now).await
}

async fn give_back_stock(tx: &mut Tx<'_>, order: &Order, now: UtcMs) -> Outcome<()> {
    // An order of the Java shop may have two lines of one SKU.
    let mut back: BTreeMap<SkuId, i64> = BTreeMap::new();
    for item in order::list_items(tx, [&order.id]).await? {
        *back.entry(item.sku_id).or_default() += item.num;
    }
    let nets: Vec<NetStockChange> =
        back.iter().map(|(sku_id, num)| NetStockChange { sku_id: *sku_id, sold: -num }).collect();
    let (cause, reference) = (LedgerCause::Close, order.id.as_str());
    let back = back.into_iter();
    let back = back.map(|(sku_id, num)| StockMovement { sku_id, cause, reference, num, sale_num: -num });
    stock::insert_movements(tx, &back.collect::<Vec<_>>(), now).await?;
    let given = stock::apply_net(tx, &nets).await?;
    given.map_err(|stock::StockShort| DbError::Engine(format!("a SKU of {} does not exist", order.id)).into())
}

/// Points the order spent come back; points it earned are taken, which the buyer
/// could not spend yet.
async fn give_back_points(tx: &mut Tx<'_>, order: &Order, now: UtcMs) -> Outcome<()> {
    let (username, reference, spent) = (&order.username, order.id.as_str(), order.discount.points_used);
    let earned = points::earned_with_order(tx, username, reference).await?;
    let entry = |cause, points, pending| points::PointsEntry { username, cause, reference, points, pending };
    let both = [entry(LedgerCause::GiveBack, spent, 0), entry(LedgerCause::Close, -earned, -earned)];
    let entries: Vec<_> = both.into_iter().filter(|entry| entry.points != 0).collect();
    let moved = points::apply(tx, &entries, now).await?;
    moved.map_err(|points::PointsShort| {
        tx.race_error(format!("points of {username} changed in the transaction"))
    })?;
    Ok(())
}
