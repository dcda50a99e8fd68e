//! Closing an order that was not paid: closed at WeChat first, confirmed, and
//! only then is anything given back. While WeChat may still take the money,
//! stock and points stay taken.

use std::collections::BTreeMap;

use crate::domain::clock::UtcMs;
use crate::domain::id::{Id, OrderId, SkuId};
use crate::domain::ledger::Cause;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::status::OrderState;
use crate::flow::events::{Outlet, Told, tell};
use crate::flow::{App, Error, Outcome, pay};
use crate::infra::db::{DbError, Tx};
use crate::infra::gateway::{Close, Trade};
use crate::store::order::history::Kind;
use crate::store::order::{self, Change, Order};
use crate::store::payment::attempt::{self, Attempt};
use crate::store::stock::{self, Movement, Net};
use crate::store::{coupon, due_work, points, purchase_limit};

/// Why an order closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The buyer gave it up.
    Buyer,
    /// It was not paid in time.
    Expired,
}

impl Why {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Why::Buyer => "buyer",
            Why::Expired => "expired",
        }
    }

    /// What a stored word means.
    pub fn read(word: Option<&str>) -> Why {
        if word == Some("buyer") { Why::Buyer } else { Why::Expired }
    }
}

/// How closing ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It is closed, now or before.
    Closed,
    /// It was paid first.
    Paid,
    /// WeChat has not confirmed yet; it will be asked again.
    Asked,
}

/// How a buyer's wish to cancel ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancelled {
    /// The order is closed, now or before.
    Closed,
    /// WeChat has not confirmed yet; the worker goes on with it.
    Asked,
}

/// What WeChat says about an attempt that is to be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmed {
    /// It can no longer be paid, or its money is settled. Whether that paid the
    /// order, the order says: it may have been other money than was asked for.
    Over,
    /// Not known: it may still be paid.
    Unclear,
}

/// Closes a buyer's own order, unless it is paid.
pub async fn cancel(app: &App, username: &str, id: &OrderId) -> Outcome<Cancelled> {
    let (name, order_id) = (username.to_owned(), id.clone());
    let order = app.db.read(async move |tx| order::of(tx, &name, &order_id).await).await?;
    let order = order.ok_or_else(|| Refusal::not_found("订单", "order"))?;
    match order.state {
        OrderState::Closed => return Ok(Cancelled::Closed),
        OrderState::AwaitingPayment => {}
        OrderState::AwaitingShipment
        | OrderState::Shipped
        | OrderState::Completed
        | OrderState::Returned
        | OrderState::Refunded => {
            return Err(too_late().into());
        }
    }
    match close(app, id, Why::Buyer).await? {
        Ended::Closed => Ok(Cancelled::Closed),
        Ended::Paid => Err(too_late().into()),
        Ended::Asked => remember_wish(app, order).await.map(|()| Cancelled::Asked),
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
            let (kind, actor) = (Kind::CloseAsked, order.username.as_str());
            let told = Told { id, order: &order, kind, actor, detail: None, payment: None };
            tell(tx, &outlet, &[told], now).await?;
            let owed = due_work::Owed { kind: due_work::Kind::Close, reference: order.id.as_str(), at: now };
            due_work::put(tx, owed, Some(Why::Buyer.word())).await?;
            Ok::<_, Error>(())
        })
        .await;
    app.outlet.wake();
    remembered
}

/// Closes an order that is not paid.
pub async fn close(app: &App, id: &OrderId, why: Why) -> Outcome<Ended> {
    loop {
        let (order_id, event_id, outlet, now) = (id.clone(), app.id(), app.outlet.clone(), app.now());
        let step =
            app.db.write(async move |tx| close_in(tx, &outlet, &order_id, why, event_id, now).await).await?;
        match step {
            Step::Done => {
                app.outlet.wake();
                app.changed(id);
                return Ok(Ended::Closed);
            }
            Step::NotOpen(OrderState::Closed) => return Ok(Ended::Closed),
            Step::NotOpen(
                OrderState::AwaitingPayment
                | OrderState::AwaitingShipment
                | OrderState::Shipped
                | OrderState::Completed
                | OrderState::Returned
                | OrderState::Refunded,
            ) => return Ok(Ended::Paid),
            Step::Live(attempt) => match confirm(app, &attempt).await? {
                Confirmed::Over => {}
                Confirmed::Unclear => return Ok(Ended::Asked),
            },
        }
    }
}

enum Step {
    Done,
    NotOpen(OrderState),
    Live(Box<Attempt>),
}

/// Closes an order by which nothing can be paid any more, and gives everything back.
async fn close_in(
    tx: &mut Tx<'_>,
    outlet: &Outlet,
    id: &OrderId,
    why: Why,
    event_id: Id,
    now: UtcMs,
) -> Outcome<Step> {
    let order = order::lock(tx, id).await?.ok_or_else(|| Refusal::not_found("订单", "order"))?;
    if order.state != OrderState::AwaitingPayment {
        due_work::done(tx, due_work::Kind::Close, id.as_str()).await?;
        return Ok(Step::NotOpen(order.state));
    }
    if let Some(attempt) = attempt::live(tx, id).await? {
        return Ok(Step::Live(Box::new(attempt)));
    }
    let moved = order::advance(tx, &order, Change::Closed { reason: why.word() }, now).await?;
    moved.map_err(|_| tx.raced(format!("{id} moved while it was closed")))?;
    let actor = match why {
        Why::Buyer => order.username.as_str(),
        Why::Expired => "shop",
    };
    let detail = Some(why.word().to_owned());
    let told = Told { id: event_id, order: &order, kind: Kind::Closed, actor, detail, payment: None };
    tell(tx, outlet, &[told], now).await?;
    due_work::done(tx, due_work::Kind::Close, id.as_str()).await?;
    give_back(tx, &order, now).await?;
    Ok(Step::Done)
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
    let nets: Vec<Net> = back.iter().map(|(sku_id, num)| Net { sku_id: *sku_id, sold: -num }).collect();
    let (cause, reference) = (Cause::Close, order.id.as_str());
    let back = back.into_iter();
    let back = back.map(|(sku_id, num)| Movement { sku_id, cause, reference, num, sale_num: -num });
    stock::record(tx, &back.collect::<Vec<_>>(), now).await?;
    let given = stock::sell(tx, &nets).await?;
    given.map_err(|stock::Short| DbError::Engine(format!("a SKU of {} is gone", order.id)).into())
}

/// What the order spent comes back, and what it earned goes: it could not be
/// spent meanwhile.
async fn points_back(tx: &mut Tx<'_>, order: &Order, now: UtcMs) -> Outcome<()> {
    let (username, reference, spent) = (&order.username, order.id.as_str(), order.discount.points_used);
    let earned = points::earned(tx, username, reference).await?;
    let entry = |cause, points, pending| points::Entry { username, cause, reference, points, pending };
    let both = [entry(Cause::GiveBack, spent, 0), entry(Cause::Close, -earned, -earned)];
    let entries: Vec<_> = both.into_iter().filter(|entry| entry.points != 0).collect();
    let moved = points::add(tx, &entries, now).await?;
    moved.map_err(|points::Short| tx.raced(format!("points of {username} changed in the transaction")))?;
    Ok(())
}

/// Makes sure that an attempt can no longer be paid, or settles it if it was.
pub async fn confirm(app: &App, attempt: &Attempt) -> Outcome<Confirmed> {
    if attempt.asked == 0 {
        return end(app, attempt).await;
    }
    match app.gateway.close(&attempt.out_trade_no, &attempt.sign_type).await {
        Close::Closed => end(app, attempt).await,
        Close::Paid | Close::Missing => by_query(app, attempt).await,
        Close::Unknown(why) => {
            tracing::warn!(out_trade_no = attempt.out_trade_no, why, "closing at WeChat is unclear");
            Ok(Confirmed::Unclear)
        }
    }
}

async fn by_query(app: &App, attempt: &Attempt) -> Outcome<Confirmed> {
    match pay::query_payment(app, attempt).await? {
        Trade::Paid(_) => settled(app, &attempt.out_trade_no).await,
        Trade::Closed | Trade::Missing => end(app, attempt).await,
        Trade::Open | Trade::Unknown(_) => Ok(Confirmed::Unclear),
    }
}

/// What settling left of an attempt: it stays live only where its money is
/// kept by another already, and then nothing is clear.
pub async fn settled(app: &App, number: &str) -> Outcome<Confirmed> {
    let number = number.to_owned();
    let attempt = app.db.read(async move |tx| attempt::find(tx, &number).await).await?;
    let is_live = attempt.is_some_and(|attempt| attempt.state.is_live());
    Ok(if is_live { Confirmed::Unclear } else { Confirmed::Over })
}

/// Closes an attempt at WeChat that the shop itself has given up, because
/// another has paid the order; `false` until WeChat confirms.
pub async fn withdraw(app: &App, number: &str) -> Outcome<bool> {
    let wanted = number.to_owned();
    let attempt = app.db.read(async move |tx| attempt::find(tx, &wanted).await).await?;
    let attempt = attempt.ok_or(DbError::NoRow)?;
    match app.gateway.close(number, &attempt.sign_type).await {
        Close::Closed | Close::Missing => Ok(true),
        Close::Paid => Ok(matches!(pay::query_payment(app, &attempt).await?, Trade::Paid(_))),
        Close::Unknown(why) => {
            tracing::warn!(out_trade_no = number, why, "withdrawing at WeChat is unclear");
            Ok(false)
        }
    }
}

/// Notes that the attempt is over, unless its money arrived meanwhile or
/// somebody has just begun to ask WeChat for it.
pub async fn end(app: &App, attempt: &Attempt) -> Outcome<Confirmed> {
    let (number, asked) = (attempt.out_trade_no.clone(), attempt.asked);
    app.db
        .write(async move |tx| {
            let now_there = attempt::lock(tx, &number).await?.ok_or(DbError::NoRow)?;
            if !now_there.state.is_live() {
                return Ok(Confirmed::Over);
            }
            if now_there.asked != asked {
                return Ok(Confirmed::Unclear);
            }
            attempt::close(tx, &number).await?;
            due_work::done(tx, due_work::Kind::Ask, &number).await?;
            Ok::<_, Error>(Confirmed::Over)
        })
        .await
}
