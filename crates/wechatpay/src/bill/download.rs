//! A bill as it comes from the network.

use std::mem::take;

use reqwest::Response;

use super::{BillError, BillHash, Gunzip};
use crate::transport::{Broken, chunk};

/// The longest bill: 4 GiB unpacked, some ten million lines.
const LONGEST: u64 = 4 * 1024 * 1024 * 1024;

const GZIP: &[u8] = &[0x1f, 0x8b];

/// A bill being downloaded. Unpacks GZIP, and checks the hash at the end when there is one.
#[derive(Debug)]
pub struct BillFile {
    response: Option<Response>,
    first: Vec<u8>,
    gunzip: Option<Gunzip>,
    left: u64,
    expected: Option<Expected>,
}

/// The hash a bill must have. The docs leave open whether it is of the file as it travels or as it
/// reads; either will do.
#[derive(Debug)]
pub(crate) struct Expected {
    sha1: String,
    packed: BillHash,
    plain: BillHash,
}

impl Expected {
    pub(crate) fn new(sha1: &str) -> Expected {
        Expected { sha1: sha1.to_ascii_lowercase(), packed: BillHash::new(), plain: BillHash::new() }
    }

    fn fits(self) -> bool {
        self.packed.finish() == self.sha1 || self.plain.finish() == self.sha1
    }
}

/// A response with its first bytes read, enough to tell what it is.
pub(crate) struct Opened {
    response: Response,
    pub(crate) first: Vec<u8>,
}

impl Opened {
    pub(crate) async fn read(mut response: Response) -> Result<Opened, Broken> {
        let mut first = Vec::new();
        while first.len() < 8 {
            match chunk(&mut response).await? {
                Some(bytes) => first.extend(bytes),
                None => break,
            }
        }
        Ok(Opened { response, first })
    }

    /// Everything there is, up to `longest` bytes.
    pub(crate) async fn whole(mut self, longest: usize) -> Result<Vec<u8>, Broken> {
        while let Some(bytes) = chunk(&mut self.response).await? {
            if self.first.len() + bytes.len() > longest {
                return Err(Broken::TooLong);
            }
            self.first.extend(bytes);
        }
        Ok(self.first)
    }

    pub(crate) fn bill(self, expected: Option<Expected>) -> BillFile {
        let gunzip = self.first.starts_with(GZIP).then(|| Gunzip::new(LONGEST));
        BillFile { response: Some(self.response), first: self.first, gunzip, left: LONGEST, expected }
    }
}

impl BillFile {
    /// The next plain bytes; nothing at the end, and only then was the hash checked.
    ///
    /// # Errors
    /// [`DownloadError`]; nothing that was given before counts then.
    pub async fn chunk(&mut self) -> Result<Option<Vec<u8>>, DownloadError> {
        loop {
            if let Some(piece) = self.unpacked()? {
                return self.counted(piece).map(Some);
            }
            let bytes = self.received().await?;
            match (bytes, &mut self.gunzip) {
                (Some(bytes), Some(gunzip)) => gunzip.push(&bytes),
                (Some(bytes), None) => return self.counted(bytes).map(Some),
                (None, _) => return self.ended(),
            }
        }
    }

    fn unpacked(&mut self) -> Result<Option<Vec<u8>>, DownloadError> {
        match &mut self.gunzip {
            Some(gunzip) => Ok(gunzip.piece()?),
            None => Ok(None),
        }
    }

    async fn received(&mut self) -> Result<Option<Vec<u8>>, DownloadError> {
        let bytes = match (&mut self.response, self.first.is_empty()) {
            (_, false) => Some(take(&mut self.first)),
            (Some(response), true) => chunk(response).await?,
            (None, true) => None,
        };
        if let (Some(expected), Some(bytes)) = (&mut self.expected, &bytes) {
            expected.packed.push(bytes);
        }
        Ok(bytes)
    }

    fn ended(&mut self) -> Result<Option<Vec<u8>>, DownloadError> {
        self.response = None;
        let last = self.gunzip.take().map(Gunzip::finish).transpose()?.unwrap_or_default();
        if !last.is_empty() {
            return self.counted(last).map(Some);
        }
        let fits = self.expected.take().is_none_or(Expected::fits);
        if fits { Ok(None) } else { Err(DownloadError::Hash) }
    }

    fn counted(&mut self, piece: Vec<u8>) -> Result<Vec<u8>, DownloadError> {
        let left = self.left.checked_sub(piece.len() as u64);
        self.left = left.ok_or(BillError::TooBig)?;
        if let Some(expected) = &mut self.expected {
            expected.plain.push(&piece);
        }
        Ok(piece)
    }
}

/// Why a bill did not arrive whole. Asking again is safe.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DownloadError {
    /// It took longer than [`ClientOptions::download_timeout`](crate::v2::ClientOptions).
    #[error("the bill did not arrive in time")]
    Timeout,
    /// The connection was lost.
    #[error("the connection was lost: {0}")]
    Lost(String),
    /// It is not the file the link told of.
    #[error("the bill's hash does not fit")]
    Hash,
    /// It cannot be unpacked, or is too long.
    #[error(transparent)]
    Bill(#[from] BillError),
}

impl From<Broken> for DownloadError {
    fn from(broken: Broken) -> DownloadError {
        match broken {
            Broken::Timeout => DownloadError::Timeout,
            Broken::Connect(why) | Broken::Build(why) | Broken::Lost(why) => DownloadError::Lost(why),
            Broken::TooLong => BillError::TooBig.into(),
        }
    }
}
