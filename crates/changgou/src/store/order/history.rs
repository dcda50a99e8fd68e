//! The history of an order: a row for everything that happened to it.

use crate::domain::clock::UtcMs;
use crate::domain::id::{Id, OrderId};
use crate::infra::db::{DbError, FromRow, Row, Tx, Value, params};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryKind {
    /// It was placed.
    Placed,
    /// It was paid.
    Paid,
    /// It was shipped.
    Shipped,
    /// It was received.
    Received,
    /// It was closed.
    Closed,
    /// Closing it was asked for, and waits for WeChat.
    CloseAsked,
    /// The buyer was granted a coupon for paying it.
    CouponGranted,
    /// Money came after it was closed.
    PaidAfterClose,
    /// Money came a second time.
    PaidTwice,
    /// Money came that does not fit the order.
    Mismatch,
    /// Money came after it was closed, and its stock was taken again.
    Reopened,
    /// The buyer wants money back for goods that left.
    RefundAsked,
    /// An operator does not give it.
    RefundDenied,
    /// Money goes back.
    RefundOpened,
    /// The money arrived.
    Refunded,
    /// The money cannot go back by itself: a person has to look.
    RefundTrouble,
}

impl HistoryKind {
    /// The word in the database and in `order show`.
    pub fn word(self) -> &'static str {
        match self {
            HistoryKind::Placed => "placed",
            HistoryKind::Paid => "paid",
            HistoryKind::Shipped => "shipped",
            HistoryKind::Received => "received",
            HistoryKind::Closed => "closed",
            HistoryKind::CloseAsked => "close_asked",
            HistoryKind::CouponGranted => "coupon_granted",
            HistoryKind::PaidAfterClose => "paid_after_close",
            HistoryKind::PaidTwice => "paid_twice",
            HistoryKind::Mismatch => "mismatch",
            HistoryKind::Reopened => "reopened",
            HistoryKind::RefundAsked => "refund_asked",
            HistoryKind::RefundDenied => "refund_denied",
            HistoryKind::RefundOpened => "refund_opened",
            HistoryKind::Refunded => "refunded",
            HistoryKind::RefundTrouble => "refund_trouble",
        }
    }
}

/// Something that happened, to be written down.
#[derive(Clone, Debug)]
pub struct NewHistoryEvent<'a> {
    /// The row's number.
    pub id: Id,
    /// The order.
    pub order_id: &'a OrderId,
    /// What happened.
    pub kind: HistoryKind,
    /// Who did it: a username, `wechat` or `shop`.
    pub actor: &'a str,
    /// A word more.
    pub detail: Option<String>,
}

/// Something that happened, as it was written down.
#[derive(Clone, Debug)]
pub struct HistoryEvent {
    /// What happened.
    pub kind: String,
    /// Who did it.
    pub actor: String,
    /// A word more.
    pub detail: Option<String>,
    /// When.
    pub at: UtcMs,
}

impl FromRow for HistoryEvent {
    fn from_row(row: &mut Row<'_>) -> Result<HistoryEvent, DbError> {
        Ok(HistoryEvent { kind: row.take()?, actor: row.take()?, detail: row.take()?, at: row.take()? })
    }
}

/// Writes down what happened.
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

/// Everything that happened to an order, first to last.
pub async fn of(tx: &mut Tx<'_>, order: &OrderId) -> Result<Vec<HistoryEvent>, DbError> {
    let sql = "select kind, actor, detail, at_ms from order_event where order_id = ? order by id";
    tx.rows(sql, params![order]).await
}

/// What was written beside each event of one kind, first to last.
pub async fn details(tx: &mut Tx<'_>, order: &OrderId, kind: HistoryKind) -> Result<Vec<String>, DbError> {
    let sql =
        "select detail from order_event where order_id = ? and kind = ? and detail is not null order by id";
    Ok(tx
        .rows::<(String,)>(sql, params![order, kind.word()])
        .await?
        .into_iter()
        .map(|(detail,)| detail)
        .collect())
}
