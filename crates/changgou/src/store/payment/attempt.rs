//! Payment attempts. An order may have many, at most one of them live.

use std::collections::BTreeSet;

use crate::domain::clock::UtcMs;
use crate::domain::id::OrderId;
use crate::domain::money::Fen;
use crate::domain::words::word_enum;
use crate::infra::db::{DbError, RowChange, Tx, Value, from_row, params};
use crate::infra::gateway::{Evidence, PaymentCode};

word_enum! {
    /// The state of a payment attempt.
    pub enum AttemptState {
        /// Stored; the request to WeChat may have been sent, its answer is not known.
        Opened = "opened",
        /// WeChat has returned a code; the buyer may pay.
        Waiting = "waiting",
        /// Paid, and the money belongs to the order.
        Paid = "paid",
        /// Given up: WeChat has confirmed that it can no longer be paid, or is still to be told.
        Closed = "closed",
        /// Paid after the order was closed; an operator has to decide.
        PaidLate = "paid_late",
        /// Paid although the order was paid already; an operator has to decide.
        PaidTwice = "paid_twice",
        /// Paid with the wrong amount, currency or trade type; an operator has to decide.
        Held = "held",
    }
}

impl AttemptState {
    /// Whether the buyer can still pay it.
    pub fn is_live(self) -> bool {
        match self {
            AttemptState::Opened | AttemptState::Waiting => true,
            AttemptState::Paid
            | AttemptState::Closed
            | AttemptState::PaidLate
            | AttemptState::PaidTwice
            | AttemptState::Held => false,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Attempt {
    pub out_trade_no: String,
    pub order_id: OrderId,
    /// The signature type is pinned to the attempt.
    pub sign_type: String,
    /// In fen.
    pub total_fee: Fen,
    pub state: AttemptState,
    /// The exact body of the request to WeChat.
    pub request: String,
    /// The content of the QR code.
    pub code_url: Option<String>,
    /// The answer to a scan of the SKU's own code, valid as long as the code.
    pub prepay_id: Option<String>,
    /// When the code was created; it is valid for two hours.
    pub code_made: Option<UtcMs>,
    /// How often the request was sent; with 0 WeChat cannot know the attempt.
    pub asked: i64,
    /// WeChat's `transaction_id`.
    pub transaction_id: Option<String>,
    pub created: UtcMs,
}

const COLUMNS: &str = "out_trade_no, order_id, sign_type, total_fee, state, request, code_url, prepay_id, code_made_ms, \
                       asked, transaction_id, created_ms";

from_row! {
    Attempt {
        out_trade_no,
        order_id,
        sign_type,
        total_fee,
        state,
        request,
        code_url,
        prepay_id,
        code_made: code_made_ms,
        asked,
        transaction_id,
        created: created_ms,
    }
}

/// Inserts a new attempt; `false` if the order has a live one already.
pub async fn insert(tx: &mut Tx<'_>, attempt: &Attempt, protocol: &str) -> Result<bool, DbError> {
    let sql = "insert into payment_attempt (out_trade_no, order_id, live_order_id, protocol, sign_type, total_fee, \
               state, request, created_ms) values (?, ?, ?, ?, ?, ?, 'opened', ?, ?)";
    let Attempt { out_trade_no, order_id, sign_type, total_fee, request, created, .. } = attempt;
    let row = params![out_trade_no, order_id, order_id, protocol, sign_type, *total_fee, request, created.0];
    match tx.exec(sql, row).await {
        Ok(_) => Ok(true),
        Err(DbError::Unique(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

pub async fn find(tx: &mut Tx<'_>, out_trade_no: &str) -> Result<Option<Attempt>, DbError> {
    tx.row(&format!("select {COLUMNS} from payment_attempt where out_trade_no = ?"), params![out_trade_no])
        .await
}

pub async fn find_by_numbers(tx: &mut Tx<'_>, numbers: &BTreeSet<&str>) -> Result<Vec<Attempt>, DbError> {
    let head = format!("select {COLUMNS} from payment_attempt where out_trade_no");
    tx.rows_in(&head, numbers.iter().map(|number| Value::from(*number)), "").await
}

/// Pairs of `out_trade_no` and the pinned signature type.
pub async fn find_sign_types(
    tx: &mut Tx<'_>,
    numbers: impl IntoIterator<Item = &String>,
) -> Result<Vec<(String, String)>, DbError> {
    let head = "select out_trade_no, sign_type from payment_attempt where out_trade_no";
    tx.rows_in(head, numbers.into_iter().map(Value::from), "").await
}

/// Like [`find`], and locks the attempt until the end of the transaction.
pub async fn lock(tx: &mut Tx<'_>, out_trade_no: &str) -> Result<Option<Attempt>, DbError> {
    let sql = format!("select {COLUMNS} from payment_attempt where out_trade_no = ? for update");
    tx.row(&sql, params![out_trade_no]).await
}

/// The attempt that can still be paid.
pub async fn find_live(tx: &mut Tx<'_>, order: &OrderId) -> Result<Option<Attempt>, DbError> {
    tx.row(&format!("select {COLUMNS} from payment_attempt where live_order_id = ?"), params![order]).await
}

/// In the order in which they were opened.
pub async fn list_for_order(tx: &mut Tx<'_>, order: &OrderId) -> Result<Vec<Attempt>, DbError> {
    let sql =
        format!("select {COLUMNS} from payment_attempt where order_id = ? order by created_ms, out_trade_no");
    tx.rows(&sql, params![order]).await
}

pub async fn find_paid(tx: &mut Tx<'_>, order: &OrderId) -> Result<Option<Attempt>, DbError> {
    let sql = format!("select {COLUMNS} from payment_attempt where order_id = ? and state = 'paid'");
    tx.row(&sql, params![order]).await
}

/// Claims the request for a code until `until`; `false` if another node has claimed it, or a code was
/// created since `seen` was read: a new code would invalidate that one.
pub async fn claim_code_request(
    tx: &mut Tx<'_>,
    seen: &Attempt,
    now: UtcMs,
    until: UtcMs,
) -> Result<bool, DbError> {
    let sql = "update payment_attempt set asking_until_ms = ?, asked = asked + 1 \
               where out_trade_no = ? and asking_until_ms <= ? and state in ('opened', 'waiting') \
               and coalesce(code_made_ms, 0) = ?";
    let made = seen.code_made.map_or(0, |made| made.0);
    Ok(tx.exec(sql, params![until.0, &seen.out_trade_no, now.0, made]).await? == 1)
}

/// Releases the claim after an answer that decided nothing.
pub async fn release_code_request(tx: &mut Tx<'_>, number: &str) -> Result<(), DbError> {
    let sql = "update payment_attempt set asking_until_ms = 0 where out_trade_no = ?";
    tx.exec(sql, params![number]).await.map(drop)
}

/// Stores the code; `false` if the attempt is no longer live.
pub async fn store_code(
    tx: &mut Tx<'_>,
    number: &str,
    code: &PaymentCode,
    now: UtcMs,
) -> Result<bool, DbError> {
    let sql = "update payment_attempt set state = 'waiting', code_url = ?, prepay_id = ?, code_made_ms = ?, \
               asking_until_ms = 0 where out_trade_no = ? and state in ('opened', 'waiting')";
    Ok(tx.exec(sql, params![&code.url, code.prepay_id.as_deref(), now.0, number]).await? == 1)
}

/// Marks an attempt as closed; `false` if it was not live.
pub async fn close(tx: &mut Tx<'_>, number: &str) -> Result<bool, DbError> {
    let sql = "update payment_attempt set state = 'closed', live_order_id = null \
               where out_trade_no = ? and state in ('opened', 'waiting')";
    Ok(tx.exec(sql, params![number]).await? == 1)
}

/// Guarded by the state as read.
const RECORD_PAYMENT: RowChange<'_> = RowChange {
    table: "payment_attempt",
    given: &["number", "from", "onto", "payment", "payer", "at"],
    set: "state = :onto, live_order_id = null, transaction_id = :payment, openid = :payer, paid_ms = :at",
    guard: "out_trade_no = :number and state = :from",
};

/// Records the payments of these attempts; after `false` one has changed its state, and the transaction
/// must be rolled back.
pub async fn record_payments(
    tx: &mut Tx<'_>,
    paid: &[(&Attempt, &Evidence)],
    to: AttemptState,
) -> Result<bool, DbError> {
    let rows: Vec<[Value<'_>; 6]> =
        paid.iter().map(|(attempt, evidence)| payment_row(attempt, evidence, to)).collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 6]>::as_slice).collect();
    Ok(tx.change_each(&RECORD_PAYMENT, &rows).await? == rows.len() as u64)
}

fn payment_row<'a>(attempt: &'a Attempt, evidence: &'a Evidence, to: AttemptState) -> [Value<'a>; 6] {
    let Evidence { transaction_id, openid, paid, .. } = evidence;
    [
        (&attempt.out_trade_no).into(),
        attempt.state.word().into(),
        to.word().into(),
        transaction_id.into(),
        openid.into(),
        paid.0.into(),
    ]
}

/// The attempt that has recorded this payment.
pub async fn find_by_transaction(tx: &mut Tx<'_>, transaction_id: &str) -> Result<Option<Attempt>, DbError> {
    let sql = format!("select {COLUMNS} from payment_attempt where transaction_id = ?");
    tx.row(&sql, params![transaction_id]).await
}

/// Like [`find_by_transaction`], for many.
pub async fn find_by_transactions(tx: &mut Tx<'_>, ids: &BTreeSet<&str>) -> Result<Vec<Attempt>, DbError> {
    let head = format!("select {COLUMNS} from payment_attempt where transaction_id");
    tx.rows_in(&head, ids.iter().map(|id| Value::from(*id)), "").await
}
