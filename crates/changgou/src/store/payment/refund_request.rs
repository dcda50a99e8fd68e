//! What buyers want back for goods that left: an operator decides.

use crate::domain::clock::UtcMs;
use crate::domain::id::{Id, OrderId};
use crate::infra::db::{DbError, FromRow, Row, Tx, params};

/// A buyer's wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundRequest {
    /// Its number.
    pub id: Id,
    /// The order.
    pub order_id: OrderId,
    /// Why, in the buyer's words.
    pub reason: String,
    /// `asked`, `granted` or `denied`.
    pub state: String,
    /// What the operator answered.
    pub answer: Option<String>,
    /// When it was asked.
    pub at: UtcMs,
}

impl RefundRequest {
    /// Whether nobody has decided it yet.
    pub fn waits(&self) -> bool {
        self.state == "asked"
    }
}

impl FromRow for RefundRequest {
    fn from_row(row: &mut Row<'_>) -> Result<RefundRequest, DbError> {
        Ok(RefundRequest {
            id: row.take()?,
            order_id: row.take()?,
            reason: row.take()?,
            state: row.take()?,
            answer: row.take()?,
            at: row.take()?,
        })
    }
}

const COLUMNS: &str = "id, order_id, reason, state, answer, at_ms";

/// Writes a wish down. Its order must have none that waits, and be locked.
pub async fn ask(tx: &mut Tx<'_>, id: Id, order: &OrderId, reason: &str, now: UtcMs) -> Result<(), DbError> {
    let sql = "insert into refund_request (id, open_order_id, order_id, reason, state, at_ms) \
               values (?, ?, ?, ?, 'asked', ?)";
    tx.exec(sql, params![id, order, order, reason, now.0]).await.map(drop)
}

/// The wish for an order that waits.
pub async fn waiting_for(tx: &mut Tx<'_>, order: &OrderId) -> Result<Option<RefundRequest>, DbError> {
    tx.row(&format!("select {COLUMNS} from refund_request where open_order_id = ?"), params![order]).await
}

/// Up to `most` wishes that wait, the longest first.
pub async fn waiting(tx: &mut Tx<'_>, most: i64) -> Result<Vec<RefundRequest>, DbError> {
    let sql =
        format!("select {COLUMNS} from refund_request where state = 'asked' order by at_ms, id limit ?");
    tx.rows(&sql, params![most]).await
}

/// The wishes for an order, first to last.
pub async fn of(tx: &mut Tx<'_>, order: &OrderId) -> Result<Vec<RefundRequest>, DbError> {
    tx.rows(&format!("select {COLUMNS} from refund_request where order_id = ? order by id"), params![order])
        .await
}

/// What an operator decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundDecision<'a> {
    /// Money goes back.
    Granted,
    /// It does not; these words tell why.
    Denied(&'a str),
}

/// Decides the wish for an order that waits; `false` if there is none.
pub async fn decide(
    tx: &mut Tx<'_>,
    order: &OrderId,
    decision: RefundDecision<'_>,
    now: UtcMs,
) -> Result<bool, DbError> {
    let (state, answer) = match decision {
        RefundDecision::Granted => ("granted", None),
        RefundDecision::Denied(words) => ("denied", Some(words)),
    };
    let sql = "update refund_request set state = ?, answer = ?, decided_ms = ?, open_order_id = null \
               where open_order_id = ?";
    Ok(tx.exec(sql, params![state, answer, now.0, order]).await? == 1)
}
