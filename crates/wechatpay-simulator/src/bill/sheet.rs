//! The file format: BOM, CRLF, every cell behind a backtick, a summary at the end.

use super::cell::Cell;

/// A bill before it is written.
#[derive(Debug, Clone)]
pub struct Sheet {
    pub columns: Vec<&'static str>,
    pub rows: Vec<Row>,
    pub summary_columns: Vec<&'static str>,
    /// What stands below each summary column.
    pub summary: Summary,
    /// The fault `bill_wrong_summary`: it counts one row too many.
    pub is_summed_wrongly: bool,
    /// The column in which a row's number is, for the faults that mean one row.
    pub number_column: &'static str,
    /// The columns whose sums the fault `bill_wrong_amount` moves.
    pub amount_columns: Vec<&'static str>,
}

/// Makes the summary of the rows.
pub type Summary = fn(&Sheet) -> Vec<String>;

/// The cells of a row, in the order of the columns.
#[derive(Debug, Clone)]
pub struct Row(pub Vec<Cell>);

impl Sheet {
    /// Where a column stands.
    pub fn index(&self, column: &str) -> usize {
        self.columns.iter().position(|known| *known == column).unwrap_or_default()
    }

    /// The sum of a column, in fen.
    pub fn sum(&self, column: &str) -> i64 {
        let index = self.index(column);
        self.rows.iter().map(|row| row.0[index].fen()).sum()
    }

    /// The whole file.
    pub fn write(&self) -> String {
        let mut summary = (self.summary)(self);
        if self.is_summed_wrongly {
            summary[0] = (self.rows.len() + 1).to_string();
        }
        let mut text = String::from("\u{feff}");
        text.push_str(&self.columns.join(","));
        text.push_str("\r\n");
        for row in &self.rows {
            push(&mut text, row.0.iter().map(Cell::written));
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
