//! Downloading bills (pay.weixin.qq.com, chapters `9_6` and `9_18`). Bills are not signed: only the TLS
//! connection and the summary at the end vouch for them.

use std::time::Duration;

use jiff::civil::Date;

use super::client::is_rejected;
use super::fields::{display_text, non_empty};
use super::http_post::post_for_response;
use super::request::sign_request;
use super::stored_request::signed_with_key;
use super::{ApiKey, Fields, SignType, V2CallError, V2Client, V2ErrCode, V2Request, V2UnknownReason, xml};
use crate::bill::{BillAccount, BillCompression, BillFile, BillKind, BillStatus, PeekedResponse};
use crate::transport::Endpoint;

/// The first byte of XML. A bill never starts with it.
const FAILURE: &[u8] = b"<";

impl V2Client {
    /// Downloads the trade bill of a day in UTC+8 (chapter `9_6`). It is available from 10:00 of the
    /// next day.
    ///
    /// # Errors
    /// [`V2CallError`]. A missing bill, or one that is not ready, is not an error.
    pub async fn download_bill(
        &self,
        day: Date,
        kind: BillKind,
        packing: BillCompression,
        sign_type: SignType,
    ) -> Result<BillStatus<BillFile>, V2CallError> {
        let asked = request_fields(day, packing, ("bill_type", kind.as_str()));
        let request = sign_request(asked, self.merchant(), sign_type)?;
        self.download(self.endpoint(), "/pay/downloadbill", &request, sign_type).await
    }

    /// Downloads the fund-flow bill of a day in UTC+8 (chapter `9_18`). The call uses mutual TLS and is
    /// always signed with HMAC-SHA256.
    ///
    /// # Errors
    /// As [`V2Client::download_bill`]. Without [`V2Client::with_mutual_tls`] nothing is sent.
    pub async fn download_fund_flow(
        &self,
        day: Date,
        account: BillAccount,
        packing: BillCompression,
    ) -> Result<BillStatus<BillFile>, V2CallError> {
        let asked = request_fields(day, packing, ("account_type", account.as_str()));
        let request = sign_request(asked, self.merchant(), SignType::HmacSha256)?;
        self.download(self.mutual_tls()?, "/pay/downloadfundflow", &request, SignType::HmacSha256).await
    }

    async fn download(
        &self,
        endpoint: &Endpoint,
        path: &str,
        request: &V2Request,
        sign_type: SignType,
    ) -> Result<BillStatus<BillFile>, V2CallError> {
        let limit: Duration = self.options().download_timeout;
        let with = async |key: ApiKey| {
            let response =
                post_for_response(endpoint, path, signed_with_key(request, &key, sign_type)?, Some(limit))
                    .await?;
            let response = PeekedResponse::read(response).await?;
            if response.first.starts_with(FAILURE) {
                return refused(&response.read_all(xml::MAX_BYTES).await?);
            }
            Ok(BillStatus::Ready(response.into_bill(None)))
        };
        let mut answered = with(self.merchant().api_key.clone()).await;
        for key in self.merchant().api_key.fallback_keys() {
            if is_rejected(&answered) {
                answered = with(key).await;
            }
        }
        answered
    }
}

fn request_fields(day: Date, packing: BillCompression, (name, value): (&str, &str)) -> Fields {
    let mut asked = Fields::from([
        ("bill_date".to_owned(), format!("{:04}{:02}{:02}", day.year(), day.month(), day.day())),
        (name.to_owned(), value.to_owned()),
    ]);
    match packing {
        BillCompression::None => {}
        BillCompression::Gzip => drop(asked.insert("tar_type".to_owned(), "GZIP".to_owned())),
    }
    asked
}

/// Reads the error message that WeChat sends instead of a bill. Only the texts tell a missing bill from
/// one that is not ready, so they are compared here.
fn refused(bytes: &[u8]) -> Result<BillStatus<BillFile>, V2CallError> {
    let fields = xml::read(bytes).map_err(V2UnknownReason::Xml)?;
    let texts = ["return_msg", "err_code", "err_code_des"];
    let said = |words: [&str; 2]| {
        let mut spoken = texts.iter().filter_map(|name| non_empty(&fields, name)).map(letters_only);
        spoken.any(|text| words.contains(&text.as_str()))
    };
    if said(["NOBILLEXIST", "BILLNOTEXIST"]) {
        return Ok(BillStatus::NoBill);
    }
    if said(["BILLCREATING", "FLOWCREATING"]) {
        return Ok(BillStatus::Creating);
    }
    match non_empty(&fields, "err_code").map(V2ErrCode::from) {
        Some(code) if code != V2ErrCode::SystemError => {
            Err(V2CallError::Refused { code, message: display_text(&fields, "err_code_des") })
        }
        _ => Err(V2CallError::Rejected { return_msg: display_text(&fields, "return_msg") }),
    }
}

fn letters_only(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_uppercase()).collect()
}
