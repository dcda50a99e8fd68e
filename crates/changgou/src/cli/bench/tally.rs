//! What one buyer or many have seen: how many, how fast, what was refused.

use std::collections::BTreeMap;
use std::time::Duration;

use super::histogram::Histogram;

/// The word for requests that got no answer.
pub(super) const LOST: &str = "lost";

/// Measurements, by kind of request.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) kinds: BTreeMap<&'static str, Kind>,
}

/// Measurements of one kind of request.
#[derive(Clone, Debug, Default)]
pub(super) struct Kind {
    /// Times of all that were answered.
    pub(super) took: Histogram,
    /// How many did what they should.
    pub(super) good: u64,
    /// How many did not, by the shop's word for why.
    pub(super) refused: BTreeMap<String, u64>,
    /// How many were answered with a status of 500 or more.
    pub(super) failed: u64,
}

impl Tally {
    /// A request did what it should.
    pub(super) fn good(&mut self, kind: &'static str, span: Duration) {
        let seen = self.kinds.entry(kind).or_default();
        seen.took.record(span);
        seen.good += 1;
    }

    /// A request was answered with a refusal or a failure.
    pub(super) fn refused(&mut self, kind: &'static str, span: Duration, status: u16, reason: &str) {
        let seen = self.kinds.entry(kind).or_default();
        seen.took.record(span);
        seen.failed += u64::from(status >= 500);
        count(&mut seen.refused, reason, 1);
    }

    /// A request was never answered.
    pub(super) fn lost(&mut self, kind: &'static str) {
        count(&mut self.kinds.entry(kind).or_default().refused, LOST, 1);
    }

    /// How many of a kind did what they should.
    pub(super) fn good_of(&self, kind: &str) -> u64 {
        self.kinds.get(kind).map_or(0, |seen| seen.good)
    }

    /// How many of a kind were answered, or should have been.
    pub(super) fn answers_of(&self, kind: &str) -> u64 {
        self.kinds.get(kind).map_or(0, |seen| seen.good + seen.refused.values().sum::<u64>())
    }

    pub(super) fn add(&mut self, other: &Tally) {
        for (kind, seen) in &other.kinds {
            let ours = self.kinds.entry(kind).or_default();
            ours.took.add(&seen.took);
            ours.good += seen.good;
            ours.failed += seen.failed;
            seen.refused.iter().for_each(|(reason, number)| count(&mut ours.refused, reason, *number));
        }
    }
}

fn count(refused: &mut BTreeMap<String, u64>, reason: &str, number: u64) {
    match refused.get_mut(reason) {
        Some(seen) => *seen += number,
        None => drop(refused.insert(reason.to_owned(), number)),
    }
}
