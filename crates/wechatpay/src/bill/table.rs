//! The shape all bills share: a heading, rows, a heading, a summary.

use super::BillError;
use super::lines::Lines;
use super::record::{Columns, Record};

/// What a reader of one kind of bill does with the parts.
pub(super) trait Book {
    fn heading(&mut self, columns: &Columns) -> Result<(), BillError>;
    fn row(&mut self, record: &Record<'_>) -> Result<(), BillError>;
    fn summary(&mut self, columns: &Columns, record: &Record<'_>) -> Result<(), BillError>;
}

#[derive(Debug, Default)]
pub(super) struct Table {
    lines: Lines,
    place: Place,
}

/// What comes next.
#[derive(Debug, Default)]
enum Place {
    #[default]
    Heading,
    Rows(Columns),
    Summary(Columns),
    End,
}

impl Table {
    pub(super) fn push(&mut self, bytes: &[u8], book: &mut impl Book) -> Result<(), BillError> {
        let place = &mut self.place;
        self.lines.push(bytes, &mut |line, text| step(place, book, line, text))
    }

    pub(super) fn finish(mut self, book: &mut impl Book) -> Result<(), BillError> {
        let place = &mut self.place;
        self.lines.finish(&mut |line, text| step(place, book, line, text))?;
        if matches!(self.place, Place::End) { Ok(()) } else { Err(BillError::Truncated) }
    }
}

fn step(place: &mut Place, book: &mut impl Book, line: u64, text: &str) -> Result<(), BillError> {
    match place {
        Place::Heading => {
            let columns = Columns::read(text)?;
            book.heading(&columns)?;
            *place = Place::Rows(columns);
        }
        Place::Rows(columns) if text.starts_with('`') => book.row(&Record::read(line, text, columns)?)?,
        Place::Rows(_) if text.is_empty() => return Err(BillError::Cells { line }),
        Place::Rows(_) => *place = Place::Summary(Columns::read(text)?),
        Place::Summary(columns) => {
            book.summary(columns, &Record::read(line, text, columns)?)?;
            *place = Place::End;
        }
        Place::End if text.is_empty() => {}
        Place::End => return Err(BillError::AfterEnd { line }),
    }
    Ok(())
}

/// Adds without wrapping.
pub(super) fn add(sum: &mut i64, more: i64) -> Result<(), BillError> {
    *sum = sum.checked_add(more).ok_or(BillError::Overflow)?;
    Ok(())
}

/// Refuses a summary that says something other than the rows.
pub(super) fn agree(column: &'static str, summary: i64, rows: i64) -> Result<(), BillError> {
    if summary == rows { Ok(()) } else { Err(BillError::Sum { column, summary, rows }) }
}
