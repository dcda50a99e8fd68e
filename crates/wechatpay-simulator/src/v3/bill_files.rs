//! Bill files that wait to be downloaded.

use std::collections::VecDeque;

use crate::random;

/// How long a download link is valid, in ms.
const LINK_LIFE_MS: i64 = 5 * 60 * 1000;
/// The number of files kept.
const MAX_FILES: usize = 20;

/// Bill files by token. Holds at most [`MAX_FILES`]; the oldest is dropped first.
#[derive(Debug, Default)]
pub struct BillFileStore(VecDeque<StoredBillFile>);

#[derive(Debug)]
struct StoredBillFile {
    token: String,
    mch_id: String,
    expires_ms: i64,
    bytes: Vec<u8>,
}

impl BillFileStore {
    /// Stores a file for a merchant and returns its download token.
    pub fn add(&mut self, mch_id: &str, bytes: Vec<u8>, now_ms: i64) -> String {
        if self.0.len() >= MAX_FILES {
            self.0.pop_front();
        }
        let token = random::alphanumeric(48);
        self.0.push_back(StoredBillFile {
            token: token.clone(),
            mch_id: mch_id.to_owned(),
            expires_ms: now_ms + LINK_LIFE_MS,
            bytes,
        });
        token
    }

    /// The merchant's file behind a token, unless the link has expired.
    pub fn find(&self, mch_id: &str, token: &str, now_ms: i64) -> Option<&[u8]> {
        let mut own = self.0.iter().filter(|file| file.mch_id == mch_id);
        let found = own.find(|file| file.token == token)?;
        (now_ms < found.expires_ms).then_some(found.bytes.as_slice())
    }
}
