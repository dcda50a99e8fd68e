//! Splitting bytes into lines.

use super::BillError;

/// The maximum length of a line: 16 KiB.
const LONGEST: usize = 16 * 1024;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// Splits a stream into lines and buffers the incomplete one.
#[derive(Debug, Default)]
pub(super) struct LineSplitter {
    rest: Vec<u8>,
    /// The number of lines so far.
    pub(super) line: u64,
}

impl LineSplitter {
    /// Calls `each` with the number and the text of every complete line.
    pub(super) fn push(
        &mut self,
        mut bytes: &[u8],
        each: &mut impl FnMut(u64, &str) -> Result<(), BillError>,
    ) -> Result<(), BillError> {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            self.keep(&bytes[..end])?;
            bytes = &bytes[end + 1..];
            self.give(each)?;
        }
        self.keep(bytes)
    }

    /// Passes on the last line, which may lack a line end.
    pub(super) fn finish(
        &mut self,
        each: &mut impl FnMut(u64, &str) -> Result<(), BillError>,
    ) -> Result<(), BillError> {
        if self.rest.is_empty() { Ok(()) } else { self.give(each) }
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), BillError> {
        if self.rest.len() + bytes.len() > LONGEST {
            return Err(BillError::LineTooLong { line: self.line + 1 });
        }
        self.rest.extend_from_slice(bytes);
        Ok(())
    }

    fn give(&mut self, each: &mut impl FnMut(u64, &str) -> Result<(), BillError>) -> Result<(), BillError> {
        self.line += 1;
        let mut bytes = self.rest.as_slice();
        if self.line == 1 {
            bytes = bytes.strip_prefix(BOM).unwrap_or(bytes);
        }
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        let line = self.line;
        let text = std::str::from_utf8(bytes).map_err(|_| BillError::NotUtf8 { line })?;
        let given = each(line, text);
        self.rest.clear();
        given
    }
}
