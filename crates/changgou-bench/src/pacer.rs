//! When the next iteration starts: as soon as the last one is done (a closed
//! loop), or at a given rate (an open loop), like shoppers who do not wait for
//! each other.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use tokio::time::{Instant, sleep_until};

/// An iteration that starts later than this after it was due has waited for a
/// free connection or for the machine; less is the resolution of the timer.
const TIMER_RESOLUTION: Duration = Duration::from_millis(2);

/// Seed of the random arrivals.
const ARRIVALS_SEED: u64 = 1;

/// Starts iterations, bounded in time and number.
pub struct Pacer {
    started: Instant,
    until: Instant,
    iterations_max: u64,
    taken: AtomicU64,
    late: AtomicU64,
    arrivals: Option<Mutex<Arrivals>>,
}

/// One unit of work.
#[derive(Clone, Copy, Debug)]
pub struct Iteration {
    /// Counted from 0, over all clients.
    pub index: usize,
    /// From when its latency is counted.
    pub start: Instant,
}

/// Times with exponentially distributed intervals: a Poisson process.
struct Arrivals {
    next: Instant,
    mean_interval: f64,
    rng: Rng,
}

impl Pacer {
    /// Iterations from now on for `duration`, at most `iterations_max`, `rate` a second if one is given.
    pub fn new(duration: Duration, iterations_max: Option<u64>, rate: Option<f64>) -> Pacer {
        let started = Instant::now();
        Pacer {
            started,
            until: started + duration,
            iterations_max: iterations_max.unwrap_or(u64::MAX),
            taken: AtomicU64::new(0),
            late: AtomicU64::new(0),
            arrivals: rate.map(|rate| Mutex::new(Arrivals::new(started, rate))),
        }
    }

    pub fn started(&self) -> Instant {
        self.started
    }

    pub fn is_over(&self) -> bool {
        Instant::now() >= self.until
    }

    /// The next iteration, once it is due; `None` when time or number are used up.
    pub async fn next(&self) -> Option<Iteration> {
        let index = self.taken.fetch_add(1, Ordering::Relaxed);
        if index >= self.iterations_max || self.is_over() {
            return None;
        }
        let start = match &self.arrivals {
            None => Instant::now(),
            Some(arrivals) => self.arrival(arrivals).await?,
        };
        Some(Iteration { index: usize::try_from(index).unwrap_or(usize::MAX), start })
    }

    async fn arrival(&self, arrivals: &Mutex<Arrivals>) -> Option<Instant> {
        let due = arrivals.lock().unwrap_or_else(PoisonError::into_inner).next();
        if due >= self.until {
            return None;
        }
        sleep_until(due).await;
        let now = Instant::now();
        if now.duration_since(due) <= TIMER_RESOLUTION {
            return Some(now);
        }
        self.late.fetch_add(1, Ordering::Relaxed);
        Some(due)
    }

    /// Iterations of an open loop that started late, their wait included in their
    /// latency; and those that were due and never started, for want of a free connection.
    pub fn late_and_dropped(&self) -> Option<(u64, u64)> {
        let arrivals = self.arrivals.as_ref()?;
        let mut arrivals = arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = self.taken.load(Ordering::Relaxed);
        let mut dropped = 0;
        let end = self.until.min(Instant::now());
        while taken.saturating_add(dropped) < self.iterations_max && arrivals.next() < end {
            dropped += 1;
        }
        Some((self.late.load(Ordering::Relaxed), dropped))
    }
}

impl Arrivals {
    fn new(first: Instant, rate: f64) -> Arrivals {
        Arrivals { next: first, mean_interval: 1.0 / rate, rng: Rng::with_seed(ARRIVALS_SEED) }
    }

    fn next(&mut self) -> Instant {
        let due = self.next;
        // From (0, 1], so that the logarithm is finite.
        let uniform = 1.0 - self.rng.f64();
        self.next += Duration::from_secs_f64(-uniform.ln() * self.mean_interval);
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_closed_loop_ends_by_number_or_time() {
        let pacer = Pacer::new(Duration::from_secs(60), Some(2), None);
        assert!(pacer.next().await.is_some() && pacer.next().await.is_some_and(|second| second.index == 1));
        assert!(pacer.next().await.is_none());
        assert!(Pacer::new(Duration::ZERO, None, None).next().await.is_none());
        assert!(pacer.late_and_dropped().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn the_wait_for_a_free_connection_is_counted() {
        let pacer = Pacer::new(Duration::from_millis(200), None, Some(1000.0));
        assert!(pacer.next().await.is_some());
        tokio::time::advance(Duration::from_millis(100)).await;
        let late = pacer.next().await.expect("time is left");
        assert!(late.start.elapsed() > Duration::from_millis(80), "{:?}", late.start.elapsed());
        tokio::time::advance(Duration::from_millis(150)).await;
        assert!(pacer.next().await.is_none());
        let (late, dropped) = pacer.late_and_dropped().expect("it is an open loop");
        assert!(late == 1 && (100..300).contains(&dropped), "{late} late, {dropped} dropped");
    }

    #[test]
    fn arrivals_have_the_mean_interval_of_the_rate_and_are_the_same_in_every_run() {
        let started = Instant::now();
        let times = || {
            let mut arrivals = Arrivals::new(started, 1000.0);
            (0..=10_000).map(|_| arrivals.next() - started).collect::<Vec<Duration>>()
        };
        let seconds = times()[10_000].as_secs_f64();
        assert!((9.5..10.5).contains(&seconds), "10,000 at 1,000 a second take {seconds} s");
        assert_eq!(times(), times());
    }
}
