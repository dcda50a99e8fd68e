//! Telling what happened: to the order's own history, and, where there is a
//! broker, to other systems by a message. Both are written in the transaction
//! of the change, so neither is without the other. `docs/events.md` says what
//! the messages look like.

use std::sync::Arc;

use serde::Serialize;
use tokio::sync::Notify;

use crate::domain::clock::UtcMs;
use crate::domain::id::Id;
use crate::infra::db::{DbError, Tx};
use crate::infra::gateway::{Evidence, Gateway};
use crate::infra::queue::MessageDestination;
use crate::store::order::Order;
use crate::store::order::history::{self, HistoryKind, NewHistoryEvent};
use crate::store::outbox::{self, NewMessage};

/// The version of the messages; another one when a receiver would have to change.
const VERSION: u8 = 1;

/// The routing key of payment results, as the Java shop has it.
const RESULT_KEY: &str = "queue.order";

/// Where messages to other systems are left; with no broker nothing is, and
/// nothing is written.
#[derive(Clone, Debug, Default)]
pub struct EventOutlet(Option<Arc<Notify>>);

impl EventOutlet {
    /// One that a relay empties.
    pub fn open() -> EventOutlet {
        EventOutlet(Some(Arc::default()))
    }

    /// Tells the relay of this node that something was committed.
    pub fn wake(&self) {
        if let Some(relay) = &self.0 {
            relay.notify_one();
        }
    }

    /// Waits until something was committed on this node.
    pub async fn woken(&self) {
        match &self.0 {
            Some(relay) => relay.notified().await,
            None => std::future::pending().await,
        }
    }

    fn is_open(&self) -> bool {
        self.0.is_some()
    }
}

/// Something that happened to an order.
#[derive(Clone, Debug)]
pub struct OrderHappening<'a> {
    /// The event's number.
    pub id: Id,
    /// The order, with the sums it was placed with.
    pub order: &'a Order,
    /// What happened.
    pub kind: HistoryKind,
    /// Who did it: a username, `wechat` or `shop`.
    pub actor: &'a str,
    /// A word more.
    pub detail: Option<String>,
    /// The payment, where it is about one.
    pub payment: Option<&'a Evidence>,
}

/// An event as other systems read it. Amounts are in fen.
#[derive(Serialize)]
struct Body<'a> {
    version: u8,
    id: Id,
    kind: &'a str,
    order_id: &'a str,
    username: &'a str,
    actor: &'a str,
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    total_num: i64,
    total_money: i64,
    pre_money: i64,
    post_fee: i64,
    pay_money: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    out_trade_no: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_fee: Option<i64>,
}

/// Tells what happened.
pub async fn tell(
    tx: &mut Tx<'_>,
    outlet: &EventOutlet,
    told: &[OrderHappening<'_>],
    now: UtcMs,
) -> Result<(), DbError> {
    history::insert_many(tx, &told.iter().map(event).collect::<Vec<_>>(), now).await?;
    if !outlet.is_open() {
        return Ok(());
    }
    let messages = told.iter().map(|one| message(one, now)).collect::<Result<Vec<_>, _>>()?;
    outbox::insert_many(tx, &messages, now).await
}

fn event<'a>(told: &'a OrderHappening<'_>) -> NewHistoryEvent<'a> {
    let OrderHappening { id, order, kind, actor, .. } = *told;
    NewHistoryEvent { id, order_id: &order.id, kind, actor, detail: told.detail.clone() }
}

fn message(told: &OrderHappening<'_>, now: UtcMs) -> Result<NewMessage<'static>, DbError> {
    let routing_key = routing_key(told.kind);
    let body = serde_json::to_string(&body(told, routing_key, now)).map_err(|error| unwritable(&error))?;
    Ok(NewMessage { id: told.id, destination: MessageDestination::Events, routing_key, body })
}

fn unwritable(error: &serde_json::Error) -> DbError {
    DbError::Engine(format!("an event cannot be written: {error}"))
}

fn body<'a>(told: &'a OrderHappening<'_>, kind: &'a str, now: UtcMs) -> Body<'a> {
    let OrderHappening { id, order, actor, detail, payment, .. } = told;
    Body {
        version: VERSION,
        id: *id,
        kind,
        order_id: order.id.as_str(),
        username: &order.username,
        actor,
        at: now.rfc3339(),
        detail: detail.as_deref(),
        total_num: order.quote.total_num,
        total_money: order.quote.total_money.0,
        pre_money: order.quote.pre_money.0,
        post_fee: order.quote.post_fee.0,
        pay_money: order.quote.pay_money.0,
        transaction_id: payment.map(|payment| payment.transaction_id.as_str()),
        out_trade_no: payment.map(|payment| payment.out_trade_no.as_str()),
        total_fee: payment.map(|payment| payment.total_fee.0),
    }
}

/// The kind of an event outside this program, and its routing key.
pub fn routing_key(kind: HistoryKind) -> &'static str {
    match kind {
        HistoryKind::Placed => "order.placed",
        HistoryKind::Paid => "order.paid",
        HistoryKind::Shipped => "order.shipped",
        HistoryKind::Received => "order.received",
        HistoryKind::Closed => "order.closed",
        HistoryKind::CloseAsked => "order.close_asked",
        HistoryKind::CouponGranted => "order.coupon_granted",
        HistoryKind::PaidAfterClose => "payment.paid_after_close",
        HistoryKind::PaidTwice => "payment.paid_twice",
        HistoryKind::Mismatch => "payment.mismatch",
        HistoryKind::Reopened => "order.reopened",
        HistoryKind::RefundAsked => "refund.asked",
        HistoryKind::RefundDenied => "refund.denied",
        HistoryKind::RefundOpened => "refund.opened",
        HistoryKind::Refunded => "refund.done",
        HistoryKind::RefundTrouble => "refund.trouble",
    }
}

/// A verified notice that is passed on.
#[derive(Clone, Copy, Debug)]
pub struct ForwardedNotice<'a> {
    /// Its number in the inbox.
    pub id: Id,
    /// As it came.
    pub notice: &'a str,
    /// What it proves.
    pub evidence: &'a Evidence,
}

/// Passes verified notices on, as the Java shop does: all their fields, WeChat's
/// signature included, as one JSON object; of API v3, whose notices are sealed,
/// what they say.
pub async fn pass_on(
    tx: &mut Tx<'_>,
    outlet: &EventOutlet,
    passed: &[ForwardedNotice<'_>],
    now: UtcMs,
) -> Result<(), DbError> {
    if !outlet.is_open() {
        return Ok(());
    }
    let messages: Vec<NewMessage<'_>> = passed.iter().filter_map(result).collect();
    outbox::insert_many(tx, &messages, now).await
}

fn result(passed: &ForwardedNotice<'_>) -> Option<NewMessage<'static>> {
    let ForwardedNotice { id, notice, evidence } = *passed;
    let body = Gateway::notice_as_json(notice).or_else(|| Gateway::evidence_as_json(evidence))?;
    Some(NewMessage { id, destination: MessageDestination::PaymentResults, routing_key: RESULT_KEY, body })
}
