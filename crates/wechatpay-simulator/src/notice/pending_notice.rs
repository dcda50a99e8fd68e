//! A notice that waits for its next delivery.

use std::sync::Arc;

use super::content::Notice;
use crate::faults::NoticeFault;

/// A notice that is being delivered.
#[derive(Debug, Clone)]
pub struct PendingNotice {
    /// The notice.
    pub notice: Arc<Notice>,
    /// The number of the next attempt, counted from 1.
    pub attempt: u32,
    /// Whether the fault `delay` was applied to this attempt.
    pub was_delayed: bool,
    /// Whether the fault `reorder` was applied to this attempt.
    pub was_reordered: bool,
}

impl PendingNotice {
    /// A notice before its first delivery.
    pub fn first(notice: Notice) -> Self {
        Self { notice: Arc::new(notice), attempt: 1, was_delayed: false, was_reordered: false }
    }

    /// The notice before its next delivery.
    pub fn retry(&self) -> Self {
        let attempt = self.attempt + 1;
        Self { notice: Arc::clone(&self.notice), attempt, was_delayed: false, was_reordered: false }
    }

    /// A delivery is postponed only once per attempt. Otherwise it would never happen.
    pub fn allows_fault(&self, fault: NoticeFault) -> bool {
        match fault {
            NoticeFault::Delay { .. } => !self.was_delayed,
            NoticeFault::Reorder => !self.was_reordered,
            NoticeFault::Drop | NoticeFault::Duplicate { .. } | NoticeFault::False(_) => true,
        }
    }
}
