//! The report: for a person, and as JSON.

use std::fmt;

use serde_json::{Value, json};

use super::cost::Cost;
use super::pace::Pace;
use super::plan::{Door, Plan, Scenario};
use super::tally::{Kind, LOST, Tally};

/// Everything a run found out.
pub(super) struct Report {
    plan: Plan,
    seconds: f64,
    pub(super) tally: Tally,
    /// Of an open loop: pieces of work that began late, and that never began.
    late_and_dropped: Option<(u64, u64)>,
    pub(super) shop: Option<Cost>,
    pub(super) bench: Option<Cost>,
    pub(super) checks: Vec<Check>,
    /// Whether the laws hold, if they were proved.
    pub(super) laws_hold: Option<bool>,
}

/// Something that must be so after a run.
#[derive(Clone, Debug)]
pub(super) struct Check {
    words: String,
    holds: Holds,
}

/// Whether a check holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    Yes,
    No,
}

impl Check {
    pub(super) fn new(words: String, holds: impl Into<Option<bool>>) -> Check {
        let holds = if holds.into() == Some(true) { Holds::Yes } else { Holds::No };
        Check { words, holds }
    }
}

impl Report {
    /// The report of a run that ends now; what it cost and proved is added to it.
    pub(super) fn new(plan: &Plan, pace: &Pace, tally: Tally) -> Report {
        Report {
            plan: plan.clone(),
            seconds: pace.began().elapsed().as_secs_f64(),
            tally,
            late_and_dropped: pace.late_and_dropped(),
            shop: None,
            bench: None,
            checks: Vec::new(),
            laws_hold: None,
        }
    }

    /// Whether the run shall count as a success.
    pub(super) fn is_good(&self) -> bool {
        let checked = self.checks.iter().all(|check| check.holds == Holds::Yes);
        checked && self.laws_hold != Some(false) && self.any_good()
    }

    /// Whether anything did what it should.
    fn any_good(&self) -> bool {
        self.sum(|kind| kind.good) > 0
    }

    /// By what the cost is divided, and its name: orders where placing them is
    /// the work, else answers.
    fn work(&self) -> (u64, &'static str) {
        match self.tally.good_of("order") {
            placed if placed > 0 && self.plan.scenario != Scenario::Door(Door::Flash) => (placed, "an order"),
            _ => (self.sum(|kind| kind.took.total()), "an answer"),
        }
    }

    fn per_second(&self, count: u64) -> f64 {
        count as f64 / self.seconds.max(0.001)
    }

    fn sum(&self, of: impl Fn(&Kind) -> u64) -> u64 {
        self.tally.kinds.values().map(of).sum()
    }

    /// Requests that were answered with a status of 500 or more.
    fn failed(&self) -> u64 {
        self.sum(|kind| kind.failed)
    }

    /// Requests that were never answered.
    fn lost(&self) -> u64 {
        self.sum(|kind| kind.refused.get(LOST).copied().unwrap_or(0))
    }

    pub(super) fn json(&self) -> Value {
        let placed = self.tally.good_of("order");
        let refused = self.tally.kinds.iter().flat_map(|(kind, seen)| {
            let each = seen.refused.iter();
            each.map(move |(reason, count)| json!({ "kind": kind, "reason": reason, "count": count }))
        });
        let check = |check: &Check| json!({ "check": check.words, "holds": check.holds == Holds::Yes });
        json!({
            "scenario": self.plan.scenario.word(),
            "clients": self.plan.clients,
            "rate": self.plan.rate,
            "seconds": self.seconds,
            "placed": placed,
            "placedPerSecond": self.per_second(placed),
            "requests": self.tally.kinds.iter().map(|(kind, seen)| self.row(kind, seen)).collect::<Vec<_>>(),
            "refused": refused.collect::<Vec<_>>(),
            "serverErrors": self.failed(),
            "lost": self.lost(),
            "late": self.late_and_dropped.map(|(late, _)| late),
            "dropped": self.late_and_dropped.map(|(_, dropped)| dropped),
            "shop": self.shop.map(|cost| cost.json(self.seconds, self.work().0)),
            "bench": self.bench.map(|cost| cost.json(self.seconds, self.work().0)),
            "checks": self.checks.iter().map(check).collect::<Vec<_>>(),
            "lawsHold": self.laws_hold,
        })
    }

    fn row(&self, kind: &str, seen: &Kind) -> Value {
        let Kind { took, good, .. } = seen;
        json!({ "kind": kind, "count": took.total(), "good": good, "perSecond": self.per_second(*good),
                "p50Ms": took.at(500), "p99Ms": took.at(990), "p999Ms": took.at(999), "maxMs": took.max() })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan { scenario, clients, rate, .. } = &self.plan;
        let pace =
            rate.map_or_else(|| "one after another".to_owned(), |rate| format!("{rate:.0} begun a second"));
        writeln!(f, "{}: {clients} clients, {pace}, {:.1} s", scenario.word(), self.seconds)?;
        let placed = self.tally.good_of("order");
        if placed > 0 {
            writeln!(f, "placed     {placed} orders, {:.0}/s", self.per_second(placed))?;
        }
        let (head, answered) =
            (["request", "good", "good/s", "p50 ms", "p99", "p99.9", "max"], &self.tally.kinds);
        let [kind, good, rate, p50, p99, p999, max] = head;
        writeln!(f, "{kind:<11}{good:>9}{rate:>11}{p50:>10}{p99:>10}{p999:>10}{max:>10}")?;
        for (kind, Kind { took, good, .. }) in answered {
            let [p50, p99, p999] = [500, 990, 999].map(|per_mille| took.at(per_mille));
            let (rate, max) = (self.per_second(*good), took.max());
            writeln!(f, "{kind:<11}{good:>9}{rate:>11.0}{p50:>10.2}{p99:>10.2}{p999:>10.2}{max:>10.2}")?;
        }
        self.write_troubles(f)?;
        self.write_costs(f)
    }
}

impl Report {
    fn write_troubles(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (kind, seen) in &self.tally.kinds {
            for (reason, count) in &seen.refused {
                writeln!(f, "refused    {kind} {reason}: {count}")?;
            }
        }
        if self.failed() + self.lost() > 0 {
            writeln!(
                f,
                "trouble    {} answers of 500 or more, {} without an answer",
                self.failed(),
                self.lost()
            )?;
        }
        if let Some((late, dropped)) = self.late_and_dropped {
            writeln!(f, "late       {late} began late, {dropped} never began: all clients were waiting")?;
        }
        Ok(())
    }

    fn write_costs(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let costs = [("the shop", self.shop), ("the bench", self.bench)];
        for (who, cost) in costs {
            if let Some(cost) = cost {
                writeln!(f, "cost       {}", cost.words(who, self.seconds, self.work()))?;
            }
        }
        for Check { words, holds } in &self.checks {
            let word = match holds {
                Holds::Yes => "holds ",
                Holds::No => "BROKEN",
            };
            writeln!(f, "{word}     {words}")?;
        }
        Ok(())
    }
}
