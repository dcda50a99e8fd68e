//! FILE.refused: the refused rows as they were in FILE, each with its reason, to
//! be corrected and imported.

use std::fs::{File, OpenOptions, remove_file};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use csv::{ByteRecord, Writer, WriterBuilder};
use serde_json::{Map, Value, json};

use super::columns::REASON;
use super::{CommandError, Raw, refused_path};

pub(super) struct RefusedFile {
    path: PathBuf,
    lines: Lines,
}

enum Lines {
    Csv(Box<Writer<File>>, ByteRecord),
    Json(BufWriter<File>),
}

impl RefusedFile {
    /// Replaces an earlier FILE.refused. Mode 0600, because rows may hold password hashes.
    pub(super) fn create(file: &Path, header: Option<ByteRecord>) -> Result<RefusedFile, CommandError> {
        let path = refused_path(file);
        let made = create_new(&path).map_err(|error| io_error(&path, error))?;
        let lines = match header {
            None => Lines::Json(BufWriter::new(made)),
            Some(header) => {
                Lines::Csv(Box::new(WriterBuilder::new().flexible(true).from_writer(made)), header)
            }
        };
        let mut refused = RefusedFile { path, lines };
        refused.head().map_err(|error| io_error(&refused.path, error))?;
        Ok(refused)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn head(&mut self) -> io::Result<()> {
        match &mut self.lines {
            Lines::Json(_) => Ok(()),
            Lines::Csv(writer, header) => {
                let fields = without_reason(header, header).chain(std::iter::once(REASON.as_bytes()));
                Ok(writer.write_record(fields)?)
            }
        }
    }

    pub(super) fn add(&mut self, raw: &Raw, reason: &str) -> Result<(), CommandError> {
        self.line(raw, reason).map_err(|error| io_error(&self.path, error))
    }

    fn line(&mut self, raw: &Raw, reason: &str) -> io::Result<()> {
        match (&mut self.lines, raw) {
            (Lines::Csv(writer, header), Raw::Csv(record)) => {
                let missing = header.len().saturating_sub(record.len());
                let fields = without_reason(record, header).chain(std::iter::repeat_n(&b""[..], missing));
                Ok(writer.write_record(fields.chain(std::iter::once(reason.as_bytes())))?)
            }
            (Lines::Json(writer), Raw::Json(bytes)) => {
                writer.write_all(&with_reason(bytes, reason))?;
                writer.write_all(b"\n")
            }
            (Lines::Csv(..), Raw::Json(_)) | (Lines::Json(_), Raw::Csv(_)) => Ok(()),
        }
    }

    /// Flushes the file, or removes it if no row was refused.
    pub(super) fn finish(mut self, rows: usize) -> Result<PathBuf, CommandError> {
        let flushed = match &mut self.lines {
            Lines::Csv(writer, _) => writer.flush(),
            Lines::Json(writer) => writer.flush(),
        };
        let done = flushed.and_then(|()| if rows == 0 { remove_file(&self.path) } else { Ok(()) });
        done.map_err(|error| io_error(&self.path, error))?;
        Ok(self.path)
    }
}

fn create_new(path: &Path) -> io::Result<File> {
    match remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        Err(_) | Ok(()) => {}
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

fn io_error(path: &Path, error: io::Error) -> CommandError {
    CommandError::Io(path.display().to_string(), error)
}

/// The fields except for the reason of an earlier import.
fn without_reason<'a>(record: &'a ByteRecord, header: &ByteRecord) -> impl Iterator<Item = &'a [u8]> {
    let reason = header.iter().position(|name| name == REASON.as_bytes());
    record.iter().enumerate().filter(move |(nth, _)| Some(*nth) != reason).map(|(_, field)| field)
}

/// The row on one line with its reason; the text of an object is kept.
fn with_reason(bytes: &[u8], reason: &str) -> Vec<u8> {
    let Ok(mut object) = serde_json::from_slice::<Map<String, Value>>(bytes) else {
        let row = String::from_utf8_lossy(bytes);
        return json!({ "row": row, REASON: reason }).to_string().into_bytes();
    };
    if object.is_empty() || object.contains_key(REASON) {
        object.insert(REASON.to_owned(), Value::from(reason));
        return Value::Object(object).to_string().into_bytes();
    }
    let mut line: Vec<u8> =
        bytes.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }).collect();
    while line.pop().is_some_and(|byte| byte != b'}') {}
    line.extend(format!(",\"{REASON}\":{}}}", Value::from(reason)).into_bytes());
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_json_row_keeps_its_words_and_gets_its_reason() {
        let told = |row: &str| String::from_utf8(with_reason(row.as_bytes(), "no \"good\"")).unwrap();
        assert_eq!(told("{\"b\": 1,\n \"a\":2 }"), r#"{"b": 1,  "a":2 ,"reason":"no \"good\""}"#);
        assert_eq!(told("{}"), r#"{"reason":"no \"good\""}"#);
        assert_eq!(told(r#"{"a":1,"reason":"old"}"#), r#"{"a":1,"reason":"no \"good\""}"#);
        assert_eq!(told("[1"), r#"{"row":"[1","reason":"no \"good\""}"#);
    }
}
