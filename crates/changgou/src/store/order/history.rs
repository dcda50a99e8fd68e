//! The history of an order: one row per event.

use crate::domain::clock::UtcMs;
use crate::domain::id::{Id, OrderId};
use crate::domain::words::word_enum;
use crate::infra::db::{DbError, Tx, Value, from_row, params};

word_enum! {
    /// An event in the history of an order.
    pub enum HistoryKind {
        Placed = "placed",
        Paid = "paid",
        Shipped = "shipped",
        Received = "received",
        Closed = "closed",
        /// Closing was requested and waits for WeChat.
        CloseAsked = "close_asked",
        /// The buyer was granted a coupon for the payment.
        CouponGranted = "coupon_granted",
        /// A payment arrived after the order was closed.
        PaidAfterClose = "paid_after_close",
        /// A second payment arrived.
        PaidTwice = "paid_twice",
        /// A payment arrived that does not match the order.
        Mismatch = "mismatch",
        /// A payment arrived after the order was closed, and its stock was taken again.
        Reopened = "reopened",
        /// The buyer requests a refund of shipped goods.
        RefundAsked = "refund_asked",
        /// An operator denied the requested refund.
        RefundDenied = "refund_denied",
        /// A refund was started.
        RefundOpened = "refund_opened",
        /// The buyer has received the money.
        Refunded = "refunded",
        /// The refund failed and needs an operator.
        RefundTrouble = "refund_trouble",
    }
}

/// A row to be inserted.
#[derive(Clone, Debug)]
pub struct NewHistoryEvent<'a> {
    pub id: Id,
    pub order_id: &'a OrderId,
    /// An event in the history of an order.
    pub kind: HistoryKind,
    /// A username, `wechat` or `shop`.
    pub actor: &'a str,
    pub detail: Option<String>,
}

/// A stored row.
#[derive(Clone, Debug)]
pub struct HistoryEvent {
    /// An event in the history of an order.
    pub kind: String,
    pub actor: String,
    pub detail: Option<String>,
    pub at: UtcMs,
}

from_row! { HistoryEvent { kind, actor, detail, at: at_ms } }

pub async fn insert_many(tx: &mut Tx<'_>, events: &[NewHistoryEvent<'_>], now: UtcMs) -> Result<(), DbError> {
    let rows: Vec<[Value<'_>; 6]> = events.iter().map(|event| row(event, now)).collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 6]>::as_slice).collect();
    tx.insert_many("insert into order_event (id, order_id, kind, actor, detail, at_ms)", &rows).await
}

fn row<'a>(event: &'a NewHistoryEvent<'_>, now: UtcMs) -> [Value<'a>; 6] {
    let detail = event.detail.as_deref();
    [
        event.id.into(),
        event.order_id.into(),
        event.kind.word().into(),
        event.actor.into(),
        detail.into(),
        now.0.into(),
    ]
}

/// In the order in which it happened.
pub async fn list_for_order(tx: &mut Tx<'_>, order: &OrderId) -> Result<Vec<HistoryEvent>, DbError> {
    let sql = "select kind, actor, detail, at_ms from order_event where order_id = ? order by id";
    tx.rows(sql, params![order]).await
}

/// The details of the events of one kind, in the order in which they happened.
pub async fn list_details(
    tx: &mut Tx<'_>,
    order: &OrderId,
    kind: HistoryKind,
) -> Result<Vec<String>, DbError> {
    let sql =
        "select detail from order_event where order_id = ? and kind = ? and detail is not null order by id";
    Ok(tx
        .rows::<(String,)>(sql, params![order, kind.word()])
        .await?
        .into_iter()
        .map(|(detail,)| detail)
        .collect())
}
