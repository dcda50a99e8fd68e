//! A notice and the state of its delivery.

use std::sync::Arc;

use crate::faults::NoticeFault;
use crate::v2::sign::SignType;
use crate::v2::xml::Fields;

/// What WeChat tells, signed.
#[derive(Debug, Clone)]
pub struct Notice {
    /// The merchant's number of the trade.
    pub out_trade_no: String,
    /// WeChat's number of the payment.
    pub transaction_id: String,
    /// Where to.
    pub url: String,
    /// With `sign`.
    pub fields: Fields,
    /// What signed it, for the faults that must sign again.
    pub key: String,
    /// How it was signed.
    pub sign_type: SignType,
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
            NoticeFault::Drop
            | NoticeFault::Duplicate { .. }
            | NoticeFault::WrongAmount { .. }
            | NoticeFault::WrongCurrency
            | NoticeFault::ForeignMerchant
            | NoticeFault::ForeignAppid
            | NoticeFault::BadSignature => true,
        }
    }
}
