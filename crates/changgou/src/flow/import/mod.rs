//! Rows of files from elsewhere: many share a transaction, and a row that is
//! refused never hurts its neighbours. A row that is there already stays as it
//! is, so a file may be imported again, wholly or after it was cut off.

pub mod areas;
mod row;
mod skus;
mod users;

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::domain::clock::UtcMs;
use crate::flow::{Error, Outcome};
use crate::infra::db::{Db, DbError, Tx};
use crate::store::worker_lease;

pub use row::ImportRow;

/// Where rows go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportTable {
    /// What is sold.
    Skus,
    /// Who buys.
    Users,
}

impl ImportTable {
    /// The columns a file may have, by their names in the table.
    pub fn columns(self) -> Vec<&'static str> {
        match self {
            ImportTable::Skus => skus::column_names(),
            ImportTable::Users => users::column_names(),
        }
    }

    /// The column that says which row it is; a file must have it.
    pub fn key_column(self) -> &'static str {
        match self {
            ImportTable::Skus => "id",
            ImportTable::Users => "username",
        }
    }
}

/// What becomes of a row that is there already and says something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExistingRow {
    /// It stays, and the row of the file is refused.
    Keep,
    /// It says what the file says, but for its stock. Accounts are always kept.
    Update,
}

/// Whether anything is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportMode {
    /// Rows are written.
    Real,
    /// It is only said what would become of them.
    Rehearsal,
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowVerdict {
    /// It is there now.
    Imported,
    /// It was there, and says now what the file says.
    Updated,
    /// It was there and says the same.
    AlreadyThere,
    /// It was not taken, for this reason.
    Refused(String),
}

/// Takes rows in, in one transaction if none of them breaks it; a verdict for each.
///
/// # Errors
/// The database, if it is not one row that it refuses. Rows before that may be in.
pub async fn import_rows(
    db: &Db,
    table: ImportTable,
    rows: Vec<ImportRow>,
    existing: ExistingRow,
    run: ImportMode,
    now: UtcMs,
) -> Outcome<Vec<RowVerdict>> {
    let began = Instant::now();
    let (rows, mut verdicts) = (Arc::<[ImportRow]>::from(rows), Vec::new());
    let mut ranges = Vec::from([Range { start: 0, end: rows.len() }]);
    let mut taken = 0;
    while let Some(range) = ranges.pop() {
        let (piece, length) =
            (Piece { table, rows: rows.clone(), range: range.clone(), existing, now }, range.len());
        match piece.import(db, run).await {
            Ok(found) => {
                taken += length;
                verdicts.extend(found);
            }
            // The row that breaks it is looked for by halves.
            Err(Error::Db(error)) if is_row_error(&error) && length > 1 => {
                let middle = range.start + length / 2;
                ranges.extend([middle..range.end, range.start..middle]);
            }
            Err(Error::Db(error))
                if is_row_error(&error) && (taken > 0 || !ranges.is_empty() || rows.len() == 1) =>
            {
                verdicts.push(RowVerdict::Refused(format!("the database did not take it: {error}")));
            }
            Err(error) => return Err(error),
        }
    }
    if run == ImportMode::Real {
        pause_for_others(db, began.elapsed(), now).await?;
    }
    Ok(verdicts)
}

/// Leaves a shop that is open as much time to write as this took, where only
/// one process writes at a time.
async fn pause_for_others(db: &Db, took: Duration, now: UtcMs) -> Outcome<()> {
    if db.has_single_writer() && db.read(async move |tx| worker_lease::count_active(tx, now).await).await? > 0
    {
        tokio::time::sleep(took).await;
    }
    Ok(())
}

/// Whether an error may come from what a row says.
fn is_row_error(error: &DbError) -> bool {
    matches!(error, DbError::Engine(_) | DbError::Unique(_) | DbError::Decode { .. })
}

/// Rows of one transaction.
struct Piece {
    table: ImportTable,
    rows: Arc<[ImportRow]>,
    range: Range<usize>,
    existing: ExistingRow,
    now: UtcMs,
}

impl Piece {
    async fn import(self, db: &Db, run: ImportMode) -> Outcome<Vec<RowVerdict>> {
        match run {
            ImportMode::Real => db.write(async move |tx| self.import_in_tx(tx, ImportMode::Real).await).await,
            ImportMode::Rehearsal => {
                db.read(async move |tx| self.import_in_tx(tx, ImportMode::Rehearsal).await).await
            }
        }
    }

    async fn import_in_tx(&self, tx: &mut Tx<'_>, run: ImportMode) -> Outcome<Vec<RowVerdict>> {
        let rows = &self.rows[self.range.clone()];
        match self.table {
            ImportTable::Skus => skus::import_rows(tx, rows, self.existing, run, self.now).await,
            ImportTable::Users => users::import_rows(tx, rows, run, self.now).await,
        }
    }
}
