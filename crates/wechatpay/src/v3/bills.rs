//! Bills: first the link, then the file (pay.weixin.qq.com, docs `4012791887` to `4012791889`).

use jiff::civil::Date;
use reqwest::Url;
use serde::Deserialize;

use super::json::token;
use super::{CallError, Client, Doubt, ErrCode};
use crate::bill::{Account, BillFile, BillKind, Expected, Fetched, Opened, Packing};

/// Where a bill is, for five minutes, and its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillLink {
    /// The address, at most 2048 printable ASCII characters.
    pub download_url: String,
    /// SHA-1 of the file: 40 hex digits.
    pub sha1: String,
}

impl Client {
    /// Asks for the trade bill of a day in UTC+8, of the last three months, after 10:00 of the next
    /// day.
    ///
    /// # Errors
    /// [`CallError`]. A day without a bill, and one whose bill is not ready, are no errors.
    pub async fn trade_bill(
        &self,
        day: Date,
        kind: BillKind,
        packing: Packing,
    ) -> Result<Fetched<BillLink>, CallError> {
        let path = format!("/v3/bill/tradebill?bill_date={day}&bill_type={}", kind.as_str());
        self.link(path, packing).await
    }

    /// Asks for the fund-flow bill of a day in UTC+8, as [`Client::trade_bill`].
    ///
    /// # Errors
    /// As [`Client::trade_bill`].
    pub async fn fund_flow_bill(
        &self,
        day: Date,
        account: Account,
        packing: Packing,
    ) -> Result<Fetched<BillLink>, CallError> {
        let account = account.as_str().to_ascii_uppercase();
        let path = format!("/v3/bill/fundflowbill?bill_date={day}&account_type={account}");
        self.link(path, packing).await
    }

    /// Downloads a bill. The answer is not signed; the hash of the signed link stands for it.
    ///
    /// # Errors
    /// [`CallError`] before the first byte, [`DownloadError`](crate::bill::DownloadError) after it.
    pub async fn bill_file(&self, link: &BillLink) -> Result<BillFile, CallError> {
        let url = Url::parse(&link.download_url).map_err(|_| Doubt::Malformed("download_url"))?;
        if url.scheme() != "https" && !self.is_known_host(&url) {
            return Err(Doubt::Malformed("download_url").into());
        }
        let response = self.fetch(url, self.options().download_timeout).await?;
        Ok(Opened::read(response).await?.bill(Some(Expected::new(&link.sha1))))
    }

    async fn link(&self, path: String, packing: Packing) -> Result<Fetched<BillLink>, CallError> {
        let path = match packing {
            Packing::Plain => path,
            Packing::Gzip => format!("{path}&tar_type=GZIP"),
        };
        match self.get::<LinkAnswer>(&path).await {
            Ok(answer) => answer.link().map(Fetched::Ready),
            Err(CallError::Refused { code: ErrCode::NoStatementExist, .. }) => Ok(Fetched::NoBill),
            Err(CallError::Refused { code: ErrCode::StatementCreating, .. }) => Ok(Fetched::Creating),
            Err(error) => Err(error),
        }
    }
}

#[derive(Deserialize)]
struct LinkAnswer {
    hash_type: Option<String>,
    hash_value: Option<String>,
    download_url: Option<String>,
}

impl LinkAnswer {
    fn link(self) -> Result<BillLink, CallError> {
        let kind = token(self.hash_type, "hash_type", 32)?;
        let sha1 = token(self.hash_value, "hash_value", 40)?;
        if kind != "SHA1" {
            return Err(Doubt::Malformed("hash_type").into());
        }
        if sha1.len() != 40 || !sha1.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Doubt::Malformed("hash_value").into());
        }
        Ok(BillLink { download_url: token(self.download_url, "download_url", 2048)?, sha1 })
    }
}
