//! Our records of payments and refunds, for comparing them with WeChat's bills.

use crate::domain::clock::UtcMs;
use crate::domain::id::OrderId;
use crate::domain::money::Fen;
use crate::infra::db::{DbError, Tx, Value, from_row, params};
use crate::store::payment::attempt::AttemptState;

/// A payment in our records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookedPayment {
    pub out_trade_no: String,
    pub order_id: OrderId,
    pub state: AttemptState,
    pub total_fee: Fen,
    pub transaction_id: Option<String>,
    pub paid: Option<UtcMs>,
}

from_row! {
    BookedPayment { out_trade_no, order_id, state, total_fee, transaction_id, paid: paid_ms }
}

pub async fn find_payments(tx: &mut Tx<'_>, numbers: &[&str]) -> Result<Vec<BookedPayment>, DbError> {
    let head = "select out_trade_no, order_id, state, total_fee, transaction_id, paid_ms from payment_attempt \
                where out_trade_no";
    tx.rows_in(head, numbers.iter().map(|number| Value::from(*number)), "").await
}

/// Where a page ended: time and number.
pub type PaymentPageKey = (UtcMs, String);

/// Payments after the key `after` and before `until`, ordered by the time of payment.
pub async fn list_paid_between(
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

/// A refund in our records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookedRefund {
    pub out_refund_no: String,
    pub out_trade_no: String,
    pub order_id: OrderId,
    /// In fen.
    pub refund_fee: Fen,
    /// A word of [`super::refund::RefundState`].
    pub state: String,
    pub refund_id: Option<String>,
    pub created: UtcMs,
}

from_row! {
    BookedRefund {
        out_refund_no, out_trade_no, order_id, refund_fee, state, refund_id, created: created_ms,
    }
}

pub async fn find_refunds(tx: &mut Tx<'_>, numbers: &[&str]) -> Result<Vec<BookedRefund>, DbError> {
    let head = "select out_refund_no, out_trade_no, order_id, refund_fee, state, refund_id, created_ms \
                from payment_refund where out_refund_no";
    tx.rows_in(head, numbers.iter().map(|number| Value::from(*number)), "").await
}

/// Refunds in a state that were created after the key `after` and before `until`.
pub async fn list_refunds_between(
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
