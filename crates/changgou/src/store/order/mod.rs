//! Orders, their items and their history. Owns `tb_order`, `tb_order_item`,
//! `order_event` and `idempotency_key`.

pub mod history;
pub mod idempotency;
mod list;
mod mark_paid;
mod write;

use std::collections::BTreeSet;

use crate::domain::clock::UtcMs;
use crate::domain::id::{Id, OrderId, SkuId};
use crate::domain::money::Fen;
use crate::domain::pricing::Quote;
use crate::domain::status::{OrderState, PayType, StatusLetters};
use crate::infra::db::{DbError, Tx, Value, from_row, params};

pub use list::{OrderFilter, OrderPage, page_for_user};
pub use mark_paid::{PaidOrder, mark_paid};
pub use write::{MoveError, OrderChange, change_state, hide, insert_many, mark_returned};

/// The recipient, copied into the order when it is placed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receiver {
    pub contact: String,
    pub mobile: String,
    /// The whole address in one line.
    pub address: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub id: OrderId,
    pub username: String,
    pub quote: Quote,
    pub discount: OrderDiscount,
    pub pay_type: PayType,
    pub state: OrderState,
    pub receiver: Receiver,
    pub buyer_message: Option<String>,
    /// 1 web, 2 app, 3 公众号, 4 小程序, 5 H5.
    pub source_type: String,
    /// The WeChat payment that paid the order.
    pub transaction_id: Option<String>,
    /// The end of the time for payment.
    pub pay_by: Option<UtcMs>,
    /// `buyer`, `expired` or `operator`.
    pub close_reason: Option<String>,
    /// The carrier.
    pub shipping_name: Option<String>,
    /// The carrier's tracking number.
    pub shipping_code: Option<String>,
    pub times: OrderTimes,
}

/// The reductions of an order. The two amounts add up to its `pre_money`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrderDiscount {
    /// The coupon that the order was placed with; a closed order has given it back.
    pub coupon_id: Option<Id>,
    /// In fen.
    pub coupon_money: Fen,
    /// The points that the order was placed with; a closed order has given them back.
    pub points_used: i64,
    /// In fen.
    pub points_money: Fen,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrderTimes {
    pub create: UtcMs,
    pub update: UtcMs,
    pub pay: Option<UtcMs>,
    pub consign: Option<UtcMs>,
    pub end: Option<UtcMs>,
    pub close: Option<UtcMs>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderItem {
    /// `NO.` and digits.
    pub id: String,
    pub order_id: OrderId,
    pub sku_id: SkuId,
    /// The product that this is a variant of.
    pub spu_id: Option<String>,
    pub category_id: Option<i64>,
    /// The name when the order was placed.
    pub name: String,
    /// Price of one piece, in fen.
    pub price: Fen,
    pub num: i64,
    /// price × num, in fen.
    pub money: Fen,
    /// What the buyer pays for the line after reductions, in fen.
    pub pay_money: Fen,
    pub image: String,
    /// Of all pieces, in grams.
    pub weight: i64,
    /// All pieces were returned.
    pub is_returned: bool,
}

const COLUMNS: &str = "id, username, total_num, total_money, pre_money, post_fee, pay_money, coupon_id, \
                       coupon_money, points_used, points_money, pay_type, order_status, \
                       pay_status, consign_status, receiver_contact, receiver_mobile, receiver_address, \
                       buyer_message, source_type, transaction_id, pay_by_ms, close_reason, shipping_name, \
                       shipping_code, create_time, update_time, pay_time, consign_time, end_time, close_time";

from_row! {
    Order {
        id,
        username,
        quote: Quote { total_num, total_money, pre_money, post_fee, pay_money },
        discount: OrderDiscount { coupon_id, coupon_money, points_used, points_money },
        pay_type,
        state => read_state(pay_type, order_status, pay_status, consign_status),
        receiver: Receiver {
            contact: receiver_contact or default,
            mobile: receiver_mobile or default,
            address: receiver_address or default,
        },
        buyer_message,
        source_type,
        transaction_id,
        pay_by: pay_by_ms,
        close_reason,
        shipping_name,
        shipping_code,
        times: OrderTimes {
            create: create_time,
            update: update_time,
            pay: pay_time,
            consign: consign_time,
            end: end_time,
            close: close_time,
        },
    }
}

/// Letters that no order can have are an error, not a guess.
#[expect(clippy::needless_pass_by_value, reason = "the columns of a row are owned")]
fn read_state(pay_type: PayType, order: String, pay: String, consign: String) -> Result<OrderState, String> {
    let letters = StatusLetters { order: &order, pay: &pay, consign: &consign };
    OrderState::read(pay_type, letters).map_err(|error| error.to_string())
}

/// Of any buyer, also if the buyer has hidden it.
pub async fn find(tx: &mut Tx<'_>, id: &OrderId) -> Result<Option<Order>, DbError> {
    tx.row(&format!("select {COLUMNS} from tb_order where id = ?"), params![id]).await
}

pub async fn find_by_ids<'v>(
    tx: &mut Tx<'_>,
    ids: impl IntoIterator<Item = &'v OrderId>,
) -> Result<Vec<Order>, DbError> {
    let head = format!("select {COLUMNS} from tb_order where id");
    tx.rows_in(&head, ids.into_iter().map(Into::into), "").await
}

/// `None` if it belongs to another buyer or the buyer has hidden it.
pub async fn find_for_user(tx: &mut Tx<'_>, username: &str, id: &OrderId) -> Result<Option<Order>, DbError> {
    let sql = format!("select {COLUMNS} from tb_order where id = ? and username = ? and is_delete = '0'");
    tx.row(&sql, params![id, username]).await
}

/// Like [`find`], and locks the order until the end of the transaction. Flows take this lock first.
pub async fn lock(tx: &mut Tx<'_>, id: &OrderId) -> Result<Option<Order>, DbError> {
    tx.row(&format!("select {COLUMNS} from tb_order where id = ? for update"), params![id]).await
}

/// Like [`lock`], for many.
pub async fn lock_many(tx: &mut Tx<'_>, ids: &BTreeSet<&OrderId>) -> Result<Vec<Order>, DbError> {
    let head = format!("select {COLUMNS} from tb_order where id");
    tx.rows_in(&head, ids.iter().map(|id| Value::from(*id)), "order by id for update").await
}

/// Like [`find_for_user`], with the lock of [`lock`].
pub async fn lock_for_user(tx: &mut Tx<'_>, username: &str, id: &OrderId) -> Result<Option<Order>, DbError> {
    let own = |order: &Order| order.username == username;
    let sql = format!("select {COLUMNS} from tb_order where id = ? and is_delete = '0' for update");
    Ok(tx.row(&sql, params![id]).await?.filter(own))
}

pub async fn existing_ids<'v>(
    tx: &mut Tx<'_>,
    orders: impl IntoIterator<Item = &'v OrderId>,
) -> Result<Vec<OrderId>, DbError> {
    let head = "select id from tb_order where id";
    let found: Vec<(OrderId,)> = tx.rows_in(head, orders.into_iter().map(Into::into), "").await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

from_row! {
    OrderItem {
        id,
        order_id,
        sku_id,
        spu_id,
        category_id: category_id3,
        name or default,
        price,
        num,
        money,
        pay_money,
        image or default,
        weight or default,
        is_returned: is_return or default,
    }
}

/// Ordered by id.
pub async fn list_items<'v>(
    tx: &mut Tx<'_>,
    orders: impl IntoIterator<Item = &'v OrderId>,
) -> Result<Vec<OrderItem>, DbError> {
    let head = "select id, order_id, sku_id, spu_id, category_id3, name, price, num, money, pay_money, image, weight, is_return \
                from tb_order_item where order_id";
    tx.rows_in(head, orders.into_iter().map(Into::into), "order by id").await
}
