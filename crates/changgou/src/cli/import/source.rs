//! A file, whatever it is written in, as rows of known columns.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use ::csv::ByteRecord;

use super::Record;
use super::csv::CsvRows;
use super::json::JsonRows;

/// Bytes of one row; the widest row of a table is a third of that.
pub(super) const ROW_BYTES_MAX: usize = 64 * 1024;

/// Columns that are named where a file has others.
const NAMED_MAX: usize = 5;

/// The column that FILE.refused has more than FILE. It is passed over, so that
/// a mended FILE.refused can be imported.
pub(super) const REASON: &str = "reason";

/// What a file is said to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileFormat {
    Csv,
    Json,
}

/// The columns a file may have, and the one it must have.
#[derive(Clone, Debug)]
pub(super) struct FileShape {
    pub(super) columns: Vec<&'static str>,
    pub(super) key: Option<&'static str>,
}

/// A file that is not read, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub(super) String);

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Unreadable {
        Unreadable(error.to_string())
    }
}

/// The rows of a file, one after the other.
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
        // Looked at before it is opened: to open a pipe would wait for somebody who writes into it.
        if !std::fs::metadata(path)?.is_file() {
            return Err(Unreadable("is not a file; it is read twice, so a pipe does not do".to_owned()));
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
            Some(FileFormat::Json) if !is_json => {
                Err(Unreadable("begins with neither [ nor {: a JSON array, or one object a line".to_owned()))
            }
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

/// Enough to know what a file is.
fn head(file: &mut File) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    file.take(4096).read_to_end(&mut head)?;
    Ok(head)
}

/// Where the text begins, if it can be UTF-8.
fn encoding(head: &[u8]) -> Result<usize, Unreadable> {
    let is_utf16 = head.starts_with(&[0xFF, 0xFE]) || head.starts_with(&[0xFE, 0xFF]);
    if is_utf16 {
        let words = "is UTF-16; convert it first: iconv -f UTF-16 -t UTF-8 FILE > NEW";
        return Err(Unreadable(words.to_owned()));
    }
    Ok(if head.starts_with(&[0xEF, 0xBB, 0xBF]) { 3 } else { 0 })
}

/// The text, if it is UTF-8.
pub(super) fn utf8(bytes: &[u8], line: u64) -> Result<&str, Unreadable> {
    let words = |_| {
        Unreadable(format!(
            "line {line} is not UTF-8; if it comes from a Chinese Windows, convert it first: \
             iconv -f GB18030 -t UTF-8 FILE > NEW"
        ))
    };
    std::str::from_utf8(bytes).map_err(words)
}

impl FileShape {
    /// The columns by their names in the table; `None` is passed over.
    pub(super) fn resolve<'n>(
        &self,
        names: impl IntoIterator<Item = &'n str>,
        line: u64,
    ) -> Result<Vec<Option<&'static str>>, Unreadable> {
        let (mut resolved, mut unknown) = (Vec::new(), Vec::new());
        for name in names {
            let known = snake(name);
            match self.columns.iter().find(|column| **column == known) {
                Some(column) => resolved.push(Some(*column)),
                None if known == REASON => resolved.push(None),
                None => unknown.push(name),
            }
        }
        let [first, ..] = unknown.as_slice() else { return Ok(resolved) };
        let word = if unknown.len() == 1 { "column" } else { "columns" };
        let named: Vec<String> = unknown.iter().take(NAMED_MAX).map(|name| format!("{name:.60?}")).collect();
        let more = if unknown.len() > NAMED_MAX { ", …" } else { "" };
        let hint = if first.contains([';', '\t']) { " (columns are separated by commas)" } else { "" };
        Err(Unreadable(format!(
            "line {line}: unknown {word} {}{more}{hint}; known are {}",
            named.join(", "),
            self.columns.join(", ")
        )))
    }
}

/// `spuId` as `spu_id`; what has no small letter as it would be with them.
fn snake(name: &str) -> String {
    let name = name.trim();
    if !name.contains(|letter: char| letter.is_lowercase()) {
        return name.to_lowercase();
    }
    let letters = name.chars().flat_map(|letter| {
        let before = letter.is_ascii_uppercase().then_some('_');
        before.into_iter().chain(std::iter::once(letter.to_ascii_lowercase()))
    });
    letters.collect()
}

/// A row that is too long to be one.
pub(super) fn too_long(line: u64) -> Unreadable {
    let most = ROW_BYTES_MAX / 1024;
    Unreadable(format!("the row that begins at line {line} is longer than {most} KiB; is a quote left open?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_as_the_table_or_the_java_class_writes_them() {
        for (name, column) in [
            ("spu_id", "spu_id"),
            ("spuId", "spu_id"),
            (" isMobileCheck ", "is_mobile_check"),
            ("ID", "id"),
            ("SPU_ID", "spu_id"),
        ] {
            assert_eq!(snake(name), column);
        }
    }
}
