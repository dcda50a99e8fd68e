//! When the next piece of work begins: at once when the last is done (a closed
//! loop), or at moments of its own (an open loop), as shoppers come who do not
//! know of each other.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::rng::Dice;

/// What starts later than this after its time has waited for a free connection
/// or for the machine; less is the grain of the timer.
const GRAIN: Duration = Duration::from_millis(2);

/// Hands out turns, bounded in time and number.
pub(super) struct Pace {
    began: Instant,
    until: Instant,
    most: u64,
    taken: AtomicU64,
    late: AtomicU64,
    arrivals: Option<Mutex<Arrivals>>,
}

/// A turn to do a piece of work.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    /// Counted from 0, over all connections.
    pub(super) nth: usize,
    /// From when its time is counted.
    pub(super) since: Instant,
}

/// Moments with exponentially distributed distances: a Poisson process.
struct Arrivals {
    next: Instant,
    mean: f64,
    dice: Dice,
}

impl Pace {
    /// Turns from now on for `span`, at most `most`, `rate` a second if one is given.
    pub(super) fn new(span: Duration, most: Option<u64>, rate: Option<f64>) -> Pace {
        let began = Instant::now();
        let arrivals = |rate: f64| Mutex::new(Arrivals { next: began, mean: 1.0 / rate, dice: Dice::new(1) });
        Pace {
            began,
            until: began + span,
            most: most.unwrap_or(u64::MAX),
            taken: AtomicU64::new(0),
            late: AtomicU64::new(0),
            arrivals: rate.map(arrivals),
        }
    }

    pub(super) fn began(&self) -> Instant {
        self.began
    }

    pub(super) fn is_over(&self) -> bool {
        Instant::now() >= self.until
    }

    /// The next turn, once its time has come; `None` when time or number are used up.
    pub(super) async fn turn(&self) -> Option<Turn> {
        let nth = self.taken.fetch_add(1, Ordering::Relaxed);
        if nth >= self.most || self.is_over() {
            return None;
        }
        let since = match &self.arrivals {
            None => Instant::now(),
            Some(arrivals) => self.comes(arrivals).await?,
        };
        Some(Turn { nth: usize::try_from(nth).unwrap_or(usize::MAX), since })
    }

    async fn comes(&self, arrivals: &Mutex<Arrivals>) -> Option<Instant> {
        let at = arrivals.lock().unwrap_or_else(PoisonError::into_inner).next();
        if at >= self.until {
            return None;
        }
        sleep_until(at).await;
        let now = Instant::now();
        if now.duration_since(at) <= GRAIN {
            return Some(now);
        }
        self.late.fetch_add(1, Ordering::Relaxed);
        Some(at)
    }

    /// Turns of an open loop that began late, waiting counted in; and those
    /// that came in time and were never begun, for want of a free connection.
    pub(super) fn late_and_dropped(&self) -> Option<(u64, u64)> {
        let arrivals = self.arrivals.as_ref()?;
        let mut arrivals = arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        let began = self.taken.load(Ordering::Relaxed);
        let mut dropped = 0;
        let end = self.until.min(Instant::now());
        while began.saturating_add(dropped) < self.most && arrivals.next() < end {
            dropped += 1;
        }
        Some((self.late.load(Ordering::Relaxed), dropped))
    }
}

impl Arrivals {
    fn next(&mut self) -> Instant {
        let at = self.next;
        // From a number in (0, 1], so that the logarithm is finite.
        let share = (self.dice.below(1 << 30) + 1) as f64 / (1u64 << 30) as f64;
        self.next += Duration::from_secs_f64(-share.ln() * self.mean);
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_closed_loop_ends_by_number_or_time() {
        let pace = Pace::new(Duration::from_secs(60), Some(2), None);
        assert!(pace.turn().await.is_some() && pace.turn().await.is_some_and(|turn| turn.nth == 1));
        assert!(pace.turn().await.is_none());
        assert!(Pace::new(Duration::ZERO, None, None).turn().await.is_none());
        assert!(pace.late_and_dropped().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_for_a_free_connection_is_not_hidden() {
        let pace = Pace::new(Duration::from_millis(200), None, Some(1000.0));
        assert!(pace.turn().await.is_some());
        tokio::time::advance(Duration::from_millis(100)).await;
        let turn = pace.turn().await.unwrap();
        assert!(turn.since.elapsed() > Duration::from_millis(80), "{:?}", turn.since.elapsed());
        tokio::time::advance(Duration::from_millis(150)).await;
        assert!(pace.turn().await.is_none());
        let (late, dropped) = pace.late_and_dropped().unwrap();
        assert!(late == 1 && (100..300).contains(&dropped), "{late} late, {dropped} dropped");
    }
}
