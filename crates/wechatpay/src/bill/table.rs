//! The structure of all bills: heading, rows, summary heading, summary.

use super::BillError;
use super::lines::LineSplitter;
use super::record::{Columns, Record};

/// Receives the parts of a bill.
pub(super) trait TableVisitor {
    fn heading(&mut self, columns: &Columns) -> Result<(), BillError>;
    fn row(&mut self, record: &Record<'_>) -> Result<(), BillError>;
    fn summary(&mut self, columns: &Columns, record: &Record<'_>) -> Result<(), BillError>;
}

#[derive(Debug, Default)]
pub(super) struct TableParser {
    lines: LineSplitter,
    place: Place,
}

/// The part of the bill that is expected next.
#[derive(Debug, Default)]
enum Place {
    #[default]
    Heading,
    Rows(Columns),
    Summary(Columns),
    End,
}

impl TableParser {
    pub(super) fn push(&mut self, bytes: &[u8], visitor: &mut impl TableVisitor) -> Result<(), BillError> {
        let place = &mut self.place;
        self.lines.push(bytes, &mut |line, text| step(place, visitor, line, text))
    }

    pub(super) fn finish(mut self, visitor: &mut impl TableVisitor) -> Result<(), BillError> {
        let place = &mut self.place;
        self.lines.finish(&mut |line, text| step(place, visitor, line, text))?;
        if matches!(self.place, Place::End) { Ok(()) } else { Err(BillError::Truncated) }
    }
}

fn step(place: &mut Place, visitor: &mut impl TableVisitor, line: u64, text: &str) -> Result<(), BillError> {
    match place {
        Place::Heading => {
            let columns = Columns::read(text)?;
            visitor.heading(&columns)?;
            *place = Place::Rows(columns);
        }
        Place::Rows(columns) if text.starts_with('`') => visitor.row(&Record::read(line, text, columns)?)?,
        Place::Rows(_) if text.is_empty() => return Err(BillError::Cells { line }),
        Place::Rows(_) => *place = Place::Summary(Columns::read(text)?),
        Place::Summary(columns) => {
            visitor.summary(columns, &Record::read(line, text, columns)?)?;
            *place = Place::End;
        }
        Place::End if text.is_empty() => {}
        Place::End => return Err(BillError::AfterEnd { line }),
    }
    Ok(())
}

/// Adds with a check for overflow.
pub(super) fn checked_add(sum: &mut i64, more: i64) -> Result<(), BillError> {
    *sum = sum.checked_add(more).ok_or(BillError::Overflow)?;
    Ok(())
}

/// Checks a total of the summary against the rows.
pub(super) fn check_total(column: &'static str, summary: i64, rows: i64) -> Result<(), BillError> {
    if summary == rows { Ok(()) } else { Err(BillError::Sum { column, summary, rows }) }
}
