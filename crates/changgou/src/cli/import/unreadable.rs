//! Why a whole file is refused before any row is taken.

use std::io;

/// Bytes of one row; the widest row of a table is a third of this.
pub(super) const ROW_BYTES_MAX: usize = 64 * 1024;

/// Says what is wrong with the file and what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub(super) String);

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Unreadable {
        Unreadable(error.to_string())
    }
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

pub(super) fn too_long(line: u64) -> Unreadable {
    let most = ROW_BYTES_MAX / 1024;
    Unreadable(format!("the row at line {line} is longer than {most} KiB; is a quote left open?"))
}
