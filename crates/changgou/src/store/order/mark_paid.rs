//! Marking orders as paid, in bulk.

use super::write::status_letters;
use super::{MoveError, Order};
use crate::domain::clock::UtcMs;
use crate::domain::status::OrderEvent;
use crate::infra::db::{DbError, RowChange, Tx, Value};

/// An order and the payment that paid it.
#[derive(Clone, Copy, Debug)]
pub struct PaidOrder<'a> {
    /// The order as it was read before.
    pub order: &'a Order,
    /// WeChat's `transaction_id`.
    pub transaction_id: &'a str,
    pub at: UtcMs,
}

const PAY: RowChange<'_> = RowChange {
    table: "tb_order",
    given: &[
        "id",
        "order_from",
        "pay_from",
        "consign_from",
        "order_onto",
        "pay_onto",
        "consign_onto",
        "payment",
        "paid",
        "now",
    ],
    set: "order_status = :order_onto, pay_status = :pay_onto, consign_status = :consign_onto, \
          transaction_id = :payment, pay_time = :paid, update_time = :now",
    guard: "id = :id and order_status = :order_from and pay_status = :pay_from and consign_status = :consign_from",
};

/// Marks orders as paid, each guarded by its state as read before. After an error the transaction must
/// be rolled back.
pub async fn mark_paid(
    tx: &mut Tx<'_>,
    paid: &[PaidOrder<'_>],
    now: UtcMs,
) -> Result<Result<(), MoveError>, DbError> {
    let mut rows = Vec::with_capacity(paid.len());
    for one in paid {
        match row(one, now)? {
            Ok(row) => rows.push(row),
            Err(illegal) => return Ok(Err(illegal)),
        }
    }
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 10]>::as_slice).collect();
    let moved = tx.change_each(&PAY, &rows).await?;
    Ok(if moved == rows.len() as u64 { Ok(()) } else { Err(MoveError::Overtaken) })
}

fn row<'a>(paid: &PaidOrder<'a>, now: UtcMs) -> Result<Result<[Value<'a>; 10], MoveError>, DbError> {
    let PaidOrder { order, transaction_id, at } = *paid;
    let to = match order.state.next(order.pay_type, OrderEvent::Paid) {
        Ok(to) => to,
        Err(illegal) => return Ok(Err(illegal.into())),
    };
    let (from, onto) = (status_letters(order.state, order.pay_type)?, status_letters(to, order.pay_type)?);
    Ok(Ok([
        (&order.id).into(),
        from.order.into(),
        from.pay.into(),
        from.consign.into(),
        onto.order.into(),
        onto.pay.into(),
        onto.consign.into(),
        transaction_id.into(),
        at.into(),
        now.into(),
    ]))
}
