//! The report, as text and as JSON.

use std::fmt;

use serde_json::{Value, json};

use crate::cost::Cost;
use crate::pacer::Pacer;
use crate::plan::{HttpScenario, Plan, Scenario};
use crate::stats::{KindStats, LOST, Stats};

/// The quantiles of the report: p50, p99 and p99.9.
const QUANTILES: [f64; 3] = [0.5, 0.99, 0.999];

/// The results of a run.
pub struct Report {
    plan: Plan,
    seconds: f64,
    pub stats: Stats,
    /// Of an open loop: iterations that started late, and that never started.
    late_and_dropped: Option<(u64, u64)>,
    pub shop: Option<Cost>,
    pub bench: Option<Cost>,
    pub checks: Vec<Check>,
    /// Whether the laws hold, if they were audited.
    pub laws_hold: Option<bool>,
}

/// What must be true after a run.
#[derive(Clone, Debug)]
pub struct Check {
    text: String,
    result: CheckResult,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CheckResult {
    Passed,
    CommandError,
}

impl Check {
    pub fn new(text: String, passed: impl Into<Option<bool>>) -> Check {
        let passed = passed.into() == Some(true);
        Check { text, result: if passed { CheckResult::Passed } else { CheckResult::CommandError } }
    }
}

impl Report {
    /// The report of a run that ends now; costs, checks and the audit are added to it.
    pub fn new(plan: &Plan, pacer: &Pacer, stats: Stats) -> Report {
        Report {
            plan: plan.clone(),
            seconds: pacer.started().elapsed().as_secs_f64(),
            stats,
            late_and_dropped: pacer.late_and_dropped(),
            shop: None,
            bench: None,
            checks: Vec::new(),
            laws_hold: None,
        }
    }

    /// Whether all checks passed, no law is broken and anything succeeded.
    pub fn is_success(&self) -> bool {
        let checked = self.checks.iter().all(|check| check.result == CheckResult::Passed);
        checked && self.laws_hold != Some(false) && self.sum(|kind| kind.successes) > 0
    }

    /// By what the cost is divided, with its unit: orders, where placing them is
    /// most of the work, else responses.
    fn cost_unit(&self) -> (u64, &'static str) {
        let placed = self.stats.successes_of("order");
        if placed > 0 && self.plan.scenario != Scenario::Http(HttpScenario::Flash) {
            return (placed, "an order");
        }
        (self.sum(|kind| kind.latencies.count()), "an answer")
    }

    fn per_second(&self, count: u64) -> f64 {
        count as f64 / self.seconds.max(0.001)
    }

    fn sum(&self, of: impl Fn(&KindStats) -> u64) -> u64 {
        self.stats.kinds.values().map(of).sum()
    }

    /// Responses with a status of 500 or more.
    fn server_errors(&self) -> u64 {
        self.sum(|kind| kind.server_errors)
    }

    /// Requests without a response.
    fn lost(&self) -> u64 {
        self.sum(|kind| kind.refused.get(LOST).copied().unwrap_or(0))
    }

    pub fn json(&self) -> Value {
        let placed = self.stats.successes_of("order");
        let refused = self.stats.kinds.iter().flat_map(|(kind, stats)| {
            let each = stats.refused.iter();
            each.map(move |(reason, count)| json!({ "kind": kind, "reason": reason, "count": count }))
        });
        let check =
            |check: &Check| json!({ "check": check.text, "holds": check.result == CheckResult::Passed });
        json!({
            "scenario": self.plan.scenario.name(),
            "clients": self.plan.clients,
            "rate": self.plan.rate,
            "seconds": self.seconds,
            "placed": placed,
            "placedPerSecond": self.per_second(placed),
            "requests": self.stats.kinds.iter().map(|(kind, stats)| self.row(kind, stats)).collect::<Vec<_>>(),
            "refused": refused.collect::<Vec<_>>(),
            "serverErrors": self.server_errors(),
            "lost": self.lost(),
            "late": self.late_and_dropped.map(|(late, _)| late),
            "dropped": self.late_and_dropped.map(|(_, dropped)| dropped),
            "shop": self.shop.map(|cost| cost.json(self.seconds, self.cost_unit().0)),
            "bench": self.bench.map(|cost| cost.json(self.seconds, self.cost_unit().0)),
            "checks": self.checks.iter().map(check).collect::<Vec<_>>(),
            "lawsHold": self.laws_hold,
        })
    }

    fn row(&self, kind: &str, stats: &KindStats) -> Value {
        let KindStats { latencies, successes, .. } = stats;
        let [p50, p99, p999] = QUANTILES.map(|share| latencies.quantile(share));
        json!({ "kind": kind, "count": latencies.count(), "good": successes, "perSecond": self.per_second(*successes),
                "p50Ms": p50, "p99Ms": p99, "p999Ms": p999, "maxMs": latencies.max() })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan { scenario, clients, rate, .. } = &self.plan;
        let rate =
            rate.map_or_else(|| "one after another".to_owned(), |rate| format!("{rate:.0} begun a second"));
        writeln!(f, "{}: {clients} clients, {rate}, {:.1} s", scenario.name(), self.seconds)?;
        let placed = self.stats.successes_of("order");
        if placed > 0 {
            writeln!(f, "placed     {placed} orders, {:.0}/s", self.per_second(placed))?;
        }
        self.write_requests(f)?;
        self.write_problems(f)?;
        self.write_costs(f)?;
        self.write_checks(f)
    }
}

impl Report {
    fn write_requests(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [kind, good, rate, p50, p99, p999, max] =
            ["request", "good", "good/s", "p50 ms", "p99", "p99.9", "max"];
        writeln!(f, "{kind:<11}{good:>9}{rate:>11}{p50:>10}{p99:>10}{p999:>10}{max:>10}")?;
        for (kind, KindStats { latencies, successes, .. }) in &self.stats.kinds {
            let [p50, p99, p999] = QUANTILES.map(|share| latencies.quantile(share));
            let (rate, max) = (self.per_second(*successes), latencies.max());
            writeln!(f, "{kind:<11}{successes:>9}{rate:>11.0}{p50:>10.2}{p99:>10.2}{p999:>10.2}{max:>10.2}")?;
        }
        Ok(())
    }

    fn write_problems(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (kind, stats) in &self.stats.kinds {
            for (reason, count) in &stats.refused {
                writeln!(f, "refused    {kind} {reason}: {count}")?;
            }
        }
        if self.server_errors() + self.lost() > 0 {
            writeln!(
                f,
                "trouble    {} answers of 500 or more, {} without an answer",
                self.server_errors(),
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
        for (name, cost) in costs {
            if let Some(cost) = cost {
                writeln!(f, "cost       {}", cost.text(name, self.seconds, self.cost_unit()))?;
            }
        }
        Ok(())
    }

    fn write_checks(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Check { text, result } in &self.checks {
            let word = match result {
                CheckResult::Passed => "holds ",
                CheckResult::CommandError => "BROKEN",
            };
            writeln!(f, "{word}     {text}")?;
        }
        Ok(())
    }
}
