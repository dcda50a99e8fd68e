//! What a run cost: the time and memory of the shop and of the bench itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::proc::{Process, Usage};

/// How often memory is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// Watches a process.
pub(super) struct Watch {
    process: Process,
    before: Usage,
    peak: Arc<AtomicU64>,
    looking: JoinHandle<()>,
}

/// What a process cost during a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cost {
    /// Its number; `None` for the bench itself.
    pid: Option<u32>,
    /// Time on all cores.
    cpu: Duration,
    /// Resident bytes before, at most, and after.
    resident: [u64; 3],
}

impl Watch {
    /// Begins to watch, if the process can be seen.
    pub(super) fn begin(process: Process) -> Option<Watch> {
        let before = process.usage()?;
        let peak = Arc::new(AtomicU64::new(before.resident));
        let looking = tokio::spawn(look(process.clone(), peak.clone()));
        Some(Watch { process, before, peak, looking })
    }

    /// What it cost since; nothing if the process is gone.
    pub(super) fn end(self) -> Option<Cost> {
        self.looking.abort();
        let after = self.process.usage()?;
        let peak = self.peak.load(Ordering::Relaxed).max(after.resident);
        let cpu = after.cpu.saturating_sub(self.before.cpu);
        Some(Cost { pid: self.process.pid, cpu, resident: [self.before.resident, peak, after.resident] })
    }
}

async fn look(process: Process, peak: Arc<AtomicU64>) {
    while let Some(usage) = process.usage() {
        peak.fetch_max(usage.resident, Ordering::Relaxed);
        tokio::time::sleep(LOOK).await;
    }
}

impl Cost {
    /// In words: of `seconds` of one core, and for each piece of work, with its name.
    pub(super) fn words(&self, who: &str, seconds: f64, (pieces, name): (u64, &str)) -> String {
        let [before, peak, after] = self.resident.map(|bytes| bytes as f64 / (1024.0 * 1024.0));
        let pid = self.pid.map_or_else(String::new, |pid| format!(" (process {pid})"));
        format!(
            "{who}{pid}: {:.2} s of CPU, {:.0} % of one core, {:.0} µs {name}; memory {before:.0} MiB, at most {peak:.0}, then {after:.0}",
            self.cpu.as_secs_f64(),
            self.core_percent(seconds),
            self.micros_each(pieces),
        )
    }

    pub(super) fn json(&self, seconds: f64, pieces: u64) -> Value {
        let [before, peak, after] = self.resident;
        json!({
            "pid": self.pid,
            "cpuSeconds": self.cpu.as_secs_f64(),
            "corePercent": self.core_percent(seconds),
            "cpuMicrosEach": self.micros_each(pieces),
            "residentBefore": before,
            "residentPeak": peak,
            "residentAfter": after,
        })
    }

    fn core_percent(&self, seconds: f64) -> f64 {
        self.cpu.as_secs_f64() * 100.0 / seconds.max(0.001)
    }

    fn micros_each(&self, pieces: u64) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / pieces.max(1) as f64
    }
}
