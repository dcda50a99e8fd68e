//! What was seen: how many, how fast, and what was refused.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

/// Measurements of one or many buyers.
pub(super) struct Tally {
    began: Instant,
    ended: Instant,
    took: BTreeMap<&'static str, Vec<u32>>,
    refused: BTreeMap<(&'static str, String), u64>,
}

/// One kind of request, summed up. Times are milliseconds.
struct Row {
    kind: &'static str,
    count: usize,
    good: u64,
    per_second: f64,
    p50: f64,
    p99: f64,
    p999: f64,
    max: f64,
}

/// The whole.
pub(super) struct Report {
    seconds: f64,
    rows: Vec<Row>,
    refused: BTreeMap<(&'static str, String), u64>,
}

impl Tally {
    pub(super) fn new(began: Instant) -> Tally {
        Tally { began, ended: began, took: BTreeMap::new(), refused: BTreeMap::new() }
    }

    pub(super) fn took(&mut self, kind: &'static str, span: Duration) {
        self.took.entry(kind).or_default().push(u32::try_from(span.as_micros()).unwrap_or(u32::MAX));
    }

    pub(super) fn refused(&mut self, kind: &'static str, reason: &str) {
        *self.refused.entry((kind, reason.to_owned())).or_default() += 1;
    }

    pub(super) fn add(&mut self, other: Tally) {
        for (kind, mut times) in other.took {
            self.took.entry(kind).or_default().append(&mut times);
        }
        for (what, count) in other.refused {
            *self.refused.entry(what).or_default() += count;
        }
    }

    pub(super) fn end(&mut self, at: Instant) {
        self.ended = at;
    }

    pub(super) fn report(mut self) -> Report {
        let seconds = self.ended.duration_since(self.began).as_secs_f64();
        let refused = std::mem::take(&mut self.refused);
        let rows = self.took.into_iter().map(|(kind, times)| row(kind, times, &refused, seconds)).collect();
        Report { seconds, rows, refused }
    }
}

fn row(
    kind: &'static str,
    mut times: Vec<u32>,
    refused: &BTreeMap<(&'static str, String), u64>,
    seconds: f64,
) -> Row {
    times.sort_unstable();
    let bad: u64 = refused.iter().filter(|((of, _), _)| *of == kind).map(|(_, count)| count).sum();
    let good = (times.len() as u64).saturating_sub(bad);
    let at = |per_mille: usize| f64::from(times[(times.len() - 1) * per_mille / 1000]) / 1000.0;
    let per_second = good as f64 / seconds;
    Row {
        kind,
        count: times.len(),
        good,
        per_second,
        p50: at(500),
        p99: at(990),
        p999: at(999),
        max: at(1000),
    }
}

impl Report {
    pub(super) fn json(&self) -> Value {
        let row = |row: &Row| {
            json!({ "kind": row.kind, "count": row.count, "good": row.good, "perSecond": row.per_second,
                    "p50Ms": row.p50, "p99Ms": row.p99, "p999Ms": row.p999, "maxMs": row.max })
        };
        let refused = |((kind, reason), count): (&(&str, String), &u64)| json!({ "kind": kind, "reason": reason, "count": count });
        json!({ "seconds": self.seconds, "requests": self.rows.iter().map(row).collect::<Vec<_>>(),
                "refused": self.refused.iter().map(refused).collect::<Vec<_>>() })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:.1} s", self.seconds)?;
        writeln!(
            f,
            "{:<11}{:>9}{:>11}{:>10}{:>10}{:>10}{:>10}",
            "request", "good", "good/s", "p50 ms", "p99", "p99.9", "max"
        )?;
        for Row { kind, good, per_second, p50, p99, p999, max, .. } in &self.rows {
            writeln!(
                f,
                "{kind:<11}{good:>9}{per_second:>11.0}{p50:>10.2}{p99:>10.2}{p999:>10.2}{max:>10.2}"
            )?;
        }
        for ((kind, reason), count) in &self.refused {
            writeln!(f, "refused    {kind} {reason}: {count}")?;
        }
        Ok(())
    }
}
