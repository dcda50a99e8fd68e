//! Buyers' requests to refund shipped goods; an operator decides.

use crate::domain::clock::UtcMs;
use crate::domain::id::{Id, OrderId};
use crate::infra::db::{DbError, Tx, from_row, params};

/// A buyer's request, which an operator decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundRequest {
    pub id: Id,
    pub order_id: OrderId,
    /// Written by the buyer.
    pub reason: String,
    /// `asked`, `granted` or `denied`.
    pub state: String,
    /// The operator's answer.
    pub answer: Option<String>,
    pub at: UtcMs,
}

impl RefundRequest {
    /// Whether it is still undecided.
    pub fn is_open(&self) -> bool {
        self.state == "asked"
    }
}

from_row! { RefundRequest { id, order_id, reason, state, answer, at: at_ms } }

const COLUMNS: &str = "id, order_id, reason, state, answer, at_ms";

/// The order must be locked and have no undecided request.
pub async fn insert(
    tx: &mut Tx<'_>,
    id: Id,
    order: &OrderId,
    reason: &str,
    now: UtcMs,
) -> Result<(), DbError> {
    let sql = "insert into refund_request (id, open_order_id, order_id, reason, state, at_ms) \
               values (?, ?, ?, ?, 'asked', ?)";
    tx.exec(sql, params![id, order, order, reason, now.0]).await.map(drop)
}

/// The undecided request of an order.
pub async fn find_open(tx: &mut Tx<'_>, order: &OrderId) -> Result<Option<RefundRequest>, DbError> {
    tx.row(&format!("select {COLUMNS} from refund_request where open_order_id = ?"), params![order]).await
}

/// Up to `most` undecided requests, the oldest first.
pub async fn list_open(tx: &mut Tx<'_>, most: i64) -> Result<Vec<RefundRequest>, DbError> {
    let sql =
        format!("select {COLUMNS} from refund_request where state = 'asked' order by at_ms, id limit ?");
    tx.rows(&sql, params![most]).await
}

/// In the order in which they were made.
pub async fn list_for_order(tx: &mut Tx<'_>, order: &OrderId) -> Result<Vec<RefundRequest>, DbError> {
    tx.rows(&format!("select {COLUMNS} from refund_request where order_id = ? order by id"), params![order])
        .await
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundDecision<'a> {
    /// A refund was started.
    Granted,
    /// The reason for the denial.
    Denied(&'a str),
}

/// Decides the open request of an order; `false` if there is none.
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
