//! The lines of a bill, stored while it is compared.

use crate::domain::clock::UtcMs;
use crate::domain::id::Id;
use crate::domain::money::Fen;
use crate::infra::db::{DbError, Tx, Value, from_row, params};
use crate::infra::gateway::{BillLine, LineKind};

/// A stored line of a bill.
#[derive(Clone, Debug)]
pub struct BillRow {
    /// Position in the bill, from 0.
    pub line: i64,
    /// Our `out_trade_no` or `out_refund_no`.
    pub ours_no: String,
    /// WeChat's id of the payment or refund.
    pub theirs_no: String,
    /// For a refund: the attempt that was paid.
    pub out_trade_no: String,
    /// A refund's status or the kind of a balance change, in WeChat's spelling.
    pub word: String,
    /// The order's price, the refund or the change of the balance, in fen.
    pub amount: Fen,
    /// The part that is settled to the merchant, in fen.
    pub settled: Fen,
    /// WeChat's fee, in hundred-thousandths of a yuan.
    pub fee: i64,
    pub rate: String,
    pub at: UtcMs,
}

const COLUMNS: &str = "line, ours_no, theirs_no, out_trade_no, word, amount, settled, fee, rate, at_ms";

from_row! {
    BillRow {
        line, ours_no, theirs_no, out_trade_no, word, amount, settled, fee, rate, at: at_ms,
    }
}

/// Stores lines numbered from `first`. Texts are truncated to the width of their columns.
pub async fn insert_many(tx: &mut Tx<'_>, run: Id, first: i64, lines: &[BillLine]) -> Result<(), DbError> {
    let numbered = (first..).zip(lines);
    let rows: Vec<[Value<'_>; 12]> = numbered.map(|(nth, line)| row(run, nth, line)).collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 12]>::as_slice).collect();
    let head = "insert into bill_row (run_id, line, kind, ours_no, theirs_no, out_trade_no, word, amount, settled, \
                fee, rate, at_ms)";
    tx.insert_many(head, &rows).await
}

fn row(run: Id, nth: i64, line: &BillLine) -> [Value<'_>; 12] {
    let BillLine { kind, ours_no, theirs_no, out_trade_no, word, amount, settled, fee, rate, at, .. } = line;
    [
        run.into(),
        nth.into(),
        kind.word().into(),
        truncate(ours_no, 64).into(),
        truncate(theirs_no, 64).into(),
        truncate(out_trade_no, 64).into(),
        truncate(word, 64).into(),
        (*amount).into(),
        (*settled).into(),
        (*fee).into(),
        truncate(rate, 20).into(),
        at.0.into(),
    ]
}

fn truncate(text: &str, most: usize) -> &str {
    let end = text.char_indices().nth(most).map_or(text.len(), |(at, _)| at);
    &text[..end]
}

/// Where a page ended: `ours_no` and `line`.
pub type BillPageKey = (String, i64);

/// Lines of one kind ordered by `ours_no`, after the key `after`.
pub async fn page(
    tx: &mut Tx<'_>,
    run: Id,
    kind: LineKind,
    after: &BillPageKey,
    most: i64,
) -> Result<Vec<BillRow>, DbError> {
    let sql = format!(
        "select {COLUMNS} from bill_row where run_id = ? and kind = ? and ours_no >= ? \
         and (ours_no > ? or line > ?) order by ours_no, line limit ?"
    );
    let (number, line) = after;
    tx.rows(&sql, params![run, kind.word(), number, number, *line, most]).await
}

pub async fn find_by_our_numbers(
    tx: &mut Tx<'_>,
    run: Id,
    kind: LineKind,
    numbers: &[&str],
) -> Result<Vec<BillRow>, DbError> {
    find_by_numbers(tx, "run_id = ? and kind = ? and ours_no = ?", run, kind, numbers).await
}

pub async fn find_by_their_numbers(
    tx: &mut Tx<'_>,
    run: Id,
    kind: LineKind,
    numbers: &[&str],
) -> Result<Vec<BillRow>, DbError> {
    find_by_numbers(tx, "run_id = ? and kind = ? and theirs_no = ?", run, kind, numbers).await
}

async fn find_by_numbers(
    tx: &mut Tx<'_>,
    clause: &str,
    run: Id,
    kind: LineKind,
    numbers: &[&str],
) -> Result<Vec<BillRow>, DbError> {
    let keys: Vec<[Value<'_>; 3]> =
        numbers.iter().map(|number| [run.into(), kind.word().into(), (*number).into()]).collect();
    let keys: Vec<&[Value<'_>]> = keys.iter().map(<[_; 3]>::as_slice).collect();
    tx.rows_any(&format!("select {COLUMNS} from bill_row l where"), clause, &keys).await
}

/// Deletes at most `most` lines of a run and returns how many.
pub async fn delete_batch(tx: &mut Tx<'_>, run: Id, most: i64) -> Result<u64, DbError> {
    let sql = "select line from bill_row where run_id = ? order by line limit 1";
    let Some((first,)) = tx.row::<(i64,)>(sql, params![run]).await? else { return Ok(0) };
    let sql = "delete from bill_row where run_id = ? and line < ?";
    tx.exec(sql, params![run, first.saturating_add(most)]).await
}
