//! What a run cost: CPU time and memory of the shop and of the load generator.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::process::{Process, Usage};

/// How often memory is sampled.
const SAMPLE_INTERVAL: Duration = Duration::from_millis(200);

/// Samples a process while a run goes on.
pub struct Monitor {
    process: Process,
    before: Usage,
    peak: Arc<AtomicU64>,
    sampling: JoinHandle<()>,
}

/// What a process cost during a run.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// The process id; `None` for the load generator itself.
    pid: Option<u32>,
    /// CPU time on all cores.
    cpu: Duration,
    /// Resident bytes before, at most, and after.
    resident: [u64; 3],
}

impl Monitor {
    /// Starts to sample, if the process is there.
    pub fn start(process: Process) -> Option<Monitor> {
        let before = process.usage()?;
        let peak = Arc::new(AtomicU64::new(before.resident));
        let sampling = tokio::spawn(sample(process.clone(), peak.clone()));
        Some(Monitor { process, before, peak, sampling })
    }

    /// The cost since the start; nothing if the process is gone.
    pub fn finish(self) -> Option<Cost> {
        self.sampling.abort();
        let after = self.process.usage()?;
        let peak = self.peak.load(Ordering::Relaxed).max(after.resident);
        let cpu = after.cpu.saturating_sub(self.before.cpu);
        Some(Cost { pid: self.process.pid, cpu, resident: [self.before.resident, peak, after.resident] })
    }
}

async fn sample(process: Process, peak: Arc<AtomicU64>) {
    while let Some(usage) = process.usage() {
        peak.fetch_max(usage.resident, Ordering::Relaxed);
        tokio::time::sleep(SAMPLE_INTERVAL).await;
    }
}

impl Cost {
    /// As text: the share of one core during `seconds`, and the CPU time of each of `count` units.
    pub fn text(&self, name: &str, seconds: f64, (count, unit): (u64, &str)) -> String {
        let [before, peak, after] = self.resident.map(|bytes| bytes as f64 / (1024.0 * 1024.0));
        let pid = self.pid.map_or_else(String::new, |pid| format!(" (process {pid})"));
        format!(
            "{name}{pid}: {:.2} s of CPU, {:.0} % of one core, {:.0} µs {unit}; memory {before:.0} MiB, at most {peak:.0}, then {after:.0}",
            self.cpu.as_secs_f64(),
            self.core_percent(seconds),
            self.micros_each(count),
        )
    }

    pub fn json(&self, seconds: f64, count: u64) -> Value {
        let [before, peak, after] = self.resident;
        json!({
            "pid": self.pid,
            "cpuSeconds": self.cpu.as_secs_f64(),
            "corePercent": self.core_percent(seconds),
            "cpuMicrosEach": self.micros_each(count),
            "residentBefore": before,
            "residentPeak": peak,
            "residentAfter": after,
        })
    }

    fn core_percent(&self, seconds: f64) -> f64 {
        self.cpu.as_secs_f64() * 100.0 / seconds.max(0.001)
    }

    fn micros_each(&self, count: u64) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / count.max(1) as f64
    }
}
