//! A line into cells.

use std::collections::HashMap;

use super::money::{fen, hundred_thousandths};
use super::{BillError, money};
use crate::v2::time;

/// Where the columns are, by their names.
#[derive(Debug)]
pub(super) struct Columns(HashMap<String, usize>);

impl Columns {
    /// Reads a heading: names without backticks.
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

/// One line under a heading.
pub(super) struct Record<'a> {
    line: u64,
    columns: &'a Columns,
    cells: Vec<&'a str>,
}

impl<'a> Record<'a> {
    /// Every cell starts with a backtick, so a cell may hold commas.
    pub(super) fn read(line: u64, text: &'a str, columns: &'a Columns) -> Result<Record<'a>, BillError> {
        let inside = text.strip_prefix('`').ok_or(BillError::Cells { line })?;
        let cells: Vec<&str> = inside.split(",`").collect();
        if cells.len() != columns.0.len() {
            return Err(BillError::Cells { line });
        }
        Ok(Record { line, columns, cells })
    }

    /// A cell without the spaces around it; empty when there is no such column.
    pub(super) fn text(&self, column: &str) -> &'a str {
        self.columns.0.get(column).map_or("", |at| self.cells[*at].trim())
    }

    /// An amount in yuan, as fen. Without the column it is nothing.
    pub(super) fn fen(&self, column: &'static str) -> Result<i64, BillError> {
        if !self.columns.has(column) {
            return Ok(0);
        }
        fen(self.text(column)).ok_or_else(|| self.malformed(column))
    }

    /// A fee in yuan, as hundred-thousandths of a yuan.
    pub(super) fn fee(&self, column: &'static str) -> Result<i64, BillError> {
        hundred_thousandths(self.text(column)).ok_or_else(|| self.malformed(column))
    }

    /// A count, which the fund flow may write as `20.0`.
    pub(super) fn count(&self, column: &'static str) -> Result<i64, BillError> {
        money::scaled(self.text(column), 0).ok_or_else(|| self.malformed(column))
    }

    /// `yyyy-MM-dd HH:mm:ss` in UTC+8, as UTC ms.
    pub(super) fn moment(&self, column: &'static str) -> Result<i64, BillError> {
        time::from_dashed(self.text(column)).map_err(|_| self.malformed(column))
    }

    /// The same, where it may be empty or absent.
    pub(super) fn optional_moment(&self, column: &'static str) -> Result<Option<i64>, BillError> {
        if self.text(column).is_empty() { Ok(None) } else { self.moment(column).map(Some) }
    }

    pub(super) fn malformed(&self, column: &'static str) -> BillError {
        BillError::Malformed { line: self.line, column }
    }
}
