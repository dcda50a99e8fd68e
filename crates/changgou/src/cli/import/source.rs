//! A CSV or JSON file as rows of known columns.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use ::csv::ByteRecord;

use super::Record;
use super::columns::FileShape;
use super::csv::CsvRows;
use super::json::JsonRows;
use super::unreadable::Unreadable;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileFormat {
    Csv,
    Json,
}

pub(super) enum RowSource {
    Csv(CsvRows),
    Json(JsonRows),
}

impl RowSource {
    pub(super) fn open(
        path: &Path,
        format: Option<FileFormat>,
        shape: FileShape,
    ) -> Result<RowSource, Unreadable> {
        // Checked before it is opened: opening a pipe waits for a writer.
        if !std::fs::metadata(path)?.is_file() {
            return Err(Unreadable(
                "is not a regular file; it is read twice, so a pipe cannot be used".to_owned(),
            ));
        }
        let mut file = File::open(path)?;
        let head = head(&mut file)?;
        let start = encoding(&head)?;
        file.seek(SeekFrom::Start(start as u64))?;
        let first = head[start..].iter().copied().find(|byte| !byte.is_ascii_whitespace());
        let is_json = first.is_some_and(|byte| byte == b'[' || byte == b'{');
        match format {
            Some(FileFormat::Csv) => CsvRows::open(file, &shape).map(RowSource::Csv),
            None if !is_json => CsvRows::open(file, &shape).map(RowSource::Csv),
            Some(FileFormat::Json) if !is_json => Err(Unreadable(
                "starts with neither [ nor {; give a JSON array, or one object per line".to_owned(),
            )),
            Some(FileFormat::Json) | None => Ok(RowSource::Json(JsonRows::open(file, first, shape))),
        }
    }

    /// The next row, or none at the end.
    pub(super) fn next(&mut self) -> Result<Option<Record>, Unreadable> {
        match self {
            RowSource::Csv(rows) => rows.next(),
            RowSource::Json(rows) => rows.next(),
        }
    }

    /// The header, if the file has one.
    pub(super) fn header(&self) -> Option<ByteRecord> {
        match self {
            RowSource::Csv(rows) => Some(rows.header().clone()),
            RowSource::Json(_) => None,
        }
    }
}

fn head(file: &mut File) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    file.take(4096).read_to_end(&mut head)?;
    Ok(head)
}

/// The offset of the text after a byte order mark; refuses UTF-16.
fn encoding(head: &[u8]) -> Result<usize, Unreadable> {
    let is_utf16 = head.starts_with(&[0xFF, 0xFE]) || head.starts_with(&[0xFE, 0xFF]);
    if is_utf16 {
        let words = "is UTF-16; convert it first: iconv -f UTF-16 -t UTF-8 FILE > NEW";
        return Err(Unreadable(words.to_owned()));
    }
    Ok(if head.starts_with(&[0xEF, 0xBB, 0xBF]) { 3 } else { 0 })
}
