//! Money that no program may decide about: it waits here for a person.

use crate::domain::clock::UtcMs;
use crate::domain::id::{Id, OrderId};
use crate::domain::money::Fen;
use crate::infra::db::{DbError, FromRow, Row, Tx, params};

/// Why it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlagKind {
    /// The order was closed before the money came.
    PaidAfterClose,
    /// Another attempt had paid the order.
    PaidTwice,
    /// Amount, currency or kind of trade is not what was asked.
    Mismatch,
}

impl FlagKind {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            FlagKind::PaidAfterClose => "paid_after_close",
            FlagKind::PaidTwice => "paid_twice",
            FlagKind::Mismatch => "mismatch",
        }
    }
}

/// Money to be set aside.
#[derive(Clone, Debug)]
pub struct NewPaymentFlag<'a> {
    /// The row's number.
    pub id: Id,
    /// Why it waits.
    pub kind: FlagKind,
    /// The attempt it came by.
    pub out_trade_no: &'a str,
    /// WeChat's number of the payment.
    pub transaction_id: &'a str,
    /// The order it was meant for.
    pub order_id: &'a OrderId,
    /// How much, in fen.
    pub total_fee: Fen,
    /// What a person should know.
    pub detail: &'a str,
}

/// Sets money aside for a person; `false` if it is set aside already.
pub async fn raise(tx: &mut Tx<'_>, flag: &NewPaymentFlag<'_>, now: UtcMs) -> Result<bool, DbError> {
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

/// Money that waits.
#[derive(Clone, Debug)]
pub struct PaymentFlag {
    /// Why it waits.
    pub kind: String,
    /// The attempt it came by.
    pub out_trade_no: String,
    /// WeChat's number of the payment.
    pub transaction_id: String,
    /// The order it was meant for.
    pub order_id: Option<String>,
    /// How much, in fen.
    pub total_fee: Fen,
    /// What a person should know.
    pub detail: String,
    /// Since when.
    pub at: UtcMs,
    /// Whether it is the payment its attempt keeps, which can be given back by the attempt.
    pub is_own: bool,
}

impl FromRow for PaymentFlag {
    fn from_row(row: &mut Row<'_>) -> Result<PaymentFlag, DbError> {
        Ok(PaymentFlag {
            kind: row.take()?,
            out_trade_no: row.take()?,
            transaction_id: row.take()?,
            order_id: row.take()?,
            total_fee: row.take()?,
            detail: row.take()?,
            at: row.take()?,
            is_own: row.take::<i64>()? == 1,
        })
    }
}

/// The money that waits, the longest first.
pub async fn waiting(tx: &mut Tx<'_>, most: i64) -> Result<Vec<PaymentFlag>, DbError> {
    let sql = "select f.kind, f.out_trade_no, f.transaction_id, f.order_id, f.total_fee, f.detail, f.at_ms, \
               coalesce(a.transaction_id = f.transaction_id, 0) from payment_flag f \
               left join payment_attempt a on a.out_trade_no = f.out_trade_no \
               where f.resolved_ms is null order by f.id limit ?";
    tx.rows(sql, params![most]).await
}

/// Whether money for this order waits.
pub async fn any_for(tx: &mut Tx<'_>, order: &OrderId) -> Result<bool, DbError> {
    let sql = "select count(*) from payment_flag f join payment_attempt a on a.out_trade_no = f.out_trade_no \
               where a.order_id = ? and f.resolved_ms is null";
    Ok(tx.one::<(i64,)>(sql, params![order]).await?.0 > 0)
}

/// The money of an attempt no longer waits once all of it went back. What came
/// under the same number by another payment does: refunds are of the attempt's own.
pub async fn resolve(tx: &mut Tx<'_>, out_trade_no: &str, now: UtcMs) -> Result<(), DbError> {
    let sql = "update payment_flag set resolved_ms = ? where out_trade_no = ? and resolved_ms is null \
               and transaction_id = (select a.transaction_id from payment_attempt a \
                                     where a.out_trade_no = payment_flag.out_trade_no) \
               and total_fee <= (select sum(r.refund_fee) from payment_refund r \
                                 where r.out_trade_no = payment_flag.out_trade_no and r.state = 'done')";
    tx.exec(sql, params![now.0, out_trade_no]).await.map(drop)
}

/// A person has seen to money that does not fit, in a way the shop cannot know of;
/// `words` are put behind the detail. `false` if no such money waits.
pub async fn seen_to(
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

/// What came by an attempt and waits: WeChat's number of the payment, and fen.
pub async fn of_attempt(tx: &mut Tx<'_>, out_trade_no: &str) -> Result<Vec<(String, Fen)>, DbError> {
    let sql =
        "select transaction_id, total_fee from payment_flag where out_trade_no = ? and resolved_ms is null";
    tx.rows(sql, params![out_trade_no]).await
}
