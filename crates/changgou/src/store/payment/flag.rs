//! Payments that need an operator's decision.

use crate::domain::clock::UtcMs;
use crate::domain::id::{Id, OrderId};
use crate::domain::money::Fen;
use crate::domain::words::word_enum;
use crate::infra::db::{DbError, Tx, from_row, params};

word_enum! {
    /// Why the money needs a decision.
    pub enum FlagKind {
        /// The order was closed before it was paid.
        PaidAfterClose = "paid_after_close",
        /// The order was paid already by another attempt.
        PaidTwice = "paid_twice",
        /// Amount, currency or trade type is wrong.
        Mismatch = "mismatch",
    }
}

/// A row to be inserted.
#[derive(Clone, Debug)]
pub struct NewPaymentFlag<'a> {
    pub id: Id,
    /// Why the money needs a decision.
    pub kind: FlagKind,
    pub out_trade_no: &'a str,
    /// WeChat's `transaction_id`.
    pub transaction_id: &'a str,
    pub order_id: &'a OrderId,
    /// In fen.
    pub total_fee: Fen,
    /// A note for the operator.
    pub detail: &'a str,
}

/// `false` if this payment is flagged already.
pub async fn insert(tx: &mut Tx<'_>, flag: &NewPaymentFlag<'_>, now: UtcMs) -> Result<bool, DbError> {
    let sql = "insert into payment_flag (id, kind, out_trade_no, transaction_id, order_id, total_fee, detail, at_ms) \
               values (?, ?, ?, ?, ?, ?, ?, ?)";
    let NewPaymentFlag { id, kind, out_trade_no, transaction_id, order_id, total_fee, detail } = flag;
    let row =
        params![*id, kind.word(), *out_trade_no, *transaction_id, *order_id, *total_fee, *detail, now.0];
    match tx.exec(sql, row).await {
        Ok(_) => Ok(true),
        Err(DbError::Unique(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// A payment that waits for a decision.
#[derive(Clone, Debug)]
pub struct PaymentFlag {
    /// Why the money needs a decision.
    pub kind: String,
    pub out_trade_no: String,
    /// WeChat's `transaction_id`.
    pub transaction_id: String,
    pub order_id: Option<String>,
    /// In fen.
    pub total_fee: Fen,
    /// A note for the operator.
    pub detail: String,
    pub at: UtcMs,
    /// Whether it is the payment that its attempt has recorded, which can be refunded.
    pub is_own: bool,
}

from_row! {
    PaymentFlag {
        kind, out_trade_no, transaction_id, order_id, total_fee, detail, at: at_ms, is_own,
    }
}

/// The oldest first.
pub async fn list_open(tx: &mut Tx<'_>, most: i64) -> Result<Vec<PaymentFlag>, DbError> {
    let sql = "select f.kind, f.out_trade_no, f.transaction_id, f.order_id, f.total_fee, f.detail, f.at_ms, \
               coalesce(a.transaction_id = f.transaction_id, 0) as is_own from payment_flag f \
               left join payment_attempt a on a.out_trade_no = f.out_trade_no \
               where f.resolved_ms is null order by f.id limit ?";
    tx.rows(sql, params![most]).await
}

pub async fn has_open(tx: &mut Tx<'_>, order: &OrderId) -> Result<bool, DbError> {
    let sql = "select count(*) from payment_flag f join payment_attempt a on a.out_trade_no = f.out_trade_no \
               where a.order_id = ? and f.resolved_ms is null";
    Ok(tx.required_row::<(i64,)>(sql, params![order]).await?.0 > 0)
}

/// Resolves the flag of an attempt's own payment once all of it is refunded. Another payment under the
/// same number stays flagged: refunds are of the attempt's own payment.
pub async fn resolve_if_refunded(tx: &mut Tx<'_>, out_trade_no: &str, now: UtcMs) -> Result<(), DbError> {
    let sql = "update payment_flag set resolved_ms = ? where out_trade_no = ? and resolved_ms is null \
               and transaction_id = (select a.transaction_id from payment_attempt a \
                                     where a.out_trade_no = payment_flag.out_trade_no) \
               and total_fee <= (select sum(r.refund_fee) from payment_refund r \
                                 where r.out_trade_no = payment_flag.out_trade_no and r.state = 'done')";
    tx.exec(sql, params![now.0, out_trade_no]).await.map(drop)
}

/// An operator has handled a mismatched payment outside the shop; `words` are appended to the detail.
/// `false` if no such payment waits.
pub async fn resolve_by_operator(
    tx: &mut Tx<'_>,
    (out_trade_no, transaction_id): (&str, &str),
    words: &str,
    now: UtcMs,
) -> Result<bool, DbError> {
    let sql = "update payment_flag set resolved_ms = ?, detail = concat(detail, ?) \
               where out_trade_no = ? and transaction_id = ? and kind = ? and resolved_ms is null";
    let row = params![now.0, words, out_trade_no, transaction_id, FlagKind::Mismatch.word()];
    Ok(tx.exec(sql, row).await? == 1)
}

/// The waiting payments of an attempt: WeChat's `transaction_id` and fen.
pub async fn list_open_for_attempt(
    tx: &mut Tx<'_>,
    out_trade_no: &str,
) -> Result<Vec<(String, Fen)>, DbError> {
    let sql =
        "select transaction_id, total_fee from payment_flag where out_trade_no = ? and resolved_ms is null";
    tx.rows(sql, params![out_trade_no]).await
}
