//! Splitting a line of a bill into cells.

use std::collections::HashMap;

use super::money::{fen, hundred_thousandths};
use super::{BillError, money};
use crate::v2::time;

/// The positions of the columns by name.
#[derive(Debug)]
pub(super) struct Columns(HashMap<String, usize>);

impl Columns {
    /// Parses a heading line: names without backticks.
    pub(super) fn read(line: &str) -> Result<Columns, BillError> {
        let mut columns = HashMap::new();
        for (at, name) in line.split(',').enumerate() {
            if columns.insert(name.to_owned(), at).is_some() {
                return Err(BillError::Column { column: name.to_owned() });
            }
        }
        Ok(Columns(columns))
    }

    pub(super) fn require(&self, names: &[&str]) -> Result<(), BillError> {
        match names.iter().find(|name| !self.0.contains_key(**name)) {
            Some(missing) => Err(BillError::Column { column: (*missing).to_owned() }),
            None => Ok(()),
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

/// One line of data.
pub(super) struct Record<'a> {
    line: u64,
    columns: &'a Columns,
    cells: Vec<&'a str>,
}

impl<'a> Record<'a> {
    /// Every cell starts with a backtick, so a cell may contain commas.
    pub(super) fn read(line: u64, text: &'a str, columns: &'a Columns) -> Result<Record<'a>, BillError> {
        let inside = text.strip_prefix('`').ok_or(BillError::Cells { line })?;
        let cells: Vec<&str> = inside.split(",`").collect();
        if cells.len() != columns.0.len() {
            return Err(BillError::Cells { line });
        }
        Ok(Record { line, columns, cells })
    }

    /// A trimmed cell; empty if the column is missing.
    pub(super) fn text(&self, column: &str) -> &'a str {
        self.columns.0.get(column).map_or("", |at| self.cells[*at].trim())
    }

    /// An amount in yuan, converted to fen; 0 if the column is missing.
    pub(super) fn fen(&self, column: &'static str) -> Result<i64, BillError> {
        if !self.columns.has(column) {
            return Ok(0);
        }
        fen(self.text(column)).ok_or_else(|| self.malformed(column))
    }

    /// A fee in yuan, converted to hundred-thousandths of a yuan.
    pub(super) fn fee(&self, column: &'static str) -> Result<i64, BillError> {
        hundred_thousandths(self.text(column)).ok_or_else(|| self.malformed(column))
    }

    /// A count. Fund-flow bills may write it as `20.0`.
    pub(super) fn count(&self, column: &'static str) -> Result<i64, BillError> {
        money::scaled(self.text(column), 0).ok_or_else(|| self.malformed(column))
    }

    /// `yyyy-MM-dd HH:mm:ss` in UTC+8, as UTC ms.
    pub(super) fn timestamp(&self, column: &'static str) -> Result<i64, BillError> {
        time::from_dashed(self.text(column)).map_err(|_| self.malformed(column))
    }

    /// Like `timestamp`, but the cell may be empty or missing.
    pub(super) fn optional_timestamp(&self, column: &'static str) -> Result<Option<i64>, BillError> {
        if self.text(column).is_empty() { Ok(None) } else { self.timestamp(column).map(Some) }
    }

    pub(super) fn malformed(&self, column: &'static str) -> BillError {
        BillError::Malformed { line: self.line, column }
    }
}
