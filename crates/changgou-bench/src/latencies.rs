//! The distribution of latencies, in bounded memory.

use std::time::Duration;

use hdrhistogram::Histogram;

/// Two digits keep each time to within 1 % and a histogram at a few KiB, of
/// which thousands of clients have several each.
const SIGNIFICANT_DIGITS: u8 = 2;

/// Latencies, recorded in microseconds.
#[derive(Clone, Debug)]
pub struct Latencies(Histogram<u32>);

impl Default for Latencies {
    fn default() -> Latencies {
        Latencies(Histogram::new(SIGNIFICANT_DIGITS).expect("two digits are supported"))
    }
}

impl Latencies {
    pub fn record(&mut self, latency: Duration) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        self.0.record(micros).expect("the histogram grows to any time");
    }

    pub fn add(&mut self, other: &Latencies) {
        self.0.add(&other.0).expect("the histogram grows to any time");
    }

    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// The latency that this share of all did not exceed, in milliseconds.
    pub fn quantile(&self, share: f64) -> f64 {
        self.0.value_at_quantile(share) as f64 / 1000.0
    }

    /// The longest latency, in milliseconds.
    pub fn max(&self) -> f64 {
        self.0.max() as f64 / 1000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_latency_is_kept_to_within_one_per_cent() {
        for micros in (0..40).flat_map(|n| [1u64 << n, (1u64 << n) + (1u64 << n) / 3]) {
            let mut latencies = Latencies::default();
            latencies.record(Duration::from_micros(micros));
            let (kept, ms) = (latencies.quantile(0.5), micros as f64 / 1000.0);
            assert!((kept - ms).abs() <= ms * 0.01, "{ms} is kept as {kept}");
        }
    }

    #[test]
    fn quantiles_are_those_of_the_latencies_that_were_recorded() {
        let mut all = Latencies::default();
        let mut half = Latencies::default();
        (1..=1000).for_each(|ms| all.record(Duration::from_millis(ms)));
        (1001..=2000).for_each(|ms| half.record(Duration::from_millis(ms)));
        all.add(&half);
        for (share, ms) in [(0.5, 1000.0), (0.99, 1980.0), (0.999, 1998.0), (1.0, 2000.0)] {
            assert!((all.quantile(share) - ms).abs() < ms * 0.01, "{share}: {}", all.quantile(share));
        }
        assert!(all.count() == 2000 && (all.max() - 2000.0).abs() < 20.0, "{}", all.max());
        assert_eq!((Latencies::default().quantile(0.99), Latencies::default().max()), (0.0, 0.0));
    }

    #[test]
    fn memory_is_bounded() {
        let mut latencies = Latencies::default();
        [Duration::ZERO, Duration::MAX].into_iter().for_each(|latency| latencies.record(latency));
        assert!(latencies.0.distinct_values() < 8192, "{}", latencies.0.distinct_values());
    }
}
