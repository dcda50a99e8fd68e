//! Times in bounded memory: buckets that grow with the value, 64 to each
//! doubling, so that every time is kept to within 1.6 % however long a run is.

use std::time::Duration;

/// Buckets to a doubling, as a power of two.
const BITS: u32 = 6;

/// A distribution of times, in microseconds.
#[derive(Clone, Debug, Default)]
pub(super) struct Histogram {
    counts: Vec<u64>,
    total: u64,
    max: u64,
}

impl Histogram {
    pub(super) fn record(&mut self, span: Duration) {
        let us = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        let bucket = bucket(us);
        if bucket >= self.counts.len() {
            self.counts.resize(bucket + 1, 0);
        }
        self.counts[bucket] += 1;
        self.total += 1;
        self.max = self.max.max(us);
    }

    pub(super) fn add(&mut self, other: &Histogram) {
        self.counts.resize(self.counts.len().max(other.counts.len()), 0);
        self.counts.iter_mut().zip(&other.counts).for_each(|(ours, theirs)| *ours += theirs);
        self.total += other.total;
        self.max = self.max.max(other.max);
    }

    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// The time within which `per_mille` of a thousand lie, in milliseconds.
    pub(super) fn at(&self, per_mille: u64) -> f64 {
        let rank = (self.total * per_mille).div_ceil(1000).max(1);
        let mut seen = 0;
        let bucket = self.counts.iter().position(|count| {
            seen += count;
            seen >= rank
        });
        bucket.map_or(0.0, |bucket| middle(bucket).min(self.max as f64) / 1000.0)
    }

    /// The longest time, in milliseconds.
    pub(super) fn max(&self) -> f64 {
        self.max as f64 / 1000.0
    }
}

/// Up to 127 µs each has its own bucket; from there 64 share each doubling.
fn bucket(us: u64) -> usize {
    let doublings = (u64::BITS - us.leading_zeros()).saturating_sub(BITS + 1);
    ((u64::from(doublings) << BITS) + (us >> doublings)) as usize
}

/// The time in the middle of a bucket, in microseconds.
fn middle(bucket: usize) -> f64 {
    let doublings = (bucket >> BITS).saturating_sub(1) as u32;
    let low = (bucket as u64 - (u64::from(doublings) << BITS)) << doublings;
    low as f64 + ((1u64 << doublings) - 1) as f64 / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_is_kept_to_within_two_per_cent() {
        for us in (0..64).flat_map(|n| [1u64 << n, (1u64 << n) + (1u64 << n) / 3]) {
            let kept = middle(bucket(us));
            assert!((kept - us as f64).abs() <= us as f64 * 0.016, "{us} is kept as {kept}");
        }
        assert!((0..1000).all(|us| bucket(us) <= bucket(us + 1)));
    }

    #[test]
    fn percentiles_are_those_of_the_times_that_were_recorded() {
        let mut all = Histogram::default();
        let mut half = Histogram::default();
        (1..=1000).for_each(|ms| all.record(Duration::from_millis(ms)));
        (1001..=2000).for_each(|ms| half.record(Duration::from_millis(ms)));
        all.add(&half);
        for (per_mille, ms) in [(500, 1000.0), (990, 1980.0), (999, 1998.0)] {
            assert!((all.at(per_mille) - ms).abs() < ms * 0.02, "{per_mille}: {}", all.at(per_mille));
        }
        assert_eq!((all.total(), all.max()), (2000, 2000.0));
        assert_eq!((Histogram::default().at(990), Histogram::default().max()), (0.0, 0.0));
    }

    #[test]
    fn memory_is_bounded() {
        let mut times = Histogram::default();
        [Duration::ZERO, Duration::MAX].into_iter().for_each(|span| times.record(span));
        assert!(times.counts.len() < 4096, "{}", times.counts.len());
    }
}
