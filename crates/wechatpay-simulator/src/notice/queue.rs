use std::collections::BTreeMap;

use super::PendingNotice;

/// The maximum number of waiting notices. A further one is lost, which can also happen at WeChat.
const MAX_WAITING: usize = 200_000;

/// The due time in UTC ms, and a sequence number for notices that are due at the same time.
type QueuePosition = (i64, u64);

/// The waiting notices in the order they are due. Holds at most [`MAX_WAITING`].
#[derive(Debug, Default)]
pub struct NoticeQueue {
    next: u64,
    waiting: BTreeMap<QueuePosition, PendingNotice>,
    /// The notices that the fault `reorder` holds back.
    held: Vec<QueuePosition>,
}

impl NoticeQueue {
    pub fn put(&mut self, due_ms: i64, pending: PendingNotice) {
        self.insert(due_ms, pending);
    }

    /// Holds a notice back until another delivery, at the latest until `latest_ms`.
    pub fn hold(&mut self, latest_ms: i64, pending: PendingNotice) {
        if let Some(place) = self.insert(latest_ms, pending) {
            self.held.push(place);
        }
    }

    /// Makes the held notices due, after another delivery.
    pub fn release_held(&mut self, now_ms: i64) {
        for place in std::mem::take(&mut self.held) {
            if let Some(pending) = self.waiting.remove(&place) {
                self.insert(now_ms, pending);
            }
        }
    }

    pub fn next_due(&self) -> Option<i64> {
        self.waiting.first_key_value().map(|(place, _)| place.0)
    }

    /// Removes the first due notice.
    pub fn pop_due(&mut self, now_ms: i64) -> Option<PendingNotice> {
        self.next_due().filter(|due| *due <= now_ms)?;
        self.waiting.pop_first().map(|(_, pending)| pending)
    }

    /// Removes the first due notice that matches.
    pub fn pop_matching(
        &mut self,
        now_ms: i64,
        is_match: impl Fn(&PendingNotice) -> bool,
    ) -> Option<PendingNotice> {
        let due = self.waiting.iter().take_while(|(place, _)| place.0 <= now_ms);
        let place = due.filter(|(_, pending)| is_match(pending)).map(|(place, _)| *place).next()?;
        self.waiting.remove(&place)
    }

    /// The waiting notices with their due times.
    pub fn waiting(&self) -> impl Iterator<Item = (i64, &PendingNotice)> {
        self.waiting.iter().map(|(place, pending)| (place.0, pending))
    }

    fn insert(&mut self, due_ms: i64, pending: PendingNotice) -> Option<QueuePosition> {
        if self.waiting.len() >= MAX_WAITING {
            tracing::warn!(
                out_trade_no = pending.notice.out_trade_no,
                "too many notices wait: this one is lost"
            );
            return None;
        }
        let place = (due_ms, self.next);
        self.next += 1;
        self.waiting.insert(place, pending);
        Some(place)
    }
}
