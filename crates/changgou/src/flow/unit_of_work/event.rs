//! Events of orders: in the order's own history, and as messages to other systems.
//! Both are written in the transaction of the change, so neither exists without the
//! other. `docs/events.md` describes the messages.

use serde::Serialize;

use crate::domain::clock::UtcMs;
use crate::domain::id::Id;
use crate::infra::db::{DbError, Tx};
use crate::infra::gateway::{Evidence, Gateway};
use crate::infra::queue::MessageDestination;
use crate::store::order::Order;
use crate::store::order::history::{self, HistoryKind, NewHistoryEvent};
use crate::store::outbox::{self, NewMessage};

/// The version of the messages. It rises when receivers have to change.
const VERSION: u8 = 1;

/// The routing key of payment results, as in the Java shop.
const RESULT_KEY: &str = "queue.order";

/// Something that happened to an order.
#[derive(Clone, Debug)]
pub struct OrderEvent<'a> {
    /// The order, with the sums it was placed with.
    pub order: &'a Order,
    pub kind: HistoryKind,
    /// Who did it: a username, `wechat` or `shop`.
    pub actor: &'a str,
    pub detail: Option<String>,
    /// The payment, if the event is about one.
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

pub(super) async fn insert_history(
    tx: &mut Tx<'_>,
    events: &[(Id, &OrderEvent<'_>)],
    at: UtcMs,
) -> Result<(), DbError> {
    let rows: Vec<NewHistoryEvent<'_>> = events.iter().map(|numbered| history_row(*numbered)).collect();
    history::insert_many(tx, &rows, at).await
}

fn history_row<'a>((id, event): (Id, &'a OrderEvent<'_>)) -> NewHistoryEvent<'a> {
    let OrderEvent { order, kind, actor, detail, .. } = event;
    NewHistoryEvent { id, order_id: &order.id, kind: *kind, actor, detail: detail.clone() }
}

pub(super) async fn insert_messages(
    tx: &mut Tx<'_>,
    events: &[(Id, &OrderEvent<'_>)],
    at: UtcMs,
) -> Result<(), DbError> {
    let messages = events.iter().map(|(id, event)| message(*id, event, at)).collect::<Result<Vec<_>, _>>()?;
    outbox::insert_many(tx, &messages, at).await
}

fn message(id: Id, event: &OrderEvent<'_>, at: UtcMs) -> Result<NewMessage<'static>, DbError> {
    let routing_key = routing_key(event.kind);
    let body = serde_json::to_string(&body(id, event, routing_key, at)).map_err(|error| not_json(&error))?;
    Ok(NewMessage { id, destination: MessageDestination::Events, routing_key, body })
}

fn not_json(error: &serde_json::Error) -> DbError {
    DbError::Engine(format!("an event cannot be written as JSON: {error}"))
}

fn body<'a>(id: Id, event: &'a OrderEvent<'_>, kind: &'a str, at: UtcMs) -> Body<'a> {
    let OrderEvent { order, actor, detail, payment, .. } = event;
    Body {
        version: VERSION,
        id,
        kind,
        order_id: order.id.as_str(),
        username: &order.username,
        actor,
        at: at.rfc3339(),
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

/// The kind of an event in messages, and their routing key.
fn routing_key(kind: HistoryKind) -> &'static str {
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
    /// Its id in the inbox.
    pub id: Id,
    /// The notice as it arrived.
    pub notice: &'a str,
    /// What it proves.
    pub evidence: &'a Evidence,
}

/// Writes notices to the outbox as the Java shop does: all fields, with WeChat's
/// signature, as one JSON object. Notices of API v3 are encrypted, so their decrypted
/// content is passed on.
pub(super) async fn insert_notices(
    tx: &mut Tx<'_>,
    notices: &[ForwardedNotice<'_>],
    at: UtcMs,
) -> Result<(), DbError> {
    let messages: Vec<NewMessage<'_>> = notices.iter().filter_map(payment_result).collect();
    outbox::insert_many(tx, &messages, at).await
}

fn payment_result(forwarded: &ForwardedNotice<'_>) -> Option<NewMessage<'static>> {
    let ForwardedNotice { id, notice, evidence } = *forwarded;
    let body = Gateway::notice_as_json(notice).or_else(|| Gateway::evidence_as_json(evidence))?;
    Some(NewMessage { id, destination: MessageDestination::PaymentResults, routing_key: RESULT_KEY, body })
}
