//! Bills (pay.weixin.qq.com, chapters `9_6` and `9_18`). They are not signed: nothing but the
//! connection and the summary at the end stands for them.

use std::time::Duration;

use jiff::civil::Date;

use super::client::is_rejected;
use super::fields::{present, prose};
use super::http_post::posted;
use super::request::seal;
use super::stored_request::signed_with;
use super::{ApiKey, CallError, Client, Doubt, ErrCode, Fields, Request, SignType, xml};
use crate::bill::{Account, BillFile, BillKind, Fetched, Opened, Packing};
use crate::transport::Way;

/// What XML starts with, and no bill does.
const FAILURE: &[u8] = b"<";

impl Client {
    /// Downloads the trade bill of a day in UTC+8, after 10:00 of the next day (chapter `9_6`).
    ///
    /// # Errors
    /// [`CallError`]. A day without a bill, and one whose bill is not ready, are no errors.
    pub async fn download_bill(
        &self,
        day: Date,
        kind: BillKind,
        packing: Packing,
        sign_type: SignType,
    ) -> Result<Fetched<BillFile>, CallError> {
        let asked = wish(day, packing, ("bill_type", kind.as_str()));
        let request = seal(asked, self.merchant(), sign_type)?;
        self.download(self.way(), "/pay/downloadbill", &request, sign_type).await
    }

    /// Downloads the fund-flow bill of a day in UTC+8 (chapter `9_18`), which is asked for over mutual
    /// TLS and signed with HMAC-SHA256, whatever the orders are signed with.
    ///
    /// # Errors
    /// As [`Client::download_bill`]. Without [`Client::with_money_out`] nothing is sent.
    pub async fn download_fund_flow(
        &self,
        day: Date,
        account: Account,
        packing: Packing,
    ) -> Result<Fetched<BillFile>, CallError> {
        let asked = wish(day, packing, ("account_type", account.as_str()));
        let request = seal(asked, self.merchant(), SignType::HmacSha256)?;
        self.download(self.money_out()?, "/pay/downloadfundflow", &request, SignType::HmacSha256).await
    }

    async fn download(
        &self,
        way: &Way,
        path: &str,
        request: &Request,
        sign_type: SignType,
    ) -> Result<Fetched<BillFile>, CallError> {
        let limit: Duration = self.options().download_timeout;
        let with = async |key: ApiKey| {
            let response = posted(way, path, signed_with(request, &key, sign_type)?, Some(limit)).await?;
            let opened = Opened::read(response).await?;
            if opened.first.starts_with(FAILURE) {
                return refused(&opened.whole(xml::MAX_BYTES).await?);
            }
            Ok(Fetched::Ready(opened.bill(None)))
        };
        let mut answered = with(self.merchant().api_key.clone()).await;
        for key in self.merchant().api_key.others() {
            if is_rejected(&answered) {
                answered = with(key).await;
            }
        }
        answered
    }
}

fn wish(day: Date, packing: Packing, (name, value): (&str, &str)) -> Fields {
    let mut asked = Fields::from([
        ("bill_date".to_owned(), format!("{:04}{:02}{:02}", day.year(), day.month(), day.day())),
        (name.to_owned(), value.to_owned()),
    ]);
    match packing {
        Packing::Plain => {}
        Packing::Gzip => drop(asked.insert("tar_type".to_owned(), "GZIP".to_owned())),
    }
    asked
}

/// What stands where the bill should be. The texts are the only thing that tells the two good ends
/// apart, so here they are branched on.
fn refused(bytes: &[u8]) -> Result<Fetched<BillFile>, CallError> {
    let fields = xml::read(bytes).map_err(Doubt::Xml)?;
    let texts = ["return_msg", "err_code", "err_code_des"];
    let said = |words: [&str; 2]| {
        let mut spoken = texts.iter().filter_map(|name| present(&fields, name)).map(bare);
        spoken.any(|text| words.contains(&text.as_str()))
    };
    if said(["NOBILLEXIST", "BILLNOTEXIST"]) {
        return Ok(Fetched::NoBill);
    }
    if said(["BILLCREATING", "FLOWCREATING"]) {
        return Ok(Fetched::Creating);
    }
    match present(&fields, "err_code").map(ErrCode::from) {
        Some(code) if code != ErrCode::SystemError => {
            Err(CallError::Refused { code, message: prose(&fields, "err_code_des") })
        }
        _ => Err(CallError::Rejected { return_msg: prose(&fields, "return_msg") }),
    }
}

fn bare(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_uppercase()).collect()
}
