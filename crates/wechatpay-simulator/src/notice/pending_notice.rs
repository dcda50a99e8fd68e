//! A notice and the state of its delivery.

use std::sync::Arc;

use crate::faults::{Falsehood, NoticeFault, Subject};
use crate::state::World;
use crate::trade::terms::Protocol;
use crate::trade::{Fate, Refund, Trade};
use crate::v2::pay_notice::{self, PayNotice};
use crate::v2::refund_notice::{self, RefundNotice};
use crate::v3;
use crate::v3::notice::Event;

/// What WeChat tells.
#[derive(Debug, Clone)]
pub struct Notice {
    /// What it is about.
    pub about: Subject,
    /// The merchant's number of the trade.
    pub out_trade_no: String,
    /// WeChat's number of the payment.
    pub transaction_id: String,
    /// The merchant's number of the refund, if it is about one.
    pub out_refund_no: Option<String>,
    /// Where to.
    pub url: String,
    content: Content,
}

#[derive(Debug, Clone)]
enum Content {
    Payment(PayNotice),
    Refund(RefundNotice),
    V3(Event),
}

/// One copy of a notice as it is posted.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// Besides those of every notice.
    pub headers: Vec<(&'static str, String)>,
    /// Its text.
    pub body: Arc<str>,
    /// What ends the retries.
    pub thanks: Thanks,
}

/// How a merchant says that he has understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thanks {
    /// API v2: XML whose `return_code` is SUCCESS.
    Xml,
    /// API v3: 200 or 204, whatever the body.
    Status,
}

impl Notice {
    /// Of a trade that was paid; nothing for one that was not.
    pub fn of_payment(trade: &Trade) -> Option<Self> {
        let Fate::Paid(payment) = &trade.fate else {
            return None;
        };
        let content = match trade.terms.protocol {
            Protocol::V2(sign_type) => Content::Payment(pay_notice::compose(trade, payment, sign_type)),
            Protocol::V3(key_kind) => Content::V3(v3::notice::of_payment(trade, payment, key_kind)),
        };
        Some(Self::new(trade, Subject::Payment, trade.order.notify_url.clone(), content))
    }

    /// Of how a refund ends; nothing where nobody wants to be told.
    pub fn of_refund(trade: &Trade, refund: &Refund) -> Option<Self> {
        let url = refund.wish.notify_url.clone()?;
        let content = match refund.wish.protocol {
            Protocol::V2(_) => Content::Refund(refund_notice::compose(trade, refund)),
            Protocol::V3(key_kind) => Content::V3(v3::notice::of_refund(trade, refund, key_kind)),
        };
        let notice = Self::new(trade, Subject::Refund, url, content);
        Some(Self { out_refund_no: Some(refund.wish.out_refund_no.clone()), ..notice })
    }

    fn new(trade: &Trade, about: Subject, url: String, content: Content) -> Self {
        let (out_trade_no, transaction_id) =
            (trade.order.out_trade_no.clone(), trade.transaction_id().to_owned());
        Self { about, out_trade_no, transaction_id, out_refund_no: None, url, content }
    }

    /// A copy of it, perhaps a false one.
    pub fn sheet(&self, world: &World, falsehood: Option<Falsehood>) -> Sheet {
        let xml = |body: String| {
            let headers = vec![("content-type", "text/xml; charset=utf-8".to_owned())];
            Sheet { headers, body: body.into(), thanks: Thanks::Xml }
        };
        match &self.content {
            Content::Payment(notice) => xml(notice.body(falsehood)),
            Content::Refund(notice) => xml(notice.body(falsehood)),
            Content::V3(event) => {
                let (headers, body) = event.sheet(world, falsehood);
                Sheet { headers, body: body.into(), thanks: Thanks::Status }
            }
        }
    }
}

/// A notice on its way.
#[derive(Debug, Clone)]
pub struct Letter {
    /// What.
    pub notice: Arc<Notice>,
    /// Which attempt the next delivery is; the first is 1.
    pub attempt: u32,
    /// The fault `delay` has had it, for this attempt.
    pub was_delayed: bool,
    /// The fault `reorder` has had it, for this attempt.
    pub was_reordered: bool,
}

impl Letter {
    /// Before its first delivery.
    pub fn first(notice: Notice) -> Self {
        Self { notice: Arc::new(notice), attempt: 1, was_delayed: false, was_reordered: false }
    }

    /// Before its next delivery.
    pub fn retry(&self) -> Self {
        let attempt = self.attempt + 1;
        Self { notice: Arc::clone(&self.notice), attempt, was_delayed: false, was_reordered: false }
    }

    /// A delivery is put off once per attempt, or it would never happen.
    pub fn may_meet(&self, fault: NoticeFault) -> bool {
        match fault {
            NoticeFault::Delay { .. } => !self.was_delayed,
            NoticeFault::Reorder => !self.was_reordered,
            NoticeFault::Drop | NoticeFault::Duplicate { .. } | NoticeFault::False(_) => true,
        }
    }
}
