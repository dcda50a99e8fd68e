//! What a notice says and how one copy of it is sent.

use std::sync::Arc;

use crate::faults::{Falsification, NoticeSubject};
use crate::state::SimulatorState;
use crate::trade::terms::ApiVersion;
use crate::trade::{Refund, Trade, TradeStatus};
use crate::v2::pay_notice::{self, V2PayNoticeContent};
use crate::v2::refund_notice::{self, V2RefundNoticeContent};
use crate::v3;
use crate::v3::notice::V3NoticeContent;

/// A notice to a merchant.
#[derive(Debug, Clone)]
pub struct Notice {
    /// The subject.
    pub about: NoticeSubject,
    /// The merchant's order number.
    pub out_trade_no: String,
    /// WeChat's payment number.
    pub transaction_id: String,
    /// The merchant's refund number, for a refund notice.
    pub out_refund_no: Option<String>,
    /// The URL.
    pub url: String,
    content: NoticeContent,
}

#[derive(Debug, Clone)]
enum NoticeContent {
    Payment(V2PayNoticeContent),
    Refund(V2RefundNoticeContent),
    V3(V3NoticeContent),
}

/// One copy of a notice as an HTTP request.
#[derive(Debug, Clone)]
pub struct OutgoingMessage {
    /// The headers besides the common ones.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Arc<str>,
    /// Which answer ends the retries.
    pub ack_rule: AckRule,
}

/// The answer with which a merchant acknowledges a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AckRule {
    /// API v2: XML whose `return_code` is SUCCESS.
    Xml,
    /// API v3: status 200 or 204 with any body.
    Status,
}

impl Notice {
    /// The notice of a payment; `None` for an unpaid trade.
    pub fn for_payment(trade: &Trade) -> Option<Self> {
        let TradeStatus::Paid(payment) = &trade.status else {
            return None;
        };
        let content = match trade.terms.protocol {
            ApiVersion::V2(sign_type) => {
                NoticeContent::Payment(pay_notice::compose(trade, payment, sign_type))
            }
            ApiVersion::V3(key_kind) => {
                NoticeContent::V3(v3::notice::payment_notice(trade, payment, key_kind))
            }
        };
        Some(Self::new(trade, NoticeSubject::Payment, trade.order.notify_url.clone(), content))
    }

    /// The notice of a refund's end; `None` if the refund has no URL for notices.
    pub fn for_refund(trade: &Trade, refund: &Refund) -> Option<Self> {
        let url = refund.request.notify_url.clone()?;
        let content = match refund.request.protocol {
            ApiVersion::V2(_) => NoticeContent::Refund(refund_notice::compose(trade, refund)),
            ApiVersion::V3(key_kind) => NoticeContent::V3(v3::notice::refund_notice(trade, refund, key_kind)),
        };
        let notice = Self::new(trade, NoticeSubject::Refund, url, content);
        Some(Self { out_refund_no: Some(refund.request.out_refund_no.clone()), ..notice })
    }

    fn new(trade: &Trade, about: NoticeSubject, url: String, content: NoticeContent) -> Self {
        let (out_trade_no, transaction_id) =
            (trade.order.out_trade_no.clone(), trade.transaction_id().to_owned());
        Self { about, out_trade_no, transaction_id, out_refund_no: None, url, content }
    }

    /// Builds one copy, falsified if a fault asks for it.
    pub fn message(&self, state: &SimulatorState, falsification: Option<Falsification>) -> OutgoingMessage {
        let xml = |body: String| {
            let headers = vec![("content-type", "text/xml; charset=utf-8".to_owned())];
            OutgoingMessage { headers, body: body.into(), ack_rule: AckRule::Xml }
        };
        match &self.content {
            NoticeContent::Payment(notice) => xml(notice.body(falsification)),
            NoticeContent::Refund(notice) => xml(notice.body(falsification)),
            NoticeContent::V3(event) => {
                let (headers, body) = event.message(state, falsification);
                OutgoingMessage { headers, body: body.into(), ack_rule: AckRule::Status }
            }
        }
    }
}
