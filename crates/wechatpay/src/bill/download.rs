//! Downloading a bill.

use std::mem::take;

use reqwest::Response;

use super::{BillError, BillHash, Gunzip};
use crate::transport::{TransportError, read_chunk};

/// The maximum size of a bill: 4 GiB decompressed, about ten million lines.
const LONGEST: u64 = 4 * 1024 * 1024 * 1024;

const GZIP: &[u8] = &[0x1f, 0x8b];

/// A bill that is being downloaded. GZIP is decompressed, and the hash, if there is one, is checked at
/// the end.
#[derive(Debug)]
pub struct BillFile {
    response: Option<Response>,
    first: Vec<u8>,
    gunzip: Option<Gunzip>,
    left: u64,
    expected: Option<ExpectedHash>,
}

/// The expected hash of a bill. The docs do not say whether it covers the compressed or the
/// decompressed file; both are accepted.
#[derive(Debug)]
pub(crate) struct ExpectedHash {
    sha1: String,
    packed: BillHash,
    plain: BillHash,
}

impl ExpectedHash {
    pub(crate) fn new(sha1: &str) -> ExpectedHash {
        ExpectedHash { sha1: sha1.to_ascii_lowercase(), packed: BillHash::new(), plain: BillHash::new() }
    }

    fn matches(self) -> bool {
        self.packed.finish() == self.sha1 || self.plain.finish() == self.sha1
    }
}

/// A response whose first bytes were read to see what it contains.
pub(crate) struct PeekedResponse {
    response: Response,
    pub(crate) first: Vec<u8>,
}

impl PeekedResponse {
    pub(crate) async fn read(mut response: Response) -> Result<PeekedResponse, TransportError> {
        let mut first = Vec::new();
        while first.len() < 8 {
            match read_chunk(&mut response).await? {
                Some(bytes) => first.extend(bytes),
                None => break,
            }
        }
        Ok(PeekedResponse { response, first })
    }

    /// Reads the whole body, at most `longest` bytes.
    pub(crate) async fn read_all(mut self, longest: usize) -> Result<Vec<u8>, TransportError> {
        while let Some(bytes) = read_chunk(&mut self.response).await? {
            if self.first.len() + bytes.len() > longest {
                return Err(TransportError::TooLong);
            }
            self.first.extend(bytes);
        }
        Ok(self.first)
    }

    pub(crate) fn into_bill(self, expected: Option<ExpectedHash>) -> BillFile {
        let gunzip = self.first.starts_with(GZIP).then(|| Gunzip::new(LONGEST));
        BillFile { response: Some(self.response), first: self.first, gunzip, left: LONGEST, expected }
    }
}

impl BillFile {
    /// Returns the next decompressed bytes, or `None` at the end, after the hash was checked.
    ///
    /// # Errors
    /// [`DownloadError`]. Then discard all bytes returned before.
    pub async fn chunk(&mut self) -> Result<Option<Vec<u8>>, DownloadError> {
        loop {
            if let Some(piece) = self.unpacked()? {
                return self.count_bytes(piece).map(Some);
            }
            let bytes = self.received().await?;
            match (bytes, &mut self.gunzip) {
                (Some(bytes), Some(gunzip)) => gunzip.push(&bytes),
                (Some(bytes), None) => return self.count_bytes(bytes).map(Some),
                (None, _) => return self.finish(),
            }
        }
    }

    fn unpacked(&mut self) -> Result<Option<Vec<u8>>, DownloadError> {
        match &mut self.gunzip {
            Some(gunzip) => Ok(gunzip.next_piece()?),
            None => Ok(None),
        }
    }

    async fn received(&mut self) -> Result<Option<Vec<u8>>, DownloadError> {
        let bytes = match (&mut self.response, self.first.is_empty()) {
            (_, false) => Some(take(&mut self.first)),
            (Some(response), true) => read_chunk(response).await?,
            (None, true) => None,
        };
        if let (Some(expected), Some(bytes)) = (&mut self.expected, &bytes) {
            expected.packed.push(bytes);
        }
        Ok(bytes)
    }

    fn finish(&mut self) -> Result<Option<Vec<u8>>, DownloadError> {
        self.response = None;
        let last = self.gunzip.take().map(Gunzip::finish).transpose()?.unwrap_or_default();
        if !last.is_empty() {
            return self.count_bytes(last).map(Some);
        }
        let fits = self.expected.take().is_none_or(ExpectedHash::matches);
        if fits { Ok(None) } else { Err(DownloadError::Hash) }
    }

    fn count_bytes(&mut self, piece: Vec<u8>) -> Result<Vec<u8>, DownloadError> {
        let left = self.left.checked_sub(piece.len() as u64);
        self.left = left.ok_or(BillError::TooBig)?;
        if let Some(expected) = &mut self.expected {
            expected.plain.push(&piece);
        }
        Ok(piece)
    }
}

/// Why a download failed. It is safe to repeat it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DownloadError {
    /// The download took longer than [`ClientOptions::download_timeout`](crate::v2::ClientOptions).
    #[error("the download of the bill timed out")]
    Timeout,
    /// The connection was lost.
    #[error("the connection was lost: {0}")]
    Lost(String),
    /// The hash differs from the one in the link.
    #[error("the hash of the bill is wrong")]
    Hash,
    /// The file cannot be decompressed, or is too large.
    #[error(transparent)]
    Bill(#[from] BillError),
}

impl From<TransportError> for DownloadError {
    fn from(broken: TransportError) -> DownloadError {
        match broken {
            TransportError::Timeout => DownloadError::Timeout,
            TransportError::Connect(why) | TransportError::Build(why) | TransportError::Lost(why) => {
                DownloadError::Lost(why)
            }
            TransportError::TooLong => BillError::TooBig.into(),
        }
    }
}
