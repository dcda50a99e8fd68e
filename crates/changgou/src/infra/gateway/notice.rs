//! Reading and verifying WeChat's notices.

use std::collections::BTreeMap;

use wechatpay::{v2, v3};

use super::outcome::{BadGateway, Evidence, unusable};
use super::refund_outcome::RefundNotice;
use super::signature_pin::SignaturePin;
use super::{Gateway, PinnedApi};

/// A verified notice of API v2.
#[derive(Debug)]
pub enum V2NoticeContent {
    /// A payment.
    Paid(Evidence),
    /// A failed try to pay; it is ignored.
    NotPaid,
}

/// A parsed notice of API v2 whose signature is not verified yet.
#[derive(Debug)]
pub struct UnverifiedNotice(v2::UnverifiedNotice);

impl UnverifiedNotice {
    /// The `out_trade_no`, unverified.
    pub fn claimed_out_trade_no(&self) -> Option<String> {
        self.0.claimed_out_trade_no()
    }
}

/// A verified notice of API v3.
#[derive(Debug)]
pub enum V3NoticeContent {
    /// A payment.
    Paid(Evidence),
    /// A refund has ended; its result has to be queried.
    Refund(RefundNotice),
}

/// The notice is not valid.
#[derive(Debug)]
pub struct RejectedNotice {
    /// The label in metrics.
    pub label: &'static str,
}

/// The attempt is pinned to the other API.
pub(super) const OTHER_PROTOCOL: RejectedNotice = RejectedNotice { label: "other_protocol" };

/// The signature headers of a notice of API v3.
#[derive(Clone, Debug)]
pub struct NoticeHead(v3::SignatureHeaders);

impl NoticeHead {
    /// `get` returns a header by its lower-case name, or something unprintable if there is no single
    /// readable value.
    pub fn from_headers<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Result<NoticeHead, RejectedNotice> {
        let found = v3::SignatureHeaders::from_lookup(get).map_err(v3::V3NoticeError::from);
        found.map(NoticeHead).map_err(|error| RejectedNotice { label: error.label() })
    }
}

impl Gateway {
    /// Parses a notice of API v2.
    pub fn parse_notice(body: &[u8]) -> Option<UnverifiedNotice> {
        v2::UnverifiedNotice::read(body).ok().map(UnverifiedNotice)
    }

    /// All fields of a notice as a JSON object of strings.
    pub fn notice_as_json(notice: &str) -> Option<String> {
        let fields = v2::xml::read(notice.as_bytes()).ok()?;
        serde_json::to_string(&fields).ok()
    }

    /// The fields of a payment's notice of API v2 as a JSON object, unsigned; `None` if the time cannot
    /// be written.
    pub fn evidence_as_json(evidence: &Evidence) -> Option<String> {
        let fields = notice_fields(evidence).ok()?;
        serde_json::to_string(&fields).ok()
    }

    /// The notice with the fields of such an object; it still has to be verified. Numbers become
    /// strings, as at WeChat; `null` fields are omitted.
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

    /// Verifies a notice of API v2 with the pinned signature type.
    pub fn verify_notice(
        &self,
        notice: &UnverifiedNotice,
        pinned: &str,
    ) -> Result<V2NoticeContent, RejectedNotice> {
        let Some(SignaturePin::V2(sign_type)) = SignaturePin::parse(pinned) else {
            return Err(OTHER_PROTOCOL);
        };
        let client = self.v2().map_err(|_| OTHER_PROTOCOL)?;
        let proven = notice.0.verify(client.merchant(), sign_type);
        match proven.map_err(|error| RejectedNotice { label: error.label() })? {
            v2::V2Notice::Paid(payment) => Ok(V2NoticeContent::Paid(super::v2::evidence(payment))),
            v2::V2Notice::NotPaid { .. } => Ok(V2NoticeContent::NotPaid),
        }
    }

    /// Verifies and decrypts a notice of API v3 for this merchant. An unknown certificate is fetched
    /// first, at most once a minute. The caller checks that the attempt is pinned to this API.
    pub async fn read_notice_v3(
        &self,
        head: &NoticeHead,
        body: &[u8],
    ) -> Result<V3NoticeContent, RejectedNotice> {
        let client = self.v3().map_err(|_| OTHER_PROTOCOL)?;
        let notice = client.read_notice(&head.0, body).await;
        match notice.map_err(|error| RejectedNotice { label: error.label() })?.event {
            v3::V3NoticeEvent::Paid(payment) => Ok(V3NoticeContent::Paid(super::v3::evidence(payment))),
            v3::V3NoticeEvent::Refunded(v3::V3RefundRecord { out_refund_no, out_trade_no, .. }) => {
                Ok(V3NoticeContent::Refund(RefundNotice { out_refund_no, out_trade_no }))
            }
        }
    }

    /// The notice that WeChat would send for a payment, signed with the merchant's key, for benchmarks.
    /// Only API v2 has a shared key.
    pub fn signed_notice(&self, evidence: &Evidence, pinned: &str) -> Result<String, BadGateway> {
        let PinnedApi::V2(client, sign_type) = self.api_for(pinned)? else {
            return Err(unusable("only WeChat can sign a notice of API v3; set wechat_protocol to v2"));
        };
        let merchant = client.merchant();
        let mut fields = notice_fields(evidence)?;
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

fn notice_fields(evidence: &Evidence) -> Result<v2::Fields, BadGateway> {
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

/// The answer that acknowledges a notice of API v2. For API v3 it is status 204.
pub const NOTICE_ACK: &str = v2::ACK;

/// The answer that makes WeChat send a notice of API v2 again.
pub fn notice_refusal(why: &str) -> String {
    v2::refusal_body(why)
}

/// The same for API v3, with status 4xx or 5xx.
pub fn notice_refusal_v3(why: &str) -> String {
    v3::refusal_body(why)
}
