//! GZIP, unpacked piece by piece.

use std::fmt;
use std::io::Write;
use std::mem::take;

use flate2::write::GzDecoder;

use super::BillError;

/// Unpacks GZIP as it comes. Each piece is small whatever the bytes say, and the sum has an end: a
/// bomb costs no more than `longest`.
pub struct Gunzip {
    decoder: GzDecoder<Vec<u8>>,
    packed: Vec<u8>,
    left: u64,
}

impl Gunzip {
    /// Unpacks up to `longest` bytes.
    pub fn new(longest: u64) -> Gunzip {
        Gunzip { decoder: GzDecoder::new(Vec::new()), packed: Vec::new(), left: longest }
    }

    /// Takes the next packed bytes. Take the pieces out before the next ones.
    pub fn push(&mut self, bytes: &[u8]) {
        self.packed.extend_from_slice(bytes);
    }

    /// The next piece, some 32 KiB at most; nothing when more packed bytes are needed.
    ///
    /// # Errors
    /// [`BillError::Gzip`] or [`BillError::TooBig`].
    pub fn piece(&mut self) -> Result<Option<Vec<u8>>, BillError> {
        while !self.packed.is_empty() {
            let used = self.decoder.write(&self.packed).map_err(|_| BillError::Gzip)?;
            if used == 0 && self.decoder.get_ref().is_empty() {
                return Err(BillError::Gzip);
            }
            self.packed.drain(..used);
            let piece = take(self.decoder.get_mut());
            if !piece.is_empty() {
                return self.counted(piece).map(Some);
            }
        }
        Ok(None)
    }

    /// The last piece, once all packed bytes were pushed and all other pieces taken out.
    ///
    /// # Errors
    /// [`BillError::Gzip`] when the bytes ended too early or their check does not fit.
    pub fn finish(mut self) -> Result<Vec<u8>, BillError> {
        self.decoder.try_finish().map_err(|_| BillError::Gzip)?;
        let piece = take(self.decoder.get_mut());
        self.counted(piece)
    }

    fn counted(&mut self, piece: Vec<u8>) -> Result<Vec<u8>, BillError> {
        self.left = self.left.checked_sub(piece.len() as u64).ok_or(BillError::TooBig)?;
        Ok(piece)
    }
}

impl fmt::Debug for Gunzip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gunzip").field("left", &self.left).finish_non_exhaustive()
    }
}
