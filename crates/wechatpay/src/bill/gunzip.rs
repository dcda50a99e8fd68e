//! Decompressing GZIP in small pieces.

use std::fmt;
use std::io::Write;
use std::mem::take;

use flate2::write::GzDecoder;

use super::BillError;

/// A streaming GZIP decoder. Each piece is small and the total size is limited, so a decompression bomb
/// produces no more than `longest` bytes.
pub struct Gunzip {
    decoder: GzDecoder<Vec<u8>>,
    packed: Vec<u8>,
    left: u64,
}

impl Gunzip {
    /// Creates a decoder that produces at most `longest` bytes.
    pub fn new(longest: u64) -> Gunzip {
        Gunzip { decoder: GzDecoder::new(Vec::new()), packed: Vec::new(), left: longest }
    }

    /// Takes the next compressed bytes. Before the next call, take all pieces out with
    /// [`Gunzip::next_piece`].
    pub fn push(&mut self, bytes: &[u8]) {
        self.packed.extend_from_slice(bytes);
    }

    /// Returns the next piece, about 32 KiB at most, or `None` if more compressed bytes are needed.
    ///
    /// # Errors
    /// [`BillError::Gzip`] or [`BillError::TooBig`].
    pub fn next_piece(&mut self) -> Result<Option<Vec<u8>>, BillError> {
        while !self.packed.is_empty() {
            let used = self.decoder.write(&self.packed).map_err(|_| BillError::Gzip)?;
            if used == 0 && self.decoder.get_ref().is_empty() {
                return Err(BillError::Gzip);
            }
            self.packed.drain(..used);
            let piece = take(self.decoder.get_mut());
            if !piece.is_empty() {
                return self.count_bytes(piece).map(Some);
            }
        }
        Ok(None)
    }

    /// Returns the last piece, after all compressed bytes were pushed and all other pieces were taken
    /// out.
    ///
    /// # Errors
    /// [`BillError::Gzip`] if the data is incomplete or its checksum is wrong.
    pub fn finish(mut self) -> Result<Vec<u8>, BillError> {
        self.decoder.try_finish().map_err(|_| BillError::Gzip)?;
        let piece = take(self.decoder.get_mut());
        self.count_bytes(piece)
    }

    fn count_bytes(&mut self, piece: Vec<u8>) -> Result<Vec<u8>, BillError> {
        self.left = self.left.checked_sub(piece.len() as u64).ok_or(BillError::TooBig)?;
        Ok(piece)
    }
}

impl fmt::Debug for Gunzip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gunzip").field("left", &self.left).finish_non_exhaustive()
    }
}
