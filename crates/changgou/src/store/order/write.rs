//! Inserting orders and changing their state.

use super::{Order, OrderItem};
use crate::domain::clock::UtcMs;
use crate::domain::id::OrderId;
use crate::domain::status::{IllegalMove, OrderEvent, OrderState, PayType, StatusLetters};
use crate::infra::db::{DbError, Tx, Value, params};

/// Inserts new orders and their lines.
pub async fn insert_many(tx: &mut Tx<'_>, orders: &[&Order], items: &[&OrderItem]) -> Result<(), DbError> {
    let head = "insert into tb_order (id, username, total_num, total_money, pre_money, post_fee, pay_money, pay_type, \
                order_status, pay_status, consign_status, receiver_contact, receiver_mobile, receiver_address, \
                buyer_message, source_type, pay_by_ms, create_time, update_time, buyer_rate, coupon_id, coupon_money, \
                points_used, points_money)";
    let rows = orders.iter().map(|order| order_row(order)).collect::<Result<Vec<_>, _>>()?;
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 24]>::as_slice).collect();
    tx.insert_many(head, &rows).await?;
    let head = "insert into tb_order_item (id, order_id, sku_id, spu_id, category_id3, name, price, num, money, \
                pay_money, image, weight)";
    let rows: Vec<[Value<'_>; 12]> = items.iter().map(|item| item_row(item)).collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 12]>::as_slice).collect();
    tx.insert_many(head, &rows).await
}

fn order_row(order: &Order) -> Result<[Value<'_>; 24], DbError> {
    let Order { quote, discount, receiver, times, .. } = order;
    let letters = status_letters(order.state, order.pay_type)?;
    Ok([
        (&order.id).into(),
        (&order.username).into(),
        quote.total_num.into(),
        quote.total_money.into(),
        quote.pre_money.into(),
        quote.post_fee.into(),
        quote.pay_money.into(),
        order.pay_type.word().into(),
        letters.order.into(),
        letters.pay.into(),
        letters.consign.into(),
        (&receiver.contact).into(),
        (&receiver.mobile).into(),
        (&receiver.address).into(),
        order.buyer_message.as_deref().into(),
        (&order.source_type).into(),
        order.pay_by.map(|at| at.0).into(),
        times.create.into(),
        times.update.into(),
        "0".into(),
        discount.coupon_id.into(),
        discount.coupon_money.into(),
        discount.points_used.into(),
        discount.points_money.into(),
    ])
}

fn item_row(item: &OrderItem) -> [Value<'_>; 12] {
    [
        (&item.id).into(),
        (&item.order_id).into(),
        item.sku_id.into(),
        item.spu_id.as_deref().into(),
        item.category_id.into(),
        (&item.name).into(),
        item.price.into(),
        item.num.into(),
        item.money.into(),
        item.pay_money.into(),
        (&item.image).into(),
        item.weight.into(),
    ]
}

/// What an event changes besides the state. Payment is in `mark_paid`.
#[derive(Clone, Copy, Debug)]
pub enum OrderChange<'a> {
    Shipped {
        /// The carrier.
        name: &'a str,
        /// The carrier's tracking number.
        code: &'a str,
    },
    Received,
    Closed {
        /// `buyer`, `expired` or `operator`.
        reason: &'a str,
    },
    /// A closed order was paid after all.
    Reopened {
        /// WeChat's `transaction_id`.
        transaction_id: &'a str,
        at: UtcMs,
    },
    /// The whole order was refunded before shipment.
    Refunded,
    /// All goods were returned.
    Returned,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoveError {
    /// The state machine does not allow it.
    #[error(transparent)]
    Illegal(#[from] IllegalMove),
    /// Another transaction changed the state first.
    #[error("another transaction changed the order first")]
    Overtaken,
}

/// Changes the state of an order. The update is guarded by the state as read: of two concurrent changes
/// one succeeds.
pub async fn change_state(
    tx: &mut Tx<'_>,
    order: &Order,
    change: OrderChange<'_>,
    now: UtcMs,
) -> Result<Result<OrderState, MoveError>, DbError> {
    let to = match order.state.next(order.pay_type, order_event(change)) {
        Ok(to) => to,
        Err(illegal) => return Ok(Err(MoveError::Illegal(illegal))),
    };
    let (from, onto) = (status_letters(order.state, order.pay_type)?, status_letters(to, order.pay_type)?);
    let (sets, mut row) = changed_columns(change, now);
    let sql = format!(
        "update tb_order set order_status = ?, pay_status = ?, consign_status = ?, update_time = ?{sets} \
         where id = ? and order_status = ? and pay_status = ? and consign_status = ?"
    );
    let mut all: Vec<Value<'_>> = params![onto.order, onto.pay, onto.consign, now].to_vec();
    all.append(&mut row);
    all.extend_from_slice(params![&order.id, from.order, from.pay, from.consign]);
    let moved = tx.exec(&sql, &all).await? == 1;
    Ok(if moved { Ok(to) } else { Err(MoveError::Overtaken) })
}

fn order_event(change: OrderChange<'_>) -> OrderEvent {
    match change {
        OrderChange::Shipped { .. } => OrderEvent::Shipped,
        OrderChange::Received => OrderEvent::Received,
        OrderChange::Closed { .. } => OrderEvent::Closed,
        OrderChange::Reopened { .. } => OrderEvent::Reopened,
        OrderChange::Refunded => OrderEvent::Refunded,
        OrderChange::Returned => OrderEvent::Returned,
    }
}

fn changed_columns(change: OrderChange<'_>, now: UtcMs) -> (&'static str, Vec<Value<'_>>) {
    match change {
        OrderChange::Shipped { name, code } => {
            (", shipping_name = ?, shipping_code = ?, consign_time = ?", params![name, code, now].to_vec())
        }
        OrderChange::Received => {
            (", end_time = ?, pay_time = coalesce(pay_time, ?)", params![now, now].to_vec())
        }
        OrderChange::Closed { reason } => {
            (", close_reason = ?, close_time = ?", params![reason, now].to_vec())
        }
        OrderChange::Reopened { transaction_id, at } => {
            let sets = ", transaction_id = ?, pay_time = ?, close_reason = null, close_time = null";
            (sets, params![transaction_id, at].to_vec())
        }
        OrderChange::Refunded | OrderChange::Returned => {
            (", end_time = coalesce(end_time, ?)", params![now].to_vec())
        }
    }
}

pub(super) fn status_letters(
    state: OrderState,
    pay_type: PayType,
) -> Result<StatusLetters<'static>, DbError> {
    let none = || DbError::Engine(format!("an order paid {pay_type:?} is never {state:?}"));
    state.letters(pay_type).ok_or_else(none)
}

/// Hides an order from its buyer; `false` if the buyer has no such order.
pub async fn hide(tx: &mut Tx<'_>, username: &str, id: &OrderId, now: UtcMs) -> Result<bool, DbError> {
    let sql = "update tb_order set is_delete = '1', update_time = ? where id = ? and username = ? and is_delete = '0'";
    Ok(tx.exec(sql, params![now, id, username]).await? == 1)
}

/// Marks lines as returned completely.
pub async fn mark_returned(tx: &mut Tx<'_>, order: &OrderId, items: &[&str]) -> Result<(), DbError> {
    let ids: Vec<Value<'_>> = items.iter().map(|id| Value::from(*id)).collect();
    let head = "update tb_order_item set is_return = '1' where order_id = ? and id";
    tx.exec_in(head, params![order], &ids).await.map(drop)
}
