//! Rows of a CSV file. Only one row is in memory at a time.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read};
use std::rc::Rc;

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::columns::FileShape;
use super::unreadable::{ROW_BYTES_MAX, Unreadable, too_long, utf8};
use super::{Raw, Record};
use crate::flow::import::ImportRow;

/// Bytes that the reader buffers beyond a row.
const AHEAD: usize = 8 * 1024;

/// Stops reading after a budget of bytes, because a row may be longer than memory.
struct BoundedFile {
    file: File,
    budget: Rc<RefCell<ReadBudget>>,
}

#[derive(Default)]
struct ReadBudget {
    left: usize,
    /// Bytes read that belong to no row yet.
    bytes: Vec<u8>,
}

impl Read for BoundedFile {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut budget = self.budget.borrow_mut();
        let most = into.len().min(budget.left);
        if most == 0 {
            return Err(io::Error::other("a row is too long"));
        }
        let read = self.file.read(&mut into[..most])?;
        budget.left -= read;
        budget.bytes.extend_from_slice(&into[..read]);
        Ok(read)
    }
}

pub(super) struct CsvRows {
    reader: Reader<BoundedFile>,
    budget: Rc<RefCell<ReadBudget>>,
    /// Bytes and lines before the next row; the reader miscounts lines that end in CR LF.
    at: u64,
    line: u64,
    header: ByteRecord,
    columns: Vec<Option<&'static str>>,
}

impl CsvRows {
    /// Reads the header.
    pub(super) fn open(file: File, shape: &FileShape) -> Result<CsvRows, Unreadable> {
        let budget = Rc::new(RefCell::new(ReadBudget::default()));
        let bounded = BoundedFile { file, budget: budget.clone() };
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(AHEAD)
            .from_reader(bounded);
        let (header, columns) = (ByteRecord::new(), Vec::new());
        let mut rows = CsvRows { reader, budget, at: 0, line: 1, header, columns };
        let Some((line, header)) = rows.record()? else {
            return Err(Unreadable("is empty; the first line must name the columns".to_owned()));
        };
        let names: Vec<&str> = header.iter().map(|name| utf8(name, line)).collect::<Result<_, _>>()?;
        rows.columns = shape.resolve(names, line)?;
        check_header(&rows.columns, shape)?;
        rows.header = header;
        Ok(rows)
    }

    pub(super) fn header(&self) -> &ByteRecord {
        &self.header
    }

    pub(super) fn next(&mut self) -> Result<Option<Record>, Unreadable> {
        let Some((line, record)) = self.record()? else { return Ok(None) };
        let row = self.row(&record, line)?;
        Ok(Some(Record { line, row, raw: Raw::Csv(record) }))
    }

    /// The next record and the line it starts at.
    fn record(&mut self) -> Result<Option<(u64, ByteRecord)>, Unreadable> {
        self.budget.borrow_mut().left = ROW_BYTES_MAX + AHEAD;
        let mut record = ByteRecord::new();
        match self.reader.read_byte_record(&mut record) {
            Ok(true) => Ok(Some((self.start_line(), record))),
            Ok(false) => Ok(None),
            Err(_) if self.budget.borrow().left == 0 => Err(too_long(self.start_line())),
            Err(error) => Err(Unreadable(error.to_string())),
        }
    }

    /// The line at which the record just read starts.
    fn start_line(&mut self) -> u64 {
        let end = self.reader.position().byte();
        let mut budget = self.budget.borrow_mut();
        let length = usize::try_from(end - self.at).unwrap_or(usize::MAX).min(budget.bytes.len());
        let bytes: Vec<u8> = budget.bytes.drain(..length).collect();
        let ends = |bytes: &[u8]| bytes.iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
        let blank = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let line = self.line + ends(&bytes[..blank]);
        (self.at, self.line) = (end, self.line + ends(&bytes));
        line
    }

    fn row(&self, record: &ByteRecord, line: u64) -> Result<Result<ImportRow, String>, Unreadable> {
        let fields: Vec<&str> = record.iter().map(|field| utf8(field, line)).collect::<Result<_, _>>()?;
        if fields.len() != self.columns.len() {
            return Ok(Err(format!("has {} fields, the header {}", fields.len(), self.columns.len())));
        }
        let says = |text: &str| !text.trim().is_empty() && text != "\\N";
        let cells = self.columns.iter().zip(fields).filter(|(_, text)| says(text));
        let cells = cells.filter_map(|(column, text)| Some(((*column)?, text.to_owned())));
        Ok(Ok(ImportRow { cells: cells.collect() }))
    }
}

/// The header must have the key, and no column twice.
fn check_header(columns: &[Option<&'static str>], shape: &FileShape) -> Result<(), Unreadable> {
    let named: Vec<&str> = columns.iter().copied().flatten().collect();
    let twice = named.iter().enumerate().find(|(nth, name)| named[..*nth].contains(name));
    if let Some((_, name)) = twice {
        return Err(Unreadable(format!("has the column {name} twice")));
    }
    match shape.key {
        Some(key) if !named.contains(&key) => Err(Unreadable(format!("has no column {key}"))),
        Some(_) | None => Ok(()),
    }
}
