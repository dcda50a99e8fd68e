//! A cached count of the SKUs on sale. Counting them for every view of the front page
//! would scan a whole index.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::domain::clock::UtcMs;

/// How long a count is used.
const FRESH: Duration = Duration::from_secs(1);

/// The last count and when it was made. A change made on this node clears it, unless
/// a count is running at that moment.
#[derive(Default)]
pub struct OnSaleCount(Mutex<Option<(i64, UtcMs)>>);

impl OnSaleCount {
    pub(super) fn get(&self, now: UtcMs) -> Option<i64> {
        let counted = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counted.filter(|(_, at)| now.since(*at) < FRESH).map(|(total, _)| total)
    }

    pub(super) fn set(&self, total: i64, now: UtcMs) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((total, now));
    }

    pub(super) fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
