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
use crate::infra::db::{DbError, FromRow, Row, Tx, Value, params};

pub use list::{OrderFilter, OrderPage, page_of};
pub use mark_paid::{PaidOrder, pay};
pub use write::{MoveError, OrderChange, advance, hide, insert_many, mark_returned};

/// Who receives an order, copied into it when it is placed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receiver {
    /// Name.
    pub contact: String,
    /// Phone.
    pub mobile: String,
    /// Everything in one line.
    pub address: String,
}

/// An order without its items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its name.
    pub id: OrderId,
    /// Whose it is.
    pub username: String,
    /// Its sums.
    pub quote: Quote,
    /// By what something was taken off.
    pub discount: OrderDiscount,
    /// How it is paid.
    pub pay_type: PayType,
    /// Where it stands.
    pub state: OrderState,
    /// Who receives it.
    pub receiver: Receiver,
    /// What the buyer wrote.
    pub buyer_message: Option<String>,
    /// Where it came from: 1 web, 2 app, 3 公众号, 4 小程序, 5 H5.
    pub source_type: String,
    /// WeChat's number of the payment it kept.
    pub transaction_id: Option<String>,
    /// Until when it may be paid.
    pub pay_by: Option<UtcMs>,
    /// Why it was closed: `buyer`, `expired` or `operator`.
    pub close_reason: Option<String>,
    /// Who carries it.
    pub shipping_name: Option<String>,
    /// The carrier's number.
    pub shipping_code: Option<String>,
    /// When things happened.
    pub times: OrderTimes,
}

/// By what an order became cheaper. The two amounts are its `pre_money`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrderDiscount {
    /// The coupon it was placed with; an order that is closed has given it back.
    pub coupon_id: Option<Id>,
    /// Taken off by the coupon, in fen.
    pub coupon_money: Fen,
    /// Points it was placed with; an order that is closed has given them back.
    pub points_used: i64,
    /// Taken off by the points, in fen.
    pub points_money: Fen,
}

/// When things happened to an order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrderTimes {
    /// Placed.
    pub create: UtcMs,
    /// Changed last.
    pub update: UtcMs,
    /// Paid.
    pub pay: Option<UtcMs>,
    /// Shipped.
    pub consign: Option<UtcMs>,
    /// Completed.
    pub end: Option<UtcMs>,
    /// Closed.
    pub close: Option<UtcMs>,
}

/// A line of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderItem {
    /// Its own number, `NO.` and digits as in the seed.
    pub id: String,
    /// Its order.
    pub order_id: OrderId,
    /// What was bought.
    pub sku_id: SkuId,
    /// The product it is a variant of.
    pub spu_id: Option<String>,
    /// Category number.
    pub category_id: Option<i64>,
    /// The name it was bought under.
    pub name: String,
    /// The price of one, in fen.
    pub price: Fen,
    /// How many.
    pub num: i64,
    /// price × num, in fen.
    pub money: Fen,
    /// What is paid for the line, in fen.
    pub pay_money: Fen,
    /// Path of its picture.
    pub image: String,
    /// Weight of all pieces, in grams.
    pub weight: i64,
    /// The seed's `is_return`: all of it came back.
    pub is_returned: bool,
}

const COLUMNS: &str = "id, username, total_num, total_money, pre_money, post_fee, pay_money, coupon_id, \
                       coupon_money, points_used, points_money, pay_type, order_status, \
                       pay_status, consign_status, receiver_contact, receiver_mobile, receiver_address, \
                       buyer_message, source_type, transaction_id, pay_by_ms, close_reason, shipping_name, \
                       shipping_code, create_time, update_time, pay_time, consign_time, end_time, close_time";

impl FromRow for Order {
    fn from_row(row: &mut Row<'_>) -> Result<Order, DbError> {
        let text = |maybe: Option<String>| maybe.unwrap_or_default();
        let (id, username) = (row.take()?, row.take()?);
        let quote = Quote {
            total_num: row.take()?,
            total_money: row.take()?,
            pre_money: row.take()?,
            post_fee: row.take()?,
            pay_money: row.take()?,
        };
        let discount = OrderDiscount {
            coupon_id: row.take()?,
            coupon_money: row.take()?,
            points_used: row.take()?,
            points_money: row.take()?,
        };
        let (pay_type, state) = status(row)?;
        Ok(Order {
            id,
            username,
            quote,
            discount,
            pay_type,
            state,
            receiver: Receiver {
                contact: text(row.take()?),
                mobile: text(row.take()?),
                address: text(row.take()?),
            },
            buyer_message: row.take()?,
            source_type: row.take()?,
            transaction_id: row.take()?,
            pay_by: row.take()?,
            close_reason: row.take()?,
            shipping_name: row.take()?,
            shipping_code: row.take()?,
            times: OrderTimes {
                create: row.take()?,
                update: row.take()?,
                pay: row.take()?,
                consign: row.take()?,
                end: row.take()?,
                close: row.take()?,
            },
        })
    }
}

/// Reads the four letters; letters that no order can have are an error, not a guess.
fn status(row: &mut Row<'_>) -> Result<(PayType, OrderState), DbError> {
    let [pay_type, order, pay, consign] = [(); 4].map(|()| row.take::<String>());
    let (pay_type, order, pay, consign) = (pay_type?, order?, pay?, consign?);
    let wrong = |problem: String| DbError::Decode { column: 11, problem };
    let pay_type = PayType::read(&pay_type).ok_or_else(|| wrong(format!("pay_type holds {pay_type:?}")))?;
    let letters = StatusLetters { order: &order, pay: &pay, consign: &consign };
    let state = OrderState::read(pay_type, letters).map_err(|error| wrong(error.to_string()))?;
    Ok((pay_type, state))
}

/// The order of this name, whoever it belongs to: for the shop itself.
pub async fn find(tx: &mut Tx<'_>, id: &OrderId) -> Result<Option<Order>, DbError> {
    tx.row(&format!("select {COLUMNS} from tb_order where id = ?"), params![id]).await
}

/// The orders of these names that are there.
pub async fn by_ids<'v>(
    tx: &mut Tx<'_>,
    ids: impl IntoIterator<Item = &'v OrderId>,
) -> Result<Vec<Order>, DbError> {
    let head = format!("select {COLUMNS} from tb_order where id");
    tx.rows_in(&head, ids.into_iter().map(Into::into), "").await
}

/// The order of this name if it is this buyer's and not hidden by them.
pub async fn of(tx: &mut Tx<'_>, username: &str, id: &OrderId) -> Result<Option<Order>, DbError> {
    let sql = format!("select {COLUMNS} from tb_order where id = ? and username = ? and is_delete = '0'");
    tx.row(&sql, params![id, username]).await
}

/// The same as [`find`], for a transaction that moves the order: nobody else
/// moves it before the end. It is the first lock a flow takes.
pub async fn lock(tx: &mut Tx<'_>, id: &OrderId) -> Result<Option<Order>, DbError> {
    tx.row(&format!("select {COLUMNS} from tb_order where id = ? for update"), params![id]).await
}

/// The same as [`lock`] for many.
pub async fn lock_all(tx: &mut Tx<'_>, ids: &BTreeSet<&OrderId>) -> Result<Vec<Order>, DbError> {
    let head = format!("select {COLUMNS} from tb_order where id");
    tx.rows_in(&head, ids.iter().map(|id| Value::from(*id)), "order by id for update").await
}

/// The same as [`of`], locked as by [`lock`].
pub async fn lock_of(tx: &mut Tx<'_>, username: &str, id: &OrderId) -> Result<Option<Order>, DbError> {
    let own = |order: &Order| order.username == username;
    let sql = format!("select {COLUMNS} from tb_order where id = ? and is_delete = '0' for update");
    Ok(tx.row(&sql, params![id]).await?.filter(own))
}

/// Those of these orders that exist.
pub async fn existing<'v>(
    tx: &mut Tx<'_>,
    orders: impl IntoIterator<Item = &'v OrderId>,
) -> Result<Vec<OrderId>, DbError> {
    let head = "select id from tb_order where id";
    let found: Vec<(OrderId,)> = tx.rows_in(head, orders.into_iter().map(Into::into), "").await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

impl FromRow for OrderItem {
    fn from_row(row: &mut Row<'_>) -> Result<OrderItem, DbError> {
        Ok(OrderItem {
            id: row.take()?,
            order_id: row.take()?,
            sku_id: row.take()?,
            spu_id: row.take()?,
            category_id: row.take()?,
            name: row.take::<Option<String>>()?.unwrap_or_default(),
            price: row.take()?,
            num: row.take()?,
            money: row.take()?,
            pay_money: row.take()?,
            image: row.take::<Option<String>>()?.unwrap_or_default(),
            weight: row.take::<Option<i64>>()?.unwrap_or(0),
            is_returned: row.take::<Option<String>>()?.is_some_and(|letter| letter == "1"),
        })
    }
}

/// The lines of these orders, in the order of their numbers.
pub async fn items_of<'v>(
    tx: &mut Tx<'_>,
    orders: impl IntoIterator<Item = &'v OrderId>,
) -> Result<Vec<OrderItem>, DbError> {
    let head = "select id, order_id, sku_id, spu_id, category_id3, name, price, num, money, pay_money, image, weight, is_return \
                from tb_order_item where order_id";
    tx.rows_in(head, orders.into_iter().map(Into::into), "order by id").await
}
