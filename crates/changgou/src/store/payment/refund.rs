//! Refunds. A refund is stored with its lines and a number that never changes before it is sent to
//! WeChat.

use crate::domain::clock::UtcMs;
use crate::domain::id::{OrderId, SkuId};
use crate::domain::money::Fen;
use crate::domain::words::word_enum;
use crate::infra::db::{DbError, Tx, Value, from_row, params};

word_enum! {
    /// The state of a refund.
    pub enum RefundState {
        /// Stored; the request to WeChat may have been sent, its answer is not known.
        Opened = "opened",
        /// WeChat has accepted it.
        Processing = "processing",
        /// The buyer has received the money.
        Done = "done",
        /// It failed, and another refund replaced it.
        Closed = "closed",
        /// The payer's account cannot receive the money; an operator has to pay it out.
        Abnormal = "abnormal",
        /// WeChat refused it or closed it repeatedly; an operator has to decide.
        Refused = "refused",
    }
}

impl RefundState {
    /// Whether the shop still has to query WeChat.
    pub fn is_under_way(self) -> bool {
        match self {
            RefundState::Opened | RefundState::Processing => true,
            RefundState::Done | RefundState::Closed | RefundState::Abnormal | RefundState::Refused => false,
        }
    }
}

word_enum! {
    /// Why a payment is refunded.
    pub enum RefundCause {
        /// Goods were returned or not shipped.
        Goods = "goods",
        /// An operator refunds money without a return.
        Money = "money",
        /// The order was closed before it was paid.
        PaidAfterClose = "paid_after_close",
        /// The order was paid already by another attempt.
        PaidTwice = "paid_twice",
        /// A payment with a wrong amount, refunded by an operator.
        Mismatch = "mismatch",
        /// An earlier refund failed.
        Again = "again",
        /// It was made on WeChat's merchant platform.
        Platform = "platform",
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    pub out_refund_no: String,
    pub out_trade_no: String,
    /// The order that was paid or was to be paid.
    pub order_id: OrderId,
    pub cause: RefundCause,
    /// Shown to the buyer.
    pub reason: String,
    /// In fen.
    pub refund_fee: Fen,
    pub state: RefundState,
    /// The exact body of the request to WeChat; empty before the first try.
    pub request: String,
    /// The signature type that is pinned to the attempt.
    pub sign_type: String,
    /// How often the request was sent; with 0 WeChat cannot know the refund.
    pub asked: i64,
    /// WeChat's id of the payment or refund.
    pub refund_id: Option<String>,
    /// WeChat's last message.
    pub told: Option<String>,
    /// Who requested it.
    pub actor: String,
    /// The caller's idempotency key.
    pub request_key: Option<String>,
    pub arrived: Option<UtcMs>,
    pub created: UtcMs,
}

const COLUMNS: &str = "out_refund_no, out_trade_no, order_id, cause, reason, refund_fee, state, request, sign_type, asked, \
                       refund_id, told, actor, request_key, arrived_ms, created_ms";

from_row! {
    Refund {
        out_refund_no,
        out_trade_no,
        order_id,
        cause,
        reason,
        refund_fee,
        state,
        request,
        sign_type,
        asked,
        refund_id,
        told,
        actor,
        request_key,
        arrived: arrived_ms,
        created: created_ms,
    }
}

/// The number and the key must be new.
pub async fn insert(tx: &mut Tx<'_>, refund: &Refund) -> Result<(), DbError> {
    let sql = format!(
        "insert into payment_refund ({COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    );
    let row = params![
        &refund.out_refund_no,
        &refund.out_trade_no,
        &refund.order_id,
        refund.cause.word(),
        &refund.reason,
        refund.refund_fee,
        refund.state.word(),
        &refund.request,
        &refund.sign_type,
        refund.asked,
        refund.refund_id.as_deref(),
        refund.told.as_deref(),
        &refund.actor,
        refund.request_key.as_deref(),
        refund.arrived.map(|at| at.0),
        refund.created.0
    ];
    tx.exec(&sql, row).await.map(drop)
}

pub async fn find(tx: &mut Tx<'_>, number: &str) -> Result<Option<Refund>, DbError> {
    tx.row(&format!("select {COLUMNS} from payment_refund where out_refund_no = ?"), params![number]).await
}

pub async fn find_by_request_key(tx: &mut Tx<'_>, key: &str) -> Result<Option<Refund>, DbError> {
    tx.row(&format!("select {COLUMNS} from payment_refund where request_key = ?"), params![key]).await
}

/// In the order in which they were created.
pub async fn list_for_order(tx: &mut Tx<'_>, order: &OrderId) -> Result<Vec<Refund>, DbError> {
    let sql =
        format!("select {COLUMNS} from payment_refund where order_id = ? order by created_ms, out_refund_no");
    tx.rows(&sql, params![order]).await
}

/// Up to `most` refunds in this state, the oldest first.
pub async fn list_in_state(tx: &mut Tx<'_>, state: RefundState, most: i64) -> Result<Vec<Refund>, DbError> {
    let sql = format!(
        "select {COLUMNS} from payment_refund where state = ? order by created_ms, out_refund_no limit ?"
    );
    tx.rows(&sql, params![state.word(), most]).await
}

/// Records that the request is about to be sent; stores its body if there is none yet.
pub async fn record_request(tx: &mut Tx<'_>, number: &str, request: &str) -> Result<bool, DbError> {
    let sql = "update payment_refund set asked = asked + 1, request = case when request = '' then ? else request end \
               where out_refund_no = ? and state = 'opened'";
    Ok(tx.exec(sql, params![request, number]).await? == 1)
}

/// Drops a body that can no longer be sent; the next try stores a new one.
pub async fn delete_request(tx: &mut Tx<'_>, number: &str) -> Result<(), DbError> {
    let sql = "update payment_refund set request = '' where out_refund_no = ? and state = 'opened'";
    tx.exec(sql, params![number]).await.map(drop)
}

/// Stores WeChat's message for a refund that keeps its state.
pub async fn store_message(tx: &mut Tx<'_>, number: &str, told: &str) -> Result<(), DbError> {
    let sql = "update payment_refund set told = ? where out_refund_no = ?";
    tx.exec(sql, params![truncate(told), number]).await.map(drop)
}

/// Changes the state, guarded by the state as read; `false` if it has changed meanwhile.
pub async fn change_state(tx: &mut Tx<'_>, refund: &Refund, to: &RefundMove<'_>) -> Result<bool, DbError> {
    let sql = "update payment_refund set state = ?, refund_id = coalesce(?, refund_id), told = coalesce(?, told), \
               arrived_ms = ? where out_refund_no = ? and state = ?";
    let told = to.told.map(truncate);
    let row = params![
        to.state.word(),
        to.refund_id,
        told,
        to.arrived.map(|at| at.0),
        &refund.out_refund_no,
        refund.state.word()
    ];
    Ok(tx.exec(sql, row).await? == 1)
}

/// A change of state with what is known then.
#[derive(Clone, Copy, Debug)]
pub struct RefundMove<'a> {
    pub state: RefundState,
    /// WeChat's id of the payment or refund.
    pub refund_id: Option<&'a str>,
    /// WeChat's message.
    pub told: Option<&'a str>,
    pub arrived: Option<UtcMs>,
}

/// Truncated to the width of the column.
fn truncate(told: &str) -> &str {
    let end = told.char_indices().nth(290).map_or(told.len(), |(end, _)| end);
    &told[..end]
}

/// A line of an order, or a part of it, that is refunded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundItem {
    pub item_id: String,
    pub sku_id: SkuId,
    pub num: i64,
    /// Pieces that were put back into stock.
    pub restocked: i64,
    /// In fen.
    pub refund_fee: Fen,
}

from_row! { RefundItem { item_id, sku_id, num, restocked, refund_fee } }

pub async fn insert_items(tx: &mut Tx<'_>, number: &str, items: &[RefundItem]) -> Result<(), DbError> {
    let row = |item: &'_ RefundItem| -> [Value<'static>; 6] {
        [
            number.to_owned().into(),
            item.item_id.clone().into(),
            item.sku_id.into(),
            item.num.into(),
            item.restocked.into(),
            item.refund_fee.into(),
        ]
    };
    let rows: Vec<[Value<'_>; 6]> = items.iter().map(row).collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 6]>::as_slice).collect();
    let head = "insert into payment_refund_item (out_refund_no, item_id, sku_id, num, restocked, refund_fee)";
    tx.insert_many(head, &rows).await
}

pub async fn list_returned_items(tx: &mut Tx<'_>, order: &OrderId) -> Result<Vec<RefundItem>, DbError> {
    let sql = "select i.item_id, i.sku_id, i.num, i.restocked, i.refund_fee from payment_refund r \
               join payment_refund_item i on i.out_refund_no = r.out_refund_no where r.order_id = ?";
    tx.rows(sql, params![order]).await
}
