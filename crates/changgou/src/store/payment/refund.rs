//! Money that goes back. A refund has a number that never changes, written down
//! with what it is for before WeChat is asked.

use crate::domain::clock::UtcMs;
use crate::domain::id::{OrderId, SkuId};
use crate::domain::money::Fen;
use crate::infra::db::{DbError, FromRow, Row, Tx, Value, params};

/// Where a refund stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefundState {
    /// Written down; WeChat was asked, or will be. Its answer is not known.
    Opened,
    /// WeChat took it on.
    Processing,
    /// The money arrived.
    Done,
    /// It came to nothing, and another refund took its place.
    Closed,
    /// The payer's account takes no money: a person has to pay it out.
    Abnormal,
    /// WeChat will not do it, or closed it again and again: a person has to look.
    Refused,
}

impl RefundState {
    /// Every state.
    pub const ALL: [RefundState; 6] = [
        RefundState::Opened,
        RefundState::Processing,
        RefundState::Done,
        RefundState::Closed,
        RefundState::Abnormal,
        RefundState::Refused,
    ];

    /// The word in the database and for operators.
    pub fn word(self) -> &'static str {
        match self {
            RefundState::Opened => "opened",
            RefundState::Processing => "processing",
            RefundState::Done => "done",
            RefundState::Closed => "closed",
            RefundState::Abnormal => "abnormal",
            RefundState::Refused => "refused",
        }
    }

    /// Whether the shop still asks WeChat about it.
    pub fn is_under_way(self) -> bool {
        match self {
            RefundState::Opened | RefundState::Processing => true,
            RefundState::Done | RefundState::Closed | RefundState::Abnormal | RefundState::Refused => false,
        }
    }
}

/// Why money goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefundCause {
    /// Goods came back, or never left.
    Goods,
    /// An operator gives money without goods.
    Money,
    /// The order was closed before the money came.
    PaidAfterClose,
    /// Another attempt had paid the order.
    PaidTwice,
    /// Other money than was asked for, given back by an operator.
    Mismatch,
    /// A refund before came to nothing.
    Again,
    /// It was made on WeChat's merchant platform.
    Platform,
}

impl RefundCause {
    /// Every cause.
    pub const ALL: [RefundCause; 7] = [
        RefundCause::Goods,
        RefundCause::Money,
        RefundCause::PaidAfterClose,
        RefundCause::PaidTwice,
        RefundCause::Mismatch,
        RefundCause::Again,
        RefundCause::Platform,
    ];

    /// The word in the database and for operators.
    pub fn word(self) -> &'static str {
        match self {
            RefundCause::Goods => "goods",
            RefundCause::Money => "money",
            RefundCause::PaidAfterClose => "paid_after_close",
            RefundCause::PaidTwice => "paid_twice",
            RefundCause::Mismatch => "mismatch",
            RefundCause::Again => "again",
            RefundCause::Platform => "platform",
        }
    }
}

/// A refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// Its own number at WeChat.
    pub out_refund_no: String,
    /// The attempt whose money it is.
    pub out_trade_no: String,
    /// The order that was paid, or meant.
    pub order_id: OrderId,
    /// Why.
    pub cause: RefundCause,
    /// What the buyer reads.
    pub reason: String,
    /// How much, in fen.
    pub refund_fee: Fen,
    /// Where it stands.
    pub state: RefundState,
    /// The very bytes WeChat was or will be asked with; empty until it is asked.
    pub request: String,
    /// The signature its attempt is pinned to.
    pub sign_type: String,
    /// How often WeChat was asked for it; 0 means it cannot know it.
    pub asked: i64,
    /// WeChat's number of it.
    pub refund_id: Option<String>,
    /// What WeChat said last.
    pub told: Option<String>,
    /// Who wanted it.
    pub actor: String,
    /// The caller's own name for it.
    pub request_key: Option<String>,
    /// When the money arrived.
    pub arrived: Option<UtcMs>,
    /// When it was written down.
    pub created: UtcMs,
}

const COLUMNS: &str = "out_refund_no, out_trade_no, order_id, cause, reason, refund_fee, state, request, sign_type, asked, \
                       refund_id, told, actor, request_key, arrived_ms, created_ms";

impl FromRow for Refund {
    fn from_row(row: &mut Row<'_>) -> Result<Refund, DbError> {
        Ok(Refund {
            out_refund_no: row.take()?,
            out_trade_no: row.take()?,
            order_id: row.take()?,
            cause: read(3, RefundCause::ALL, RefundCause::word, &row.take::<String>()?)?,
            reason: row.take()?,
            refund_fee: row.take()?,
            state: read(6, RefundState::ALL, RefundState::word, &row.take::<String>()?)?,
            request: row.take()?,
            sign_type: row.take()?,
            asked: row.take()?,
            refund_id: row.take()?,
            told: row.take()?,
            actor: row.take()?,
            request_key: row.take()?,
            arrived: row.take()?,
            created: row.take()?,
        })
    }
}

fn read<T: Copy, const N: usize>(
    column: usize,
    all: [T; N],
    of: fn(T) -> &'static str,
    word: &str,
) -> Result<T, DbError> {
    let wrong = || DbError::Decode { column, problem: format!("holds {word:?}") };
    all.into_iter().find(|one| of(*one) == word).ok_or_else(wrong)
}

/// Writes a refund down. Its number and its key must be fresh.
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

/// The refund of this number.
pub async fn find(tx: &mut Tx<'_>, number: &str) -> Result<Option<Refund>, DbError> {
    tx.row(&format!("select {COLUMNS} from payment_refund where out_refund_no = ?"), params![number]).await
}

/// The refund a caller has named so.
pub async fn by_key(tx: &mut Tx<'_>, key: &str) -> Result<Option<Refund>, DbError> {
    tx.row(&format!("select {COLUMNS} from payment_refund where request_key = ?"), params![key]).await
}

/// The refunds of an order, first to last.
pub async fn of(tx: &mut Tx<'_>, order: &OrderId) -> Result<Vec<Refund>, DbError> {
    let sql =
        format!("select {COLUMNS} from payment_refund where order_id = ? order by created_ms, out_refund_no");
    tx.rows(&sql, params![order]).await
}

/// Up to `most` refunds that stand there, the oldest first.
pub async fn standing(tx: &mut Tx<'_>, state: RefundState, most: i64) -> Result<Vec<Refund>, DbError> {
    let sql = format!(
        "select {COLUMNS} from payment_refund where state = ? order by created_ms, out_refund_no limit ?"
    );
    tx.rows(&sql, params![state.word(), most]).await
}

/// Notes that WeChat is about to be asked, by these bytes if there were none before.
pub async fn note_asking(tx: &mut Tx<'_>, number: &str, request: &str) -> Result<bool, DbError> {
    let sql = "update payment_refund set asked = asked + 1, request = case when request = '' then ? else request end \
               where out_refund_no = ? and state = 'opened'";
    Ok(tx.exec(sql, params![request, number]).await? == 1)
}

/// Gives up bytes that cannot be sent any more; those of the next try are written down instead.
pub async fn forget_request(tx: &mut Tx<'_>, number: &str) -> Result<(), DbError> {
    let sql = "update payment_refund set request = '' where out_refund_no = ? and state = 'opened'";
    tx.exec(sql, params![number]).await.map(drop)
}

/// What WeChat said of a refund that stays where it stands.
pub async fn note_words(tx: &mut Tx<'_>, number: &str, told: &str) -> Result<(), DbError> {
    let sql = "update payment_refund set told = ? where out_refund_no = ?";
    tx.exec(sql, params![shortened(told), number]).await.map(drop)
}

/// Moves a refund, guarded by where it stood; `false` if it stood elsewhere.
pub async fn advance(tx: &mut Tx<'_>, refund: &Refund, to: &RefundMove<'_>) -> Result<bool, DbError> {
    let sql = "update payment_refund set state = ?, refund_id = coalesce(?, refund_id), told = coalesce(?, told), \
               arrived_ms = ? where out_refund_no = ? and state = ?";
    let told = to.told.map(shortened);
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

/// Where a refund goes, and what is known then.
#[derive(Clone, Copy, Debug)]
pub struct RefundMove<'a> {
    /// Where it goes.
    pub state: RefundState,
    /// WeChat's number of it.
    pub refund_id: Option<&'a str>,
    /// What WeChat said.
    pub told: Option<&'a str>,
    /// When the money arrived.
    pub arrived: Option<UtcMs>,
}

/// As much as the column holds.
fn shortened(told: &str) -> &str {
    let end = told.char_indices().nth(290).map_or(told.len(), |(end, _)| end);
    &told[..end]
}

/// A line, or a part of it, that a refund is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundItem {
    /// The order's line.
    pub item_id: String,
    /// Its SKU.
    pub sku_id: SkuId,
    /// Pieces.
    pub num: i64,
    /// Those of them that are in stock again.
    pub restocked: i64,
    /// What goes back for them, in fen.
    pub refund_fee: Fen,
}

impl FromRow for RefundItem {
    fn from_row(row: &mut Row<'_>) -> Result<RefundItem, DbError> {
        Ok(RefundItem {
            item_id: row.take()?,
            sku_id: row.take()?,
            num: row.take()?,
            restocked: row.take()?,
            refund_fee: row.take()?,
        })
    }
}

/// Writes down what a refund is for.
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

/// What came back of an order so far.
pub async fn returned(tx: &mut Tx<'_>, order: &OrderId) -> Result<Vec<RefundItem>, DbError> {
    let sql = "select i.item_id, i.sku_id, i.num, i.restocked, i.refund_fee from payment_refund r \
               join payment_refund_item i on i.out_refund_no = r.out_refund_no where r.order_id = ?";
    tx.rows(sql, params![order]).await
}
