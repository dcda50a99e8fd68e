//! The callback that asks the merchant for an order.

use super::link::{LinkError, NativeLink};
use crate::notice::{AckRule, OutgoingMessage};
use crate::random;
use crate::state::SimulatorState;
use crate::trade::Trade;
use crate::v2::sign::{self, V2SignType};
use crate::v2::xml::{self, XmlFields};

/// The result of a scan.
#[derive(Debug)]
pub struct ScanResult {
    pub product_id: String,
    /// The callback URL.
    pub url: String,
    /// The body of the callback.
    pub body: String,
    /// The HTTP status, if the merchant answered.
    pub status: Option<u16>,
    /// The answer, or the error.
    pub answer: String,
    pub outcome: ScanOutcome,
}

/// The result for the payer.
#[derive(Debug)]
pub enum ScanOutcome {
    /// An order to pay.
    Order(Box<Trade>),
    /// The merchant refused with this message.
    Refused(String),
    /// The answer is invalid (商家订单信息有误), with the reason for the developer.
    InvalidAnswer(&'static str),
    /// No answer.
    NoAnswer,
}

/// Scans a link as the payer `openid`. Short links are resolved.
pub async fn scan(state: &SimulatorState, text: &str, openid: &str) -> Result<ScanResult, LinkError> {
    let link = NativeLink::read(state, &state.links().resolve(text))?;
    let Some(url) = state.links().callback_url() else {
        let (product_id, outcome) = (link.product_id, ScanOutcome::InvalidAnswer("no callback URL is set"));
        let (url, body, answer) = (String::new(), String::new(), String::new());
        return Ok(ScanResult { product_id, url, body, status: None, answer, outcome });
    };
    let body = xml::write(&question(&link, openid));
    let headers = vec![("content-type", "text/xml; charset=utf-8".to_owned())];
    let message = OutgoingMessage { headers, body: body.as_str().into(), ack_rule: AckRule::Xml };
    let (status, answer, outcome) = match state.dispatcher().http.exchange(&url, &message).await {
        Ok((status, bytes)) => {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let outcome = judge(state, &link, status, &text);
            (Some(status), text, outcome)
        }
        Err(error) => (None, error.to_string(), ScanOutcome::NoAnswer),
    };
    Ok(ScanResult { product_id: link.product_id, url, body, status, answer, outcome })
}

fn question(link: &NativeLink, openid: &str) -> XmlFields {
    let fields = [
        ("appid", link.merchant.appid.as_str()),
        ("mch_id", &link.merchant.mch_id),
        ("openid", openid),
        ("is_subscribe", "N"),
        ("nonce_str", &random::alphanumeric(32)),
        ("product_id", &link.product_id),
    ];
    let mut fields: XmlFields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    if link.sign_type == V2SignType::HmacSha256 {
        fields.insert("sign_type".to_owned(), "HMAC-SHA256".to_owned());
    }
    sign::seal(&mut fields, &link.merchant.api_key, link.sign_type);
    fields
}

fn judge(state: &SimulatorState, link: &NativeLink, status: u16, text: &str) -> ScanOutcome {
    let Ok(fields) = xml::read(text) else {
        return ScanOutcome::InvalidAnswer("the answer is not flat XML");
    };
    let get = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    if status >= 300 {
        return ScanOutcome::InvalidAnswer("the HTTP status is not 200");
    }
    if get("return_code") != "SUCCESS" {
        return ScanOutcome::Refused(get("return_msg").to_owned());
    }
    let signed = [V2SignType::Md5, V2SignType::HmacSha256];
    if !signed.into_iter().any(|kind| sign::verify(&fields, &link.merchant.api_key, kind)) {
        return ScanOutcome::InvalidAnswer("the answer's signature is wrong");
    }
    if get("result_code") != "SUCCESS" {
        return ScanOutcome::Refused(get("err_code_des").to_owned());
    }
    let is_ours = get("appid") == link.merchant.appid && get("mch_id") == link.merchant.mch_id;
    let trade = state.trades().by_prepay_id(get("prepay_id")).cloned();
    match trade.filter(|trade| is_ours && trade.order.merchant == link.merchant) {
        Some(trade) => ScanOutcome::Order(Box::new(trade)),
        None => ScanOutcome::InvalidAnswer("the prepay_id is none of this merchant's"),
    }
}
