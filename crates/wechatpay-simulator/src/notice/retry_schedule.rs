//! WeChat's retry schedule. Source: WeChat Pay, "支付结果通知": 15s/15s/30s/3m/10m/20m/30m/30m/30m/60m/3h/3h/3h/6h/6h.

const STEPS_S: [i64; 15] =
    [15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10_800, 10_800, 10_800, 21_600, 21_600];

/// The delay in ms from attempt number `attempt`, counted from 1, to the next; `None` after the sixteenth.
pub fn retry_delay_ms(attempt: u32) -> Option<i64> {
    let index = usize::try_from(attempt).ok()?.checked_sub(1)?;
    STEPS_S.get(index).map(|seconds| seconds * 1000)
}
