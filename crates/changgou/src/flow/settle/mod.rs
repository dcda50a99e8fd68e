//! The only place that makes an order paid. Notice, poll, return page and bill
//! all come here with their evidence; whoever comes second finds it done.

mod reopen;

use crate::flow::refund::{self, Numbers, Opening};
use crate::flow::tell::{self, Outlet, Told};
use crate::flow::{App, Outcome, coupon, notice};
use crate::ground::db::{DbError, Tx};
use crate::ground::gateway::{Evidence, Gateway, Notice};
use crate::nouns::order::event;
use crate::nouns::order::{self, Change, Item, Order};
use crate::nouns::payment::attempt::{self, Attempt, State};
use crate::nouns::payment::flag::{self, NewFlag};
use crate::nouns::payment::inbox::{self, Arrived};
use crate::nouns::payment::refund::Cause;
use crate::nouns::{due, points};
use crate::values::clock::UtcMs;
use crate::values::id::{Id, OrderId};
use crate::values::status::OrderState;

/// Flags one list shows.
const FLAGS_SHOWN_MAX: i64 = 500;

/// What became of the evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The order is paid now.
    Paid,
    /// It was settled before, by this very payment.
    Before,
    /// The order was closed first; its goods are there and it goes on, paid.
    Reopened,
    /// The order was closed first, and cannot go on: the money goes back.
    AfterClose,
    /// Another payment had paid the order: this one goes back.
    Twice,
    /// It does not fit what was asked: nothing is paid, a person decides.
    Mismatch,
    /// No attempt has this number.
    Unknown,
}

impl Settled {
    /// A stable word for metrics and the inbox.
    pub fn word(self) -> &'static str {
        match self {
            Settled::Paid => "paid",
            Settled::Reopened => "reopened",
            Settled::Before => "before",
            Settled::AfterClose => "after_close",
            Settled::Twice => "twice",
            Settled::Mismatch => "mismatch",
            Settled::Unknown => "unknown",
        }
    }
}

/// What the door tells WeChat about a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It is kept; do not send it again.
    Kept,
    /// It is not believed, or cannot be placed yet; the word says why.
    Refused(&'static str),
}

/// How evidence came to the shop.
#[derive(Clone, Debug)]
pub enum Source {
    /// WeChat told it, by this notice.
    Notice(String),
    /// Another told it through the broker, by this notice of WeChat's.
    Broker(String),
    /// The shop asked WeChat.
    Query,
}

/// Takes a notice in: verified with the signature its attempt is pinned to,
/// kept and settled in one transaction, and only then acknowledged.
pub async fn notice(app: &App, body: Vec<u8>) -> Outcome<Reply> {
    verified(app, body, Source::Notice).await
}

/// Takes a payment result from the broker in. It is a notice in other clothes,
/// and believed no more than one.
pub async fn result(app: &App, json: &[u8]) -> Outcome<Reply> {
    let Some(body) = Gateway::notice_from_json(json) else { return Ok(Reply::Refused("malformed")) };
    if let Some(number) = Gateway::claimed(&body)
        && let Some(attempt) = notice::attempt_of_v3(app, number).await?
    {
        return notice::asked(app, &attempt).await;
    }
    verified(app, body, Source::Broker).await
}

async fn verified(app: &App, body: Vec<u8>, came: fn(String) -> Source) -> Outcome<Reply> {
    let Some(number) = Gateway::claimed(&body) else {
        return Ok(Reply::Refused("malformed"));
    };
    let Some(pinned) = pinned(app, number).await? else {
        return Ok(Reply::Refused("unknown_trade"));
    };
    match app.gateway.read_notice(&body, &pinned) {
        Err(disbelieved) => Ok(Reply::Refused(disbelieved.label)),
        Ok(Notice::NotPaid) => Ok(Reply::Kept),
        Ok(Notice::Paid(evidence)) => {
            settle(app, evidence, came(String::from_utf8_lossy(&body).into_owned())).await?;
            Ok(Reply::Kept)
        }
    }
}

async fn pinned(app: &App, number: String) -> Outcome<Option<String>> {
    let found = app.db.read(async move |tx| attempt::find(tx, &number).await).await?;
    Ok(found.map(|attempt| attempt.sign_type))
}

/// Settles what is proven.
pub async fn settle(app: &App, evidence: Evidence, source: Source) -> Outcome<Settled> {
    let (now, ids, rewards) = (app.now(), [app.id(), app.id(), app.id()], coupon::reward_ids(app));
    let numbers = Numbers::of(app);
    let (number, outlet) = (evidence.out_trade_no.clone(), app.outlet.clone());
    let (settled, order) = app
        .db
        .write(async move |tx| {
            let opening = Opening { outlet: &outlet, actor: "shop", numbers, now };
            let (settled, order) = settle_in(tx, &evidence, ids, &rewards, &opening).await?;
            note_source(tx, &outlet, &evidence, &source, settled, ids[2], now).await?;
            Ok::<_, DbError>((settled, order))
        })
        .await?;
    app.outlet.wake();
    metrics::counter!("changgou_settled_total", "outcome" => settled.word()).increment(1);
    tracing::info!(out_trade_no = number, outcome = settled.word(), "evidence of a payment");
    if let Some(order) = order {
        app.changed(&order);
    }
    Ok(settled)
}

/// A notice is kept, and passed on the first time. What came through the broker
/// is not passed on: it would come back for ever; and where the shop has it
/// already it was the shop's own.
async fn note_source(
    tx: &mut Tx<'_>,
    outlet: &Outlet,
    evidence: &Evidence,
    source: &Source,
    settled: Settled,
    id: Id,
    now: UtcMs,
) -> Result<(), DbError> {
    let is_news = !matches!(settled, Settled::Before | Settled::Unknown);
    match source {
        Source::Query => Ok(()),
        Source::Broker(_) if !is_news => Ok(()),
        Source::Broker(body) => keep(tx, evidence, body, settled, id, now).await,
        Source::Notice(body) => {
            keep(tx, evidence, body, settled, id, now).await?;
            if is_news { tell::pass_on(tx, outlet, id, body, evidence, now).await } else { Ok(()) }
        }
    }
}

async fn keep(
    tx: &mut Tx<'_>,
    evidence: &Evidence,
    body: &str,
    settled: Settled,
    id: Id,
    now: UtcMs,
) -> Result<(), DbError> {
    let Evidence { out_trade_no, transaction_id, .. } = evidence;
    let meaning = format!("paid:{out_trade_no}:{transaction_id}");
    inbox::keep(tx, Arrived { id, meaning: &meaning, out_trade_no, body, outcome: settled.word() }, now).await
}

async fn settle_in(
    tx: &mut Tx<'_>,
    evidence: &Evidence,
    [event_id, flag_id, _]: [Id; 3],
    rewards: &[[Id; 2]],
    opening: &Opening<'_>,
) -> Result<(Settled, Option<OrderId>), DbError> {
    let (outlet, now) = (opening.outlet, opening.now);
    let Some(attempt) = attempt::find(tx, &evidence.out_trade_no).await? else {
        return Ok((Settled::Unknown, None));
    };
    let order = order::lock(tx, &attempt.order_id).await?.ok_or(DbError::NoRow)?;
    let bound = attempt::by_transaction(tx, &evidence.transaction_id).await?;
    let (settled, goods) = go_on(tx, judge(&attempt, bound.as_ref(), &order, evidence), &order).await?;
    match settled {
        Settled::Before | Settled::Unknown => return Ok((settled, None)),
        Settled::Paid => {
            coupon::reward(tx, outlet, &order, rewards, now).await?;
            points::confirm(tx, &order.username, order.id.as_str()).await?;
            pay(tx, &attempt, &order, evidence, now).await?;
        }
        Settled::Reopened => {
            coupon::reward(tx, outlet, &order, rewards, now).await?;
            tell_of(tx, event::Kind::Reopened, &order, evidence, (event_id, opening)).await?;
        }
        Settled::AfterClose | Settled::Twice | Settled::Mismatch => {
            if !set_aside(tx, &attempt, bound.as_ref(), evidence, settled, flag_id, now).await? {
                return Ok((Settled::Before, None));
            }
        }
    }
    let event_id = if goods.is_some() { opening.numbers.event_id() } else { event_id };
    tell_of(tx, kind(settled), &order, evidence, (event_id, opening)).await?;
    match (settled, goods) {
        (Settled::Reopened, goods) => {
            reopen::reopen(tx, &attempt, &order, &goods.unwrap_or_default(), evidence, now).await?;
        }
        (Settled::AfterClose | Settled::Twice, _) => {
            give_back(tx, &attempt, &order, evidence, settled, opening).await?
        }
        (Settled::Paid | Settled::Before | Settled::Unknown | Settled::Mismatch, _) => {}
    }
    Ok((settled, Some(order.id)))
}

/// Whether an order that was closed before goes on, and with which lines.
async fn go_on(
    tx: &mut Tx<'_>,
    settled: Settled,
    order: &Order,
) -> Result<(Settled, Option<Vec<Item>>), DbError> {
    if settled != Settled::AfterClose {
        return Ok((settled, None));
    }
    let goods = reopen::goods(tx, order).await?;
    Ok((if goods.is_some() { Settled::Reopened } else { settled }, goods))
}

/// Money that came for nothing goes back of its own accord.
async fn give_back(
    tx: &mut Tx<'_>,
    attempt: &Attempt,
    order: &Order,
    evidence: &Evidence,
    settled: Settled,
    opening: &Opening<'_>,
) -> Result<(), DbError> {
    let cause = if settled == Settled::Twice { Cause::PaidTwice } else { Cause::PaidAfterClose };
    refund::held(tx, order, attempt, cause, evidence.total_fee, opening).await.map(drop)
}

fn kind(settled: Settled) -> event::Kind {
    match settled {
        Settled::AfterClose => event::Kind::PaidAfterClose,
        Settled::Twice => event::Kind::PaidTwice,
        Settled::Mismatch => event::Kind::Mismatch,
        Settled::Paid | Settled::Reopened | Settled::Before | Settled::Unknown => event::Kind::Paid,
    }
}

async fn tell_of(
    tx: &mut Tx<'_>,
    kind: event::Kind,
    order: &Order,
    evidence: &Evidence,
    (id, opening): (Id, &Opening<'_>),
) -> Result<(), DbError> {
    let detail = Some(format!("{} {} fen", evidence.transaction_id, evidence.total_fee.0));
    let told = Told { id, order, kind, actor: "wechat", detail, payment: Some(evidence) };
    tell::tell(tx, opening.outlet, &[told], opening.now).await
}

/// What the evidence means, given where attempt and order stand and to which
/// attempt, if any, this payment was bound before.
fn judge(attempt: &Attempt, bound: Option<&Attempt>, order: &Order, evidence: &Evidence) -> Settled {
    match (attempt.state, bound) {
        (_, Some(bound)) if bound.out_trade_no == attempt.out_trade_no => Settled::Before,
        // One payment for two numbers, or two for one: WeChat does neither. A person looks.
        (_, Some(_)) | (State::Paid | State::PaidLate | State::PaidTwice | State::Held, None) => {
            Settled::Mismatch
        }
        (State::Opened | State::Waiting | State::Closed, None) if !fits(attempt, evidence) => {
            Settled::Mismatch
        }
        (State::Opened | State::Waiting | State::Closed, None) => match order.state {
            OrderState::AwaitingPayment => Settled::Paid,
            OrderState::Closed => Settled::AfterClose,
            OrderState::AwaitingShipment
            | OrderState::Shipped
            | OrderState::Completed
            | OrderState::Returned
            | OrderState::Refunded => Settled::Twice,
        },
    }
}

/// Amount, currency and kind of trade are what was asked for. That appid and
/// merchant are ours the gateway has checked before it called this evidence.
fn fits(attempt: &Attempt, evidence: &Evidence) -> bool {
    evidence.total_fee == attempt.total_fee && evidence.currency == "CNY" && evidence.trade_type == "NATIVE"
}

async fn pay(
    tx: &mut Tx<'_>,
    attempt: &Attempt,
    order: &Order,
    evidence: &Evidence,
    now: UtcMs,
) -> Result<(), DbError> {
    let overtaken = format!("{} moved while it was settled", attempt.out_trade_no);
    if !attempt::note_money(tx, attempt, evidence, State::Paid).await? {
        return Err(tx.raced(overtaken));
    }
    let change = Change::Paid { transaction_id: &evidence.transaction_id, at: evidence.paid };
    order::advance(tx, order, change, now).await?.map_err(|_| tx.raced(overtaken))?;
    due::done(tx, due::Kind::Close, order.id.as_str()).await?;
    due::done(tx, due::Kind::Ask, &attempt.out_trade_no).await?;
    give_up_others(tx, order, now).await
}

/// An attempt that was given up may be paid after all while a newer one is
/// live: nobody shall pay that one too.
async fn give_up_others(tx: &mut Tx<'_>, order: &Order, now: UtcMs) -> Result<(), DbError> {
    let Some(live) = attempt::live(tx, &order.id).await? else {
        return Ok(());
    };
    attempt::close(tx, &live.out_trade_no).await?;
    due::done(tx, due::Kind::Ask, &live.out_trade_no).await?;
    let owed = due::Owed { kind: due::Kind::Withdraw, reference: &live.out_trade_no, at: now };
    due::put(tx, owed, None).await
}

/// Money that does not pay the order stays visible until a person has decided;
/// `false` if it is set aside already.
async fn set_aside(
    tx: &mut Tx<'_>,
    attempt: &Attempt,
    bound: Option<&Attempt>,
    evidence: &Evidence,
    settled: Settled,
    id: Id,
    now: UtcMs,
) -> Result<bool, DbError> {
    let (kind, to, detail) = match settled {
        Settled::AfterClose => (flag::Kind::PaidAfterClose, State::PaidLate, "the order was closed before"),
        Settled::Twice => (flag::Kind::PaidTwice, State::PaidTwice, "another payment had paid the order"),
        Settled::Mismatch | Settled::Paid | Settled::Reopened | Settled::Before | Settled::Unknown => {
            (flag::Kind::Mismatch, State::Held, "it is not what was asked for")
        }
    };
    // An attempt that keeps a payment already is left as it is; the flag tells of the other one.
    let takes_it = attempt.transaction_id.is_none() && bound.is_none();
    if takes_it && !attempt::note_money(tx, attempt, evidence, to).await? {
        return Err(tx.raced(format!("{} moved while it was settled", attempt.out_trade_no)));
    }
    let Evidence { out_trade_no, transaction_id, total_fee, .. } = evidence;
    let detail =
        format!("{detail}; asked {} fen, got {} fen {}", attempt.total_fee.0, total_fee.0, evidence.currency);
    let (order_id, total_fee) = (&attempt.order_id, *total_fee);
    flag::raise(
        tx,
        &NewFlag { id, kind, out_trade_no, transaction_id, order_id, total_fee, detail: &detail },
        now,
    )
    .await
}

/// Money that waits for a person, the longest first.
pub async fn waiting(app: &App) -> Outcome<Vec<flag::Flag>> {
    Ok(app.db.read(async move |tx| flag::waiting(tx, FLAGS_SHOWN_MAX).await).await?)
}
