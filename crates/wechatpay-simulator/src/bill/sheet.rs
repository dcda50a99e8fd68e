//! The file format: BOM, CRLF, a backtick before every cell, a summary at the end.

use super::cell::BillCell;

/// A bill as a table.
#[derive(Debug, Clone)]
pub struct BillSheet {
    pub columns: Vec<&'static str>,
    pub rows: Vec<BillRow>,
    pub summary_columns: Vec<&'static str>,
    /// Computes the values of the summary columns.
    pub summary: SummaryFn,
    /// The fault `bill_wrong_summary`: the summary counts one row too many.
    pub has_wrong_summary: bool,
    /// The column with the number of a row, for faults that affect one row.
    pub number_column: &'static str,
    /// The columns that the fault `bill_wrong_amount` changes.
    pub amount_columns: Vec<&'static str>,
}

/// Computes the summary of the rows.
pub type SummaryFn = fn(&BillSheet) -> Vec<String>;

/// The cells of a row, in the order of the columns.
#[derive(Debug, Clone)]
pub struct BillRow(pub Vec<BillCell>);

impl BillSheet {
    /// The index of a column.
    pub fn index(&self, column: &str) -> usize {
        self.columns.iter().position(|known| *known == column).unwrap_or_default()
    }

    /// The sum of a column, in fen.
    pub fn sum(&self, column: &str) -> i64 {
        let index = self.index(column);
        self.rows.iter().map(|row| row.0[index].fen()).sum()
    }

    /// Writes the whole file.
    pub fn write(&self) -> String {
        let mut summary = (self.summary)(self);
        if self.has_wrong_summary {
            summary[0] = (self.rows.len() + 1).to_string();
        }
        let mut text = String::from("\u{feff}");
        text.push_str(&self.columns.join(","));
        text.push_str("\r\n");
        for row in &self.rows {
            push(&mut text, row.0.iter().map(BillCell::spec));
        }
        text.push_str(&self.summary_columns.join(","));
        text.push_str("\r\n");
        push(&mut text, summary.iter().cloned());
        text
    }
}

fn push(text: &mut String, cells: impl Iterator<Item = String>) {
    for (nth, cell) in cells.enumerate() {
        text.push_str(if nth == 0 { "`" } else { ",`" });
        text.push_str(&cell);
    }
    text.push_str("\r\n");
}
