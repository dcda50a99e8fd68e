//! One try to get an order paid. An order has many, at most one of them live.

use std::collections::BTreeSet;

use crate::domain::clock::UtcMs;
use crate::domain::id::OrderId;
use crate::domain::money::Fen;
use crate::infra::db::{DbError, FromRow, Row, RowChange, Tx, Value, params};
use crate::infra::gateway::{Evidence, PaymentCode};

/// Where an attempt stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttemptState {
    /// Written down; WeChat was asked, or will be. Its answer is not known.
    Opened,
    /// A code is shown, the buyer may pay.
    Waiting,
    /// Paid, and kept.
    Paid,
    /// Given up: WeChat confirmed that it can no longer be paid, or is still being told.
    Closed,
    /// Paid after its order was closed: waits for a person.
    PaidLate,
    /// Paid although another attempt had paid the order: waits for a person.
    PaidTwice,
    /// Paid, but not what was asked: waits for a person.
    Held,
}

impl AttemptState {
    /// Every state.
    pub const ALL: [AttemptState; 7] = [
        AttemptState::Opened,
        AttemptState::Waiting,
        AttemptState::Paid,
        AttemptState::Closed,
        AttemptState::PaidLate,
        AttemptState::PaidTwice,
        AttemptState::Held,
    ];

    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            AttemptState::Opened => "opened",
            AttemptState::Waiting => "waiting",
            AttemptState::Paid => "paid",
            AttemptState::Closed => "closed",
            AttemptState::PaidLate => "paid_late",
            AttemptState::PaidTwice => "paid_twice",
            AttemptState::Held => "held",
        }
    }

    pub(super) fn read(word: &str) -> Result<AttemptState, DbError> {
        let wrong = || DbError::Decode { column: 4, problem: format!("no attempt is {word:?}") };
        AttemptState::ALL.into_iter().find(|state| state.word() == word).ok_or_else(wrong)
    }

    /// Whether the buyer may still pay it.
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

/// An attempt.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Its own number at WeChat.
    pub out_trade_no: String,
    /// The order it is to pay.
    pub order_id: OrderId,
    /// The signature it is pinned to.
    pub sign_type: String,
    /// What is asked for, in fen.
    pub total_fee: Fen,
    /// Where it stands.
    pub state: AttemptState,
    /// The very bytes WeChat was or will be asked with.
    pub request: String,
    /// The text of the QR code.
    pub code_url: Option<String>,
    /// What a scan of the SKU's own code is answered with, while the code is good.
    pub prepay_id: Option<String>,
    /// When the code was made; it is good for two hours.
    pub code_made: Option<UtcMs>,
    /// How often WeChat was asked for the code; 0 means it cannot know the attempt.
    pub asked: i64,
    /// WeChat's number of the payment.
    pub transaction_id: Option<String>,
    /// When it was opened.
    pub created: UtcMs,
}

const COLUMNS: &str = "out_trade_no, order_id, sign_type, total_fee, state, request, code_url, prepay_id, code_made_ms, \
                       asked, transaction_id, created_ms";

impl FromRow for Attempt {
    fn from_row(row: &mut Row<'_>) -> Result<Attempt, DbError> {
        Ok(Attempt {
            out_trade_no: row.take()?,
            order_id: row.take()?,
            sign_type: row.take()?,
            total_fee: row.take()?,
            state: AttemptState::read(&row.take::<String>()?)?,
            request: row.take()?,
            code_url: row.take()?,
            prepay_id: row.take()?,
            code_made: row.take()?,
            asked: row.take()?,
            transaction_id: row.take()?,
            created: row.take()?,
        })
    }
}

/// Writes a fresh attempt down; `false` if the order has a live one already.
pub async fn open(tx: &mut Tx<'_>, attempt: &Attempt, protocol: &str) -> Result<bool, DbError> {
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

/// The attempt of this number.
pub async fn find(tx: &mut Tx<'_>, out_trade_no: &str) -> Result<Option<Attempt>, DbError> {
    tx.row(&format!("select {COLUMNS} from payment_attempt where out_trade_no = ?"), params![out_trade_no])
        .await
}

/// Those of these numbers that are there.
pub async fn by_numbers(tx: &mut Tx<'_>, numbers: &BTreeSet<&str>) -> Result<Vec<Attempt>, DbError> {
    let head = format!("select {COLUMNS} from payment_attempt where out_trade_no");
    tx.rows_in(&head, numbers.iter().map(|number| Value::from(*number)), "").await
}

/// The signatures these attempts are pinned to, each with its number.
pub async fn pins(
    tx: &mut Tx<'_>,
    numbers: impl IntoIterator<Item = &String>,
) -> Result<Vec<(String, String)>, DbError> {
    let head = "select out_trade_no, sign_type from payment_attempt where out_trade_no";
    tx.rows_in(head, numbers.into_iter().map(Value::from), "").await
}

/// The same as [`find`], for a transaction that ends the attempt: nobody else
/// changes it before the end.
pub async fn lock(tx: &mut Tx<'_>, out_trade_no: &str) -> Result<Option<Attempt>, DbError> {
    let sql = format!("select {COLUMNS} from payment_attempt where out_trade_no = ? for update");
    tx.row(&sql, params![out_trade_no]).await
}

/// The attempt by which an order may be paid now.
pub async fn live(tx: &mut Tx<'_>, order: &OrderId) -> Result<Option<Attempt>, DbError> {
    tx.row(&format!("select {COLUMNS} from payment_attempt where live_order_id = ?"), params![order]).await
}

/// All attempts of an order, first to last.
pub async fn of(tx: &mut Tx<'_>, order: &OrderId) -> Result<Vec<Attempt>, DbError> {
    let sql =
        format!("select {COLUMNS} from payment_attempt where order_id = ? order by created_ms, out_trade_no");
    tx.rows(&sql, params![order]).await
}

/// The attempt whose money an order keeps.
pub async fn kept(tx: &mut Tx<'_>, order: &OrderId) -> Result<Option<Attempt>, DbError> {
    let sql = format!("select {COLUMNS} from payment_attempt where order_id = ? and state = 'paid'");
    tx.row(&sql, params![order]).await
}

/// Takes the right to ask WeChat for the code until `until`; `false` if somebody else has it, or made a code
/// since `seen` was read: another would kill theirs.
pub async fn claim_asking(
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

/// Gives the right to ask back, after an answer that decided nothing.
pub async fn release_asking(tx: &mut Tx<'_>, number: &str) -> Result<(), DbError> {
    let sql = "update payment_attempt set asking_until_ms = 0 where out_trade_no = ?";
    tx.exec(sql, params![number]).await.map(drop)
}

/// Keeps the code; `false` if the attempt is no longer live.
pub async fn note_code(
    tx: &mut Tx<'_>,
    number: &str,
    code: &PaymentCode,
    now: UtcMs,
) -> Result<bool, DbError> {
    let sql = "update payment_attempt set state = 'waiting', code_url = ?, prepay_id = ?, code_made_ms = ?, \
               asking_until_ms = 0 where out_trade_no = ? and state in ('opened', 'waiting')";
    Ok(tx.exec(sql, params![&code.url, code.prepay_id.as_deref(), now.0, number]).await? == 1)
}

/// Ends a live attempt that can no longer be paid; `false` if it was not live.
pub async fn close(tx: &mut Tx<'_>, number: &str) -> Result<bool, DbError> {
    let sql = "update payment_attempt set state = 'closed', live_order_id = null \
               where out_trade_no = ? and state in ('opened', 'waiting')";
    Ok(tx.exec(sql, params![number]).await? == 1)
}

/// Where money came; guarded by where the attempt stood.
const NOTE: RowChange<'_> = RowChange {
    table: "payment_attempt",
    given: &["number", "from", "onto", "payment", "payer", "at"],
    set: "state = :onto, live_order_id = null, transaction_id = :payment, openid = :payer, paid_ms = :at",
    guard: "out_trade_no = :number and state = :from",
};

/// Notes that money came for these attempts; `false` if one of them moved: then
/// nothing of this may stay.
pub async fn note_money(
    tx: &mut Tx<'_>,
    paid: &[(&Attempt, &Evidence)],
    to: AttemptState,
) -> Result<bool, DbError> {
    let rows: Vec<[Value<'_>; 6]> =
        paid.iter().map(|(attempt, evidence)| money_row(attempt, evidence, to)).collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 6]>::as_slice).collect();
    Ok(tx.change_each(&NOTE, &rows).await? == rows.len() as u64)
}

fn money_row<'a>(attempt: &'a Attempt, evidence: &'a Evidence, to: AttemptState) -> [Value<'a>; 6] {
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

/// The attempt that keeps a payment of this number already.
pub async fn by_transaction(tx: &mut Tx<'_>, transaction_id: &str) -> Result<Option<Attempt>, DbError> {
    let sql = format!("select {COLUMNS} from payment_attempt where transaction_id = ?");
    tx.row(&sql, params![transaction_id]).await
}

/// The same as [`by_transaction`] for many.
pub async fn by_transactions(tx: &mut Tx<'_>, ids: &BTreeSet<&str>) -> Result<Vec<Attempt>, DbError> {
    let head = format!("select {COLUMNS} from payment_attempt where transaction_id");
    tx.rows_in(&head, ids.iter().map(|id| Value::from(*id)), "").await
}
