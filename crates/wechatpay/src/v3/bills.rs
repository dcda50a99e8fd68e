//! Downloading bills: first the link, then the file (pay.weixin.qq.com, docs `4012791887` to
//! `4012791889`).

use jiff::civil::Date;
use reqwest::Url;
use serde::Deserialize;

use super::json::token;
use super::{V3CallError, V3Client, V3ErrCode, V3UnknownReason};
use crate::bill::{
    BillAccount, BillCompression, BillFile, BillKind, BillStatus, ExpectedHash, PeekedResponse,
};

/// The download link of a bill, valid for five minutes, with the hash of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillLink {
    /// The URL, at most 2048 printable ASCII characters.
    pub download_url: String,
    /// SHA-1 of the file: 40 hex digits.
    pub sha1: String,
}

impl V3Client {
    /// Requests the link of the trade bill of a day in UTC+8, within the last three months. It is
    /// available from 10:00 of the next day.
    ///
    /// # Errors
    /// [`V3CallError`]. A missing bill, or one that is not ready, is not an error.
    pub async fn trade_bill_link(
        &self,
        day: Date,
        kind: BillKind,
        packing: BillCompression,
    ) -> Result<BillStatus<BillLink>, V3CallError> {
        let path = format!("/v3/bill/tradebill?bill_date={day}&bill_type={}", kind.as_str());
        self.link(path, packing).await
    }

    /// Requests the link of the fund-flow bill of a day in UTC+8, like [`V3Client::trade_bill_link`].
    ///
    /// # Errors
    /// As [`V3Client::trade_bill_link`].
    pub async fn fund_flow_bill_link(
        &self,
        day: Date,
        account: BillAccount,
        packing: BillCompression,
    ) -> Result<BillStatus<BillLink>, V3CallError> {
        let account = account.as_str().to_ascii_uppercase();
        let path = format!("/v3/bill/fundflowbill?bill_date={day}&account_type={account}");
        self.link(path, packing).await
    }

    /// Downloads a bill. The file is not signed; the hash in the signed link protects it.
    ///
    /// # Errors
    /// [`V3CallError`] before the first byte, [`DownloadError`](crate::bill::DownloadError) after it.
    pub async fn download_bill_file(&self, link: &BillLink) -> Result<BillFile, V3CallError> {
        let url = Url::parse(&link.download_url).map_err(|_| V3UnknownReason::Malformed("download_url"))?;
        if url.scheme() != "https" && !self.is_known_host(&url) {
            return Err(V3UnknownReason::Malformed("download_url").into());
        }
        let response = self.fetch(url, self.options().download_timeout).await?;
        Ok(PeekedResponse::read(response).await?.into_bill(Some(ExpectedHash::new(&link.sha1))))
    }

    async fn link(
        &self,
        path: String,
        packing: BillCompression,
    ) -> Result<BillStatus<BillLink>, V3CallError> {
        let path = match packing {
            BillCompression::None => path,
            BillCompression::Gzip => format!("{path}&tar_type=GZIP"),
        };
        match self.get::<LinkAnswer>(&path).await {
            Ok(answer) => answer.link().map(BillStatus::Ready),
            Err(V3CallError::Refused { code: V3ErrCode::NoStatementExist, .. }) => Ok(BillStatus::NoBill),
            Err(V3CallError::Refused { code: V3ErrCode::StatementCreating, .. }) => Ok(BillStatus::Creating),
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
    fn link(self) -> Result<BillLink, V3CallError> {
        let kind = token(self.hash_type, "hash_type", 32)?;
        let sha1 = token(self.hash_value, "hash_value", 40)?;
        if kind != "SHA1" {
            return Err(V3UnknownReason::Malformed("hash_type").into());
        }
        if sha1.len() != 40 || !sha1.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(V3UnknownReason::Malformed("hash_value").into());
        }
        Ok(BillLink { download_url: token(self.download_url, "download_url", 2048)?, sha1 })
    }
}
