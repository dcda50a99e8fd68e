//! The refunded part of each payment. One guarded update makes sure that refunds never exceed the
//! payment.

use crate::domain::money::Fen;
use crate::infra::db::{DbError, Tx, params};

/// What was paid and how much of it is refunded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefundTotal {
    pub paid_fee: Fen,
    /// Refunded or reserved for refunds, in fen.
    pub refund_fee: Fen,
}

impl RefundTotal {
    /// What can still be refunded, in fen.
    pub fn refundable(self) -> Fen {
        Fen(self.paid_fee.0 - self.refund_fee.0)
    }
}

/// The caller has locked the order, so nobody else changes the row.
pub async fn load(tx: &mut Tx<'_>, out_trade_no: &str, paid_fee: Fen) -> Result<RefundTotal, DbError> {
    let sql = "select paid_fee, refund_fee from payment_refunded where out_trade_no = ?";
    let found = tx.row::<(Fen, Fen)>(sql, params![out_trade_no]).await?;
    let (paid_fee, refund_fee) = found.unwrap_or((paid_fee, Fen::ZERO));
    Ok(RefundTotal { paid_fee, refund_fee })
}

/// Reserves money for a refund; `false` if it would exceed the payment.
pub async fn reserve(tx: &mut Tx<'_>, out_trade_no: &str, paid_fee: Fen, fee: Fen) -> Result<bool, DbError> {
    let sql = "update payment_refunded set refund_fee = refund_fee + ? \
               where out_trade_no = ? and refund_fee + ? <= paid_fee";
    if tx.exec(sql, params![fee, out_trade_no, fee]).await? == 1 {
        return Ok(true);
    }
    let known = "select paid_fee from payment_refunded where out_trade_no = ?";
    if fee > paid_fee || tx.row::<(Fen,)>(known, params![out_trade_no]).await?.is_some() {
        return Ok(false);
    }
    let sql = "insert into payment_refunded (out_trade_no, paid_fee, refund_fee) values (?, ?, ?)";
    tx.exec(sql, params![out_trade_no, paid_fee, fee]).await?;
    Ok(true)
}
