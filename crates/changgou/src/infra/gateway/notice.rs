//! Notices: what WeChat sends by itself, and what is believed of it.

use std::collections::BTreeMap;

use wechatpay::{v2, v3};

use super::pin::Pin;
use super::{BadGateway, Evidence, Gateway, RefundTold, Speaks, unusable};

/// What an authentic notice of API v2 says.
#[derive(Debug)]
pub enum Notice {
    /// Money arrived.
    Paid(Evidence),
    /// A try to pay failed; nothing follows from it.
    NotPaid,
}

/// A notice of API v2 that was read; nothing of it is believed yet.
#[derive(Debug)]
pub struct Unproven(v2::UnverifiedNotice);

impl Unproven {
    /// The attempt it claims to be about.
    pub fn claimed(&self) -> Option<String> {
        self.0.claimed_out_trade_no()
    }
}

/// What an authentic notice of API v3 tells of.
#[derive(Debug)]
pub enum Told {
    /// Money arrived.
    Paid(Evidence),
    /// A refund came to an end; how, WeChat has to be asked.
    Refund(RefundTold),
}

/// A notice that is not believed; the label is for metrics.
#[derive(Debug)]
pub struct Disbelieved {
    /// A stable word for the kind of flaw.
    pub label: &'static str,
}

/// The notice is for an attempt that is paid by the other API.
pub(super) const OTHER_PROTOCOL: Disbelieved = Disbelieved { label: "other_protocol" };

/// What signs a notice of API v3, from its headers.
#[derive(Clone, Debug)]
pub struct NoticeHead(v3::SignatureHeaders);

impl NoticeHead {
    /// Takes the headers from `get`, which gives the value of one by its name in
    /// lower case, or something unprintable where no single value can be read.
    pub fn find<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Result<NoticeHead, Disbelieved> {
        let found = v3::SignatureHeaders::from_lookup(get).map_err(v3::V3NoticeError::from);
        found.map(NoticeHead).map_err(|error| Disbelieved { label: error.label() })
    }
}

impl Gateway {
    /// Reads what may be a notice of API v2.
    pub fn unproven(body: &[u8]) -> Option<Unproven> {
        v2::UnverifiedNotice::read(body).ok().map(Unproven)
    }

    /// All fields of a notice, as one JSON object of texts.
    pub fn notice_as_json(notice: &str) -> Option<String> {
        let fields = v2::xml::read(notice.as_bytes()).ok()?;
        serde_json::to_string(&fields).ok()
    }

    /// What a payment's notice says, in the words of API v2 and unsigned, as one
    /// JSON object; nothing for a moment that has no such word.
    pub fn evidence_as_json(evidence: &Evidence) -> Option<String> {
        let fields = facts(evidence).ok()?;
        serde_json::to_string(&fields).ok()
    }

    /// The notice whose fields such an object holds; nothing of it is believed
    /// before it is read as a notice. Numbers are taken for the texts they are
    /// at WeChat; `null` is a field that is not there.
    pub fn notice_from_json(json: &[u8]) -> Option<Vec<u8>> {
        use serde_json::Value;
        let given: BTreeMap<String, Value> = serde_json::from_slice(json).ok()?;
        let mut fields = v2::Fields::new();
        for (name, value) in given {
            let text = match value {
                Value::String(text) => text,
                Value::Number(number) => number.to_string(),
                Value::Null => continue,
                Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
            };
            fields.insert(name, text);
        }
        Some(v2::xml::write(&fields).into_bytes())
    }

    /// Proves a notice of API v2, believing nothing that is not signed with the pinned signature.
    pub fn prove(&self, notice: &Unproven, pinned: &str) -> Result<Notice, Disbelieved> {
        let Some(Pin::V2(sign_type)) = Pin::read(pinned) else { return Err(OTHER_PROTOCOL) };
        let client = self.v2().map_err(|_| OTHER_PROTOCOL)?;
        let proven = notice.0.verify(client.merchant(), sign_type);
        match proven.map_err(|error| Disbelieved { label: error.label() })? {
            v2::V2Notice::Paid(payment) => Ok(Notice::Paid(super::v2::evidence(payment))),
            v2::V2Notice::NotPaid { .. } => Ok(Notice::NotPaid),
        }
    }

    /// Reads a notice of API v3: signed by WeChat, just now, for this merchant. An
    /// unknown certificate is fetched first, at most once a minute. Whether its
    /// attempt is pinned to this API is for the caller to look.
    pub async fn read_notice_v3(&self, head: &NoticeHead, body: &[u8]) -> Result<Told, Disbelieved> {
        let client = self.v3().map_err(|_| OTHER_PROTOCOL)?;
        let notice = client.read_notice(&head.0, body).await;
        match notice.map_err(|error| Disbelieved { label: error.label() })?.event {
            v3::V3NoticeEvent::Paid(payment) => Ok(Told::Paid(super::v3::evidence(payment))),
            v3::V3NoticeEvent::Refunded(v3::V3RefundRecord { out_refund_no, out_trade_no, .. }) => {
                Ok(Told::Refund(RefundTold { out_refund_no, out_trade_no }))
            }
        }
    }

    /// The notice by which WeChat would tell of a payment, signed with the
    /// merchant's own key: what a benchmark delivers in WeChat's place. API v2 alone has such a key.
    pub fn signed_notice(&self, evidence: &Evidence, pinned: &str) -> Result<String, BadGateway> {
        let Speaks::V2(client, sign_type) = self.speaks(pinned)? else {
            return Err(unusable("only WeChat can sign a notice of API v3; set wechat_protocol to v2"));
        };
        let merchant = client.merchant();
        let mut fields = facts(evidence)?;
        for (name, value) in [
            ("appid", merchant.appid.as_str()),
            ("mch_id", &merchant.mch_id),
            ("nonce_str", &evidence.transaction_id),
            ("cash_fee", &evidence.total_fee.0.to_string()),
            ("bank_type", "OTHERS"),
            ("sign_type", sign_type.as_str()),
        ] {
            fields.insert(name.to_owned(), value.to_owned());
        }
        let sign = v2::sign(&fields, &merchant.api_key, sign_type);
        fields.insert("sign".to_owned(), sign);
        Ok(v2::xml::write(&fields))
    }
}

fn facts(evidence: &Evidence) -> Result<v2::Fields, BadGateway> {
    let time_end = v2::time::to_stamp(evidence.paid.0).map_err(unusable)?;
    let fields = [
        ("return_code", "SUCCESS"),
        ("result_code", "SUCCESS"),
        ("out_trade_no", &evidence.out_trade_no),
        ("transaction_id", &evidence.transaction_id),
        ("total_fee", &evidence.total_fee.0.to_string()),
        ("fee_type", &evidence.currency),
        ("trade_type", &evidence.trade_type),
        ("openid", &evidence.openid),
        ("time_end", &time_end),
    ];
    Ok(fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into())
}

/// The reply that tells WeChat a notice of API v2 has arrived for good. For API v3 it is status 204.
pub const NOTICE_ACK: &str = v2::ACK;

/// The reply that asks WeChat to send a notice of API v2 again later.
pub fn notice_refusal(why: &str) -> String {
    v2::refusal_body(why)
}

/// The same for API v3, to go with a 4xx or 5xx.
pub fn notice_refusal_v3(why: &str) -> String {
    v3::refusal_body(why)
}
