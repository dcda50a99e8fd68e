//! Closes orders that brought no money. The attempt is closed at WeChat first; coupon,
//! points and stock are given back only once WeChat has confirmed that nobody can pay
//! any more.

mod on_delivery;

use std::collections::BTreeMap;

use crate::domain::clock::UtcMs;
use crate::domain::id::{OrderId, SkuId};
use crate::domain::ledger::LedgerCause;
use crate::domain::message::{NotFound, OrderMessage};
use crate::domain::refusal::Refusal;
use crate::domain::status::{OrderState, PayType};
use crate::domain::words::word_enum;
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

word_enum! {
    pub enum CloseReason {
        /// The buyer cancelled it.
        Buyer = "buyer",
        /// It was not paid in time.
        Expired = "expired",
        /// An operator closed it before it was shipped.
        Operator = "operator",
        /// To be paid on delivery, and refused at the door.
        Refused = "refused",
    }
    else Expired
}

/// Who closes an order, and why.
#[derive(Clone, Debug)]
pub struct Closing {
    why: CloseReason,
    /// The operator; `None` for the buyer and for the shop itself.
    actor: Option<String>,
    /// In the operator's words.
    note: Option<String>,
}

impl Closing {
    /// By the buyer or by the shop itself.
    pub fn of(why: CloseReason) -> Closing {
        Closing { why, actor: None, note: None }
    }

    fn actor<'a>(&'a self, order: &'a Order) -> &'a str {
        match (&self.actor, self.why) {
            (Some(operator), _) => operator,
            (None, CloseReason::Buyer) => &order.username,
            (None, CloseReason::Expired | CloseReason::Operator | CloseReason::Refused) => "shop",
        }
    }

    fn event<'a>(&'a self, order: &'a Order) -> OrderEvent<'a> {
        let detail = self.note.clone().unwrap_or_else(|| self.why.word().to_owned());
        let (kind, actor, detail) = (HistoryKind::Closed, self.actor(order), Some(detail));
        OrderEvent { order, kind, actor, detail, payment: None }
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
    match (order.state, order.pay_type) {
        (OrderState::Closed, _) => Ok(CancelOutcome::Closed),
        (OrderState::AwaitingPayment, _) => {
            cancel_unpaid(app, order, Closing::of(CloseReason::Buyer), too_late).await
        }
        (OrderState::AwaitingShipment, PayType::OnDelivery) => {
            let closing = Closing::of(CloseReason::Buyer);
            on_delivery::close(app, id, closing, too_late).await.map(|()| CancelOutcome::Closed)
        }
        (
            OrderState::AwaitingShipment
            | OrderState::Shipped
            | OrderState::Completed
            | OrderState::Returned
            | OrderState::Refunded,
            _,
        ) => Err(too_late().into()),
    }
}

/// Closes any order that brought no money, by an operator's word: unpaid, or to be paid on delivery and
/// not shipped yet or refused at the door. `note` is what the operator says about it.
pub async fn close_by_operator(
    app: &App,
    operator: String,
    id: &OrderId,
    note: String,
) -> Outcome<CancelOutcome> {
    let order_id = id.clone();
    let order = app.db.read(async move |tx| order::find(tx, &order_id).await).await?;
    let order = order.ok_or_else(|| Refusal::new(NotFound::Order))?;
    let closing = Closing { why: CloseReason::Operator, actor: Some(operator), note: Some(note) };
    match order.state {
        OrderState::Closed => Ok(CancelOutcome::Closed),
        OrderState::AwaitingPayment => cancel_unpaid(app, order, closing, cannot_be_closed).await,
        OrderState::AwaitingShipment
        | OrderState::Shipped
        | OrderState::Completed
        | OrderState::Returned
        | OrderState::Refunded => {
            on_delivery::close(app, id, closing, cannot_be_closed).await.map(|()| CancelOutcome::Closed)
        }
    }
}

fn cannot_be_closed() -> Refusal {
    Refusal::new(OrderMessage::CannotBeClosed)
}

/// `refusal` is the answer if it was paid first.
async fn cancel_unpaid(
    app: &App,
    order: Order,
    closing: Closing,
    refusal: fn() -> Refusal,
) -> Outcome<CancelOutcome> {
    match close_order(app, &order.id, closing.clone()).await? {
        CloseResult::Closed => Ok(CancelOutcome::Closed),
        CloseResult::Paid => Err(refusal().into()),
        CloseResult::Asked => leave_to_worker(app, order, closing).await.map(|()| CancelOutcome::Asked),
    }
}

fn too_late() -> Refusal {
    Refusal::new(OrderMessage::TooLateToCancel)
}

/// The worker goes on with a cancellation that WeChat has not confirmed.
async fn leave_to_worker(app: &App, order: Order, closing: Closing) -> Outcome<()> {
    app.write(async move |work| {
        let (kind, actor, detail) = (HistoryKind::CloseAsked, closing.actor(&order), closing.note.clone());
        work.record(OrderEvent { order: &order, kind, actor, detail, payment: None }).await?;
        let close = NewDueWork { kind: DueKind::Close, reference: order.id.as_str(), at: work.now };
        Ok(due_work::schedule(work.tx, close, Some(closing.why.word())).await?)
    })
    .await
}

/// Closes an order that is not paid.
pub async fn close_order(app: &App, id: &OrderId, closing: Closing) -> Outcome<CloseResult> {
    loop {
        let (order_id, closing) = (id.clone(), closing.clone());
        match app.write(async move |work| close_in(work, &order_id, &closing).await).await? {
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
async fn close_in(work: &mut UnitOfWork<'_, '_>, id: &OrderId, closing: &Closing) -> Outcome<CloseStep> {
    let order = order::lock(work.tx, id).await?.ok_or_else(|| Refusal::new(NotFound::Order))?;
    if order.state != OrderState::AwaitingPayment {
        due_work::delete(work.tx, DueKind::Close, id.as_str()).await?;
        return Ok(CloseStep::NotOpen(order.state));
    }
    if let Some(attempt) = attempt::find_live(work.tx, id).await? {
        return Ok(CloseStep::HasLiveAttempt(Box::new(attempt)));
    }
    let moved =
        order::change_state(work.tx, &order, OrderChange::Closed { reason: closing.why.word() }, work.now)
            .await?;
    moved.map_err(|_| work.tx.race_error(format!("{id} changed while it was closed")))?;
    work.record(closing.event(&order)).await?;
    due_work::delete(work.tx, DueKind::Close, id.as_str()).await?;
    give_back(work.tx, &order, work.now).await?;
    Ok(CloseStep::Done)
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
    let entry = |cause, points, pending, open| points::PointsEntry {
        username,
        cause,
        reference,
        points,
        pending,
        open,
    };
    let both = [entry(LedgerCause::GiveBack, spent, 0, 0), entry(LedgerCause::Close, -earned, -earned, -1)];
    let moved = points::apply(tx, &both, now).await?;
    moved.map_err(|points::PointsShort| {
        tx.race_error(format!("points of {username} changed in the transaction"))
    })?;
    Ok(())
}
