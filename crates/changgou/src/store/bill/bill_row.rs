//! The lines of a bill while it is compared.

use crate::domain::clock::UtcMs;
use crate::domain::id::Id;
use crate::domain::money::Fen;
use crate::infra::db::{DbError, FromRow, Row, Tx, Value, params};
use crate::infra::gateway::{BillLine, LineKind};

/// A line that was put aside.
#[derive(Clone, Debug)]
pub struct BillRow {
    /// Its place in the bill, from 0.
    pub line: i64,
    /// Our number of the payment or refund.
    pub ours_no: String,
    /// WeChat's number of it.
    pub theirs_no: String,
    /// A refund: the attempt whose money it is.
    pub out_trade_no: String,
    /// A refund's status or a change's kind, as WeChat writes it.
    pub word: String,
    /// What the order cost, what goes back, or by how much the balance changed, in fen.
    pub amount: Fen,
    /// What of it the merchant is settled, in fen.
    pub settled: Fen,
    /// WeChat's fee, in hundred-thousandths of a yuan.
    pub fee: i64,
    /// The fee's rate as it is written.
    pub rate: String,
    /// When it happened.
    pub at: UtcMs,
}

const COLUMNS: &str = "line, ours_no, theirs_no, out_trade_no, word, amount, settled, fee, rate, at_ms";

impl FromRow for BillRow {
    fn from_row(row: &mut Row<'_>) -> Result<BillRow, DbError> {
        Ok(BillRow {
            line: row.take()?,
            ours_no: row.take()?,
            theirs_no: row.take()?,
            out_trade_no: row.take()?,
            word: row.take()?,
            amount: row.take()?,
            settled: row.take()?,
            fee: row.take()?,
            rate: row.take()?,
            at: row.take()?,
        })
    }
}

/// Puts lines aside, numbered from `first`. Texts are cut to what the columns hold.
pub async fn put(tx: &mut Tx<'_>, run: Id, first: i64, lines: &[BillLine]) -> Result<(), DbError> {
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
        cut(ours_no, 64).into(),
        cut(theirs_no, 64).into(),
        cut(out_trade_no, 64).into(),
        cut(word, 64).into(),
        (*amount).into(),
        (*settled).into(),
        (*fee).into(),
        cut(rate, 20).into(),
        at.0.into(),
    ]
}

fn cut(text: &str, most: usize) -> &str {
    let end = text.char_indices().nth(most).map_or(text.len(), |(at, _)| at);
    &text[..end]
}

/// Where a page ended: a number of ours and a line.
pub type BillPageKey = (String, i64);

/// Lines of a kind in the order of our numbers, behind `after`.
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

/// The lines of a kind with these numbers of ours.
pub async fn with_ours(
    tx: &mut Tx<'_>,
    run: Id,
    kind: LineKind,
    numbers: &[&str],
) -> Result<Vec<BillRow>, DbError> {
    having(tx, "run_id = ? and kind = ? and ours_no = ?", run, kind, numbers).await
}

/// The lines of a kind with these numbers of WeChat's.
pub async fn with_theirs(
    tx: &mut Tx<'_>,
    run: Id,
    kind: LineKind,
    numbers: &[&str],
) -> Result<Vec<BillRow>, DbError> {
    having(tx, "run_id = ? and kind = ? and theirs_no = ?", run, kind, numbers).await
}

async fn having(
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

/// Forgets lines of a run, at most so many; how many that were.
pub async fn forget(tx: &mut Tx<'_>, run: Id, most: i64) -> Result<u64, DbError> {
    let sql = "select line from bill_row where run_id = ? order by line limit 1";
    let Some((first,)) = tx.row::<(i64,)>(sql, params![run]).await? else { return Ok(0) };
    let sql = "delete from bill_row where run_id = ? and line < ?";
    tx.exec(sql, params![run, first.saturating_add(most)]).await
}
