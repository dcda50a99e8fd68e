//! What our books say of payments and refunds, for comparing them with WeChat's.

use crate::domain::clock::UtcMs;
use crate::domain::id::OrderId;
use crate::domain::money::Fen;
use crate::infra::db::{DbError, FromRow, Row, Tx, Value, params};
use crate::store::payment::attempt::AttemptState;

/// A payment as our books have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookedPayment {
    /// The attempt's number.
    pub out_trade_no: String,
    /// The order it was to pay.
    pub order_id: OrderId,
    /// Where it stands.
    pub state: AttemptState,
    /// What was asked for, in fen.
    pub total_fee: Fen,
    /// WeChat's number of the payment, once there is one.
    pub transaction_id: Option<String>,
    /// When it was paid.
    pub paid: Option<UtcMs>,
}

impl FromRow for BookedPayment {
    fn from_row(row: &mut Row<'_>) -> Result<BookedPayment, DbError> {
        Ok(BookedPayment {
            out_trade_no: row.take()?,
            order_id: row.take()?,
            state: AttemptState::read(&row.take::<String>()?)?,
            total_fee: row.take()?,
            transaction_id: row.take()?,
            paid: row.take()?,
        })
    }
}

/// The attempts with these numbers.
pub async fn payments(tx: &mut Tx<'_>, numbers: &[&str]) -> Result<Vec<BookedPayment>, DbError> {
    let head = "select out_trade_no, order_id, state, total_fee, transaction_id, paid_ms from payment_attempt \
                where out_trade_no";
    tx.rows_in(head, numbers.iter().map(|number| Value::from(*number)), "").await
}

/// Where a page of payments ended: its moment and number.
pub type PaymentPageKey = (UtcMs, String);

/// What was paid from the mark `after` until `until`, by the time of payment.
pub async fn paid_between(
    tx: &mut Tx<'_>,
    after: &PaymentPageKey,
    until: UtcMs,
    most: i64,
) -> Result<Vec<BookedPayment>, DbError> {
    let sql = "select out_trade_no, order_id, state, total_fee, transaction_id, paid_ms from payment_attempt \
               where paid_ms >= ? and paid_ms < ? and (paid_ms > ? or out_trade_no > ?) \
               order by paid_ms, out_trade_no limit ?";
    let (at, number) = after;
    tx.rows(sql, params![at.0, until.0, at.0, number, most]).await
}

/// A refund as our books have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookedRefund {
    /// The refund's number.
    pub out_refund_no: String,
    /// The attempt whose money it is.
    pub out_trade_no: String,
    /// The order.
    pub order_id: OrderId,
    /// What goes back, in fen.
    pub refund_fee: Fen,
    /// `opened`, `processing`, `done`, `closed`, `abnormal` or `refused`.
    pub state: String,
    /// WeChat's number of it, once there is one.
    pub refund_id: Option<String>,
    /// When it was written down.
    pub created: UtcMs,
}

impl FromRow for BookedRefund {
    fn from_row(row: &mut Row<'_>) -> Result<BookedRefund, DbError> {
        Ok(BookedRefund {
            out_refund_no: row.take()?,
            out_trade_no: row.take()?,
            order_id: row.take()?,
            refund_fee: row.take()?,
            state: row.take()?,
            refund_id: row.take()?,
            created: row.take()?,
        })
    }
}

/// The refunds with these numbers.
pub async fn refunds(tx: &mut Tx<'_>, numbers: &[&str]) -> Result<Vec<BookedRefund>, DbError> {
    let head = "select out_refund_no, out_trade_no, order_id, refund_fee, state, refund_id, created_ms \
                from payment_refund where out_refund_no";
    tx.rows_in(head, numbers.iter().map(|number| Value::from(*number)), "").await
}

/// The refunds in a state that were written down from the mark `after` until `until`.
pub async fn refunds_between(
    tx: &mut Tx<'_>,
    state: &str,
    after: &PaymentPageKey,
    until: UtcMs,
    most: i64,
) -> Result<Vec<BookedRefund>, DbError> {
    let sql = "select out_refund_no, out_trade_no, order_id, refund_fee, state, refund_id, created_ms \
               from payment_refund where state = ? and created_ms >= ? and created_ms < ? \
               and (created_ms > ? or out_refund_no > ?) order by created_ms, out_refund_no limit ?";
    let (at, number) = after;
    tx.rows(sql, params![state, at.0, until.0, at.0, number, most]).await
}
