//! Money goes back. What is given back, the goods, and what the buyer had saved
//! or earned move in one transaction with the refund itself; WeChat is asked
//! afterwards by the worker, as often as it takes.

mod automatic;
mod job;
mod overview;
mod plan;
mod platform;
mod request;
mod retry;

use std::collections::BTreeMap;

use crate::domain::clock::UtcMs;
use crate::domain::id::{Id, OrderId, SkuId};
use crate::domain::ledger::LedgerCause as Moved;
use crate::domain::money::Fen;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::status::{OrderState, PayType};
use crate::flow::events::{EventOutlet, OrderHappening, tell};
use crate::flow::{App, Outcome};
use crate::infra::db::{DbError, Tx};
use crate::store::order::history::HistoryKind;
use crate::store::order::{self, Order, OrderChange};
use crate::store::payment::attempt::{self, Attempt};
use crate::store::payment::refund::{self, Refund, RefundCause, RefundState};
use crate::store::payment::{refund_request, refund_total};
use crate::store::stock::{self, NetStockChange, StockMovement};
use crate::store::{coupon, due_work, points, purchase_limit};

pub(in crate::flow) use automatic::held;
pub use automatic::of_flag;
pub use job::run_job;
pub(in crate::flow) use job::{apply_standing, find as find_refund};
pub use platform::import_platform_refund;
pub use overview::{RefundOverview, load_overview};
pub use plan::{RefundBasis, RefundExtent, RefundPlan, RefundWant, Restock, plan};
pub use request::{RequestOutcome, ask, deny, grant, troubles, waiting_for, wishes};
pub use retry::{again, paid_out};

/// Rows one list shows.
const SHOWN_MAX: i64 = 500;

/// Refunds WeChat takes of one payment.
const REFUNDS_MAX: usize = 50;

/// A refund an operator wants.
#[derive(Clone, Debug)]
pub struct WantedRefund {
    /// What goes back.
    pub want: RefundWant,
    /// Whether goods that left can be sold again.
    pub restock: Restock,
    /// What the buyer reads, at most 80 bytes.
    pub reason: String,
    /// The caller's own name for it: two requests with one are one refund.
    pub key: Option<String>,
}

/// Gives an order back, or a part of it, by an operator's word.
pub async fn give(app: &App, operator: &str, id: &OrderId, wanted: WantedRefund) -> Outcome<Refund> {
    let (actor, id, numbers) = (operator.to_owned(), id.clone(), RefundIds::of(app));
    let (outlet, now) = (app.outlet.clone(), app.now());
    let given = app
        .db
        .write(async move |tx| {
            let order = order::lock(tx, &id).await?.ok_or_else(|| Refusal::not_found("订单", "order"))?;
            let opening = RefundOpening { outlet: &outlet, actor: &actor, numbers, now };
            give_in(tx, &order, &wanted, &opening).await
        })
        .await?;
    app.outlet.wake();
    app.changed(&given.order_id);
    Ok(given)
}

/// RefundIds for what a refund writes.
#[derive(Clone, Copy, Debug)]
pub struct RefundIds {
    refund: Id,
    event: Id,
}

impl RefundIds {
    /// Fresh ones.
    pub fn of(app: &App) -> RefundIds {
        RefundIds { refund: app.id(), event: app.id() }
    }

    /// The number of the event.
    pub fn event_id(self) -> Id {
        self.event
    }

    fn out_refund_no(self) -> String {
        format!("R{}", self.refund)
    }
}

/// By whom, when and under which numbers a refund is opened.
#[derive(Clone, Copy)]
pub(in crate::flow) struct RefundOpening<'a> {
    pub(in crate::flow) outlet: &'a EventOutlet,
    pub(in crate::flow) actor: &'a str,
    pub(in crate::flow) numbers: RefundIds,
    pub(in crate::flow) now: UtcMs,
}

/// The rules of giving back, in a transaction that has locked the order.
async fn give_in(
    tx: &mut Tx<'_>,
    order: &Order,
    wanted: &WantedRefund,
    opening: &RefundOpening<'_>,
) -> Outcome<Refund> {
    let key = wanted.key.as_ref().map(|key| request_key(&order.id, key));
    if let Some(key) = &key
        && let Some(before) = refund::by_key(tx, key).await?
    {
        return Ok(before);
    }
    let attempt = refundable(tx, order).await?;
    let (items, returned) = (order::items_of(tx, [&order.id]).await?, refund::returned(tx, &order.id).await?);
    if refund::of(tx, &order.id).await?.len() >= REFUNDS_MAX {
        return Err(too_many().into());
    }
    let sum = refund_total::of(tx, &attempt.out_trade_no, attempt.total_fee).await?;
    let standing = RefundBasis { order, items: &items, returned: &returned, sum };
    let plan = plan(&standing, &wanted.want, wanted.restock)?;
    let cause = if plan.items.is_empty() { RefundCause::Money } else { RefundCause::Goods };
    let opened =
        OpenedRefund { cause, fee: plan.refund_fee, paid: attempt.total_fee, reason: &wanted.reason, key };
    let refund = open(tx, order, &attempt, opened, opening).await?;
    refund::insert_items(tx, &refund.out_refund_no, &plan.items).await?;
    refund_request::decide(tx, &order.id, refund_request::RefundDecision::Granted, opening.now).await?;
    end(tx, order, &plan, opening.now).await?;
    restock(tx, &refund, &plan, opening.now).await?;
    Ok(refund)
}

/// A caller's name for a refund is one of its order's.
fn request_key(order: &OrderId, key: &str) -> String {
    format!("{order}:{key}")
}

/// The attempt whose money an order keeps, if the order may be given back.
async fn refundable(tx: &mut Tx<'_>, order: &Order) -> Outcome<Attempt> {
    match order.state {
        OrderState::AwaitingShipment
        | OrderState::Shipped
        | OrderState::Completed
        | OrderState::Returned
        | OrderState::Refunded => {}
        OrderState::AwaitingPayment | OrderState::Closed => return Err(not_paid().into()),
    }
    if order.pay_type == PayType::OnDelivery {
        return Err(not_paid().into());
    }
    attempt::kept(tx, &order.id).await?.ok_or_else(|| not_paid().into())
}

/// What is written down of a refund.
pub(in crate::flow) struct OpenedRefund<'a> {
    pub(in crate::flow) cause: RefundCause,
    pub(in crate::flow) fee: Fen,
    /// What was paid by the attempt, in fen.
    pub(in crate::flow) paid: Fen,
    pub(in crate::flow) reason: &'a str,
    pub(in crate::flow) key: Option<String>,
}

/// Sets the money aside, writes the refund down, and owes asking WeChat for it.
pub(in crate::flow) async fn open(
    tx: &mut Tx<'_>,
    order: &Order,
    attempt: &Attempt,
    opened: OpenedRefund<'_>,
    opening: &RefundOpening<'_>,
) -> Result<Refund, DbError> {
    let OpenedRefund { cause, fee, paid, reason, key } = opened;
    if !refund_total::reserve(tx, &attempt.out_trade_no, paid, fee).await? {
        return Err(tx.raced(format!("refunds of {} exceed what was paid", attempt.out_trade_no)));
    }
    let refund = fresh(attempt, cause, fee, reason, key, opening);
    write_down(tx, order, &refund, opening).await?;
    Ok(refund)
}

fn fresh(
    attempt: &Attempt,
    cause: RefundCause,
    refund_fee: Fen,
    reason: &str,
    request_key: Option<String>,
    opening: &RefundOpening<'_>,
) -> Refund {
    Refund {
        out_refund_no: opening.numbers.out_refund_no(),
        out_trade_no: attempt.out_trade_no.clone(),
        order_id: attempt.order_id.clone(),
        cause,
        reason: reason.to_owned(),
        refund_fee,
        state: RefundState::Opened,
        request: String::new(),
        sign_type: attempt.sign_type.clone(),
        asked: 0,
        refund_id: None,
        told: None,
        actor: opening.actor.to_owned(),
        request_key,
        arrived: None,
        created: opening.now,
    }
}

async fn write_down(
    tx: &mut Tx<'_>,
    order: &Order,
    refund: &Refund,
    opening: &RefundOpening<'_>,
) -> Result<(), DbError> {
    refund::insert(tx, refund).await?;
    let at = opening.now;
    due_work::put(
        tx,
        due_work::NewDueWork { kind: due_work::DueKind::Refund, reference: &refund.out_refund_no, at },
        None,
    )
    .await?;
    let detail =
        Some(format!("{} {} fen {}", refund.out_refund_no, refund.refund_fee.0, refund.cause.word()));
    let (id, kind, actor) = (opening.numbers.event, HistoryKind::RefundOpened, opening.actor);
    tell(tx, opening.outlet, &[OrderHappening { id, order, kind, actor, detail, payment: None }], at).await
}

/// What ends with a line or with the order: the seed's `is_return`, the order's
/// state, and what it was placed with and had earned.
async fn end(tx: &mut Tx<'_>, order: &Order, plan: &RefundPlan, now: UtcMs) -> Outcome<()> {
    let finished: Vec<&str> = plan.finished.iter().map(String::as_str).collect();
    order::mark_returned(tx, &order.id, &finished).await?;
    let change = match (plan.extent, order.state) {
        (RefundExtent::Part, _) => return Ok(()),
        (RefundExtent::Whole, OrderState::AwaitingShipment) => OrderChange::Refunded,
        (
            RefundExtent::Whole,
            OrderState::Shipped
            | OrderState::Completed
            | OrderState::Returned
            | OrderState::Refunded
            | OrderState::AwaitingPayment
            | OrderState::Closed,
        ) => OrderChange::Returned,
    };
    let moved = order::advance(tx, order, change, now).await?;
    moved.map_err(|_| tx.raced(format!("{} moved while it was given back", order.id)))?;
    due_work::done(tx, due_work::DueKind::Receive, order.id.as_str()).await?;
    if order.discount.coupon_id.is_some() {
        coupon::give_back(tx, &order.id).await?;
    }
    coupon::end_granted(tx, &order.username, &order.id, now).await?;
    purchase_limit::forget(tx, &order.id).await?;
    points_back(tx, order, now).await
}

/// Points that were spent come back. Points that were earned go, as far as the
/// buyer still has them.
async fn points_back(tx: &mut Tx<'_>, order: &Order, now: UtcMs) -> Outcome<()> {
    let (username, reference, spent) = (&order.username, order.id.as_str(), order.discount.points_used);
    let entry = |cause, points| points::PointsEntry { username, cause, reference, points, pending: 0 };
    if spent > 0 {
        let given = points::add(tx, &[entry(Moved::GiveBack, spent)], now).await?;
        given.map_err(|points::PointsShort| DbError::Engine(format!("the buyer of {} is gone", order.id)))?;
    }
    let earned = points::earned(tx, username, reference).await?;
    let going = earned.min(points::balance(tx, username).await?.spendable);
    if going > 0 {
        let taken = points::add(tx, &[entry(Moved::Return, -going)], now).await?;
        taken.map_err(|points::PointsShort| {
            tx.raced(format!("points of {username} changed in the transaction"))
        })?;
    }
    Ok(())
}

/// Pieces that can be sold again.
async fn restock(tx: &mut Tx<'_>, refund: &Refund, plan: &RefundPlan, now: UtcMs) -> Outcome<()> {
    let mut back: BTreeMap<SkuId, i64> = BTreeMap::new();
    for item in plan.items.iter().filter(|item| item.restocked > 0) {
        *back.entry(item.sku_id).or_default() += item.restocked;
    }
    let reference = refund.out_refund_no.as_str();
    let movement = |(sku_id, num): (&SkuId, &i64)| StockMovement {
        sku_id: *sku_id,
        cause: Moved::Return,
        reference,
        num: *num,
        sale_num: -num,
    };
    stock::record(tx, &back.iter().map(movement).collect::<Vec<_>>(), now).await?;
    let nets: Vec<NetStockChange> =
        back.iter().map(|(sku_id, num)| NetStockChange { sku_id: *sku_id, sold: -num }).collect();
    let given = stock::sell(tx, &nets).await?;
    given.map_err(|stock::StockShort| DbError::Engine(format!("a SKU of {} is gone", refund.order_id)).into())
}

fn not_paid() -> Refusal {
    Refusal::new(
        Reason::WrongState,
        "该订单没有可退的在线付款",
        "This order has no payment by WeChat that could go back.",
    )
}

fn too_many() -> Refusal {
    Refusal::new(
        Reason::WrongState,
        format!("一笔付款最多退款 {REFUNDS_MAX} 次"),
        format!("WeChat takes {REFUNDS_MAX} refunds of one payment at most."),
    )
}
