//! Rows of a JSON array or of JSON lines. Only one row is in memory at a time.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};

use serde_json::{Map, Value};

use super::columns::FileShape;
use super::unreadable::{ROW_BYTES_MAX, Unreadable, too_long, utf8};
use super::{Raw, Record};
use crate::flow::import::ImportRow;

/// The column that may hold JSON itself.
const NESTED: &str = "spec";

pub(super) struct JsonRows {
    file: BufReader<File>,
    shape: FileShape,
    /// The line of the next byte, counted from 1.
    line: u64,
    layout: Layout,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// One row per line.
    Lines,
    /// `[` is still to come.
    ArrayBegins,
    /// Between two elements of an array.
    Array,
    /// `]` was read.
    ArrayEnded,
}

impl JsonRows {
    pub(super) fn open(file: File, first: Option<u8>, shape: FileShape) -> JsonRows {
        let layout = if first == Some(b'[') { Layout::ArrayBegins } else { Layout::Lines };
        JsonRows { file: BufReader::new(file), shape, line: 1, layout }
    }

    pub(super) fn next(&mut self) -> Result<Option<Record>, Unreadable> {
        let found = match self.layout {
            Layout::Lines => self.next_line()?,
            Layout::ArrayBegins | Layout::Array | Layout::ArrayEnded => self.next_element()?,
        };
        let Some((line, bytes)) = found else { return Ok(None) };
        let row = row(utf8(&bytes, line)?, line, &self.shape)?;
        Ok(Some(Record { line, row, raw: Raw::Json(bytes) }))
    }

    /// The next line that is not empty.
    fn next_line(&mut self) -> Result<Option<(u64, Vec<u8>)>, Unreadable> {
        loop {
            let (mut bytes, line) = (Vec::new(), self.line);
            let most = ROW_BYTES_MAX as u64 + 2;
            if Read::by_ref(&mut self.file).take(most).read_until(b'\n', &mut bytes)? == 0 {
                return Ok(None);
            }
            self.line += 1;
            if bytes.len() > ROW_BYTES_MAX {
                return Err(too_long(line));
            }
            let text = bytes.trim_ascii();
            if !text.is_empty() {
                return Ok(Some((line, text.to_vec())));
            }
        }
    }

    /// The bytes of the next array element, valid or not.
    fn next_element(&mut self) -> Result<Option<(u64, Vec<u8>)>, Unreadable> {
        loop {
            let next = self.skip_space()?;
            match (self.layout, next) {
                (Layout::ArrayBegins, Some(b'[')) => self.layout = Layout::Array,
                (Layout::ArrayEnded, None) => return Ok(None),
                (Layout::ArrayEnded, Some(_)) => {
                    return Err(Unreadable(format!(
                        "line {}: there is text after the end of the array",
                        self.line
                    )));
                }
                (Layout::Array, Some(b']')) => self.layout = Layout::ArrayEnded,
                (Layout::Array, Some(b',')) => {}
                (Layout::Array, Some(first)) => return self.rest_of(first).map(Some),
                (Layout::ArrayBegins | Layout::Array | Layout::Lines, _) => {
                    return Err(Unreadable("ends inside the array".to_owned()));
                }
            }
        }
    }

    /// The element that starts with `first`, up to the comma or bracket after it.
    fn rest_of(&mut self, first: u8) -> Result<(u64, Vec<u8>), Unreadable> {
        let (line, mut bytes) = (self.line, vec![first]);
        let mut position = JsonPosition::default();
        position.advance(first);
        loop {
            match self.peek()? {
                None => return Err(Unreadable(format!("ends inside the row of line {line}"))),
                Some(b',' | b']') if position.is_outside() => return Ok((line, bytes)),
                Some(byte) => {
                    position.advance(byte);
                    bytes.push(byte);
                    self.pass(byte);
                }
            }
            if bytes.len() > ROW_BYTES_MAX {
                return Err(too_long(line));
            }
        }
    }

    /// Consumes bytes up to and including the next one that is not white space.
    fn skip_space(&mut self) -> Result<Option<u8>, Unreadable> {
        while let Some(byte) = self.peek()? {
            self.pass(byte);
            if !byte.is_ascii_whitespace() {
                return Ok(Some(byte));
            }
        }
        Ok(None)
    }

    fn peek(&mut self) -> Result<Option<u8>, Unreadable> {
        Ok(self.file.fill_buf()?.first().copied())
    }

    fn pass(&mut self, byte: u8) {
        self.file.consume(1);
        self.line += u64::from(byte == b'\n');
    }
}

#[derive(Default)]
struct JsonPosition {
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl JsonPosition {
    fn advance(&mut self, byte: u8) {
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' if self.in_string => self.escaped = true,
            b'"' => self.in_string = !self.in_string,
            b'{' | b'[' if !self.in_string => self.depth += 1,
            b'}' | b']' if !self.in_string => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }

    fn is_outside(&self) -> bool {
        self.depth == 0 && !self.in_string
    }
}

/// An unknown name makes the whole file unreadable.
fn row(text: &str, line: u64, shape: &FileShape) -> Result<Result<ImportRow, String>, Unreadable> {
    let object: Map<String, Value> = match serde_json::from_str(text) {
        Ok(object) => object,
        Err(error) => return Ok(Err(format!("is not a JSON object: {}", without_position(&error)))),
    };
    let columns = shape.resolve(object.keys().map(String::as_str), line)?;
    Ok(cells(&object, &columns))
}

fn cells(object: &Map<String, Value>, columns: &[Option<&'static str>]) -> Result<ImportRow, String> {
    let mut row = ImportRow::default();
    for (column, value) in columns.iter().zip(object.values()) {
        let Some(column) = column else { continue };
        if row.get(column).is_some() {
            return Err(format!("{column} is given twice"));
        }
        let text = cell(column, value)?.filter(|text| !text.trim().is_empty());
        row.cells.extend(text.map(|text| (*column, text)));
    }
    Ok(row)
}

fn cell(column: &str, value: &Value) -> Result<Option<String>, String> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        Value::Number(number) => Ok(Some(number.to_string())),
        Value::Object(_) if column == NESTED => Ok(Some(value.to_string())),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            Err(format!("{column} is neither a string nor a number"))
        }
    }
}

/// The parser's message without its line count (it sees one row) and without the input.
fn without_position(error: &serde_json::Error) -> String {
    let words = if error.is_data() { "it has another type".to_owned() } else { error.to_string() };
    words.split(" at line").next().unwrap_or_default().to_owned()
}
