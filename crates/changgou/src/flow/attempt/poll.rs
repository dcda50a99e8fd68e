//! The worker asks WeChat about attempts whose notice may be lost.

use std::time::Duration;

use super::end::{AttemptEnd, end, end_after_settling};
use super::query::query_payment;
use crate::domain::clock::UtcMs;
use crate::flow::{App, Outcome};
use crate::infra::gateway::TradeStatus;
use crate::store::payment::attempt;

/// How long after an attempt was opened WeChat is first asked about it.
pub const FIRST_POLL_AFTER: Duration = Duration::from_secs(POLL_AFTER_S[0]);

/// Seconds between one query and the next.
const POLL_AFTER_S: [u64; 7] = [5, 30, 60, 180, 300, 600, 1800];

/// Asks about an attempt at growing intervals; returns when to ask again, `None`
/// once the attempt is over.
pub async fn poll(app: &App, number: &str, tries: i64) -> Outcome<Option<UtcMs>> {
    let number = number.to_owned();
    let found = app.db.read(async move |tx| attempt::find(tx, &number).await).await?;
    let Some(attempt) = found.filter(|attempt| attempt.state.is_live()) else {
        return Ok(None);
    };
    let ended = match query_payment(app, &attempt).await? {
        TradeStatus::Paid(_) => end_after_settling(app, &attempt.out_trade_no).await?,
        TradeStatus::Closed => end(app, &attempt).await?,
        // Missing twice in a row: WeChat never accepted the request, or forgot it.
        TradeStatus::Missing if attempt.asked > 0 && tries > 0 => end(app, &attempt).await?,
        TradeStatus::Open | TradeStatus::Missing | TradeStatus::Unknown(_) => AttemptEnd::Unclear,
    };
    match ended {
        AttemptEnd::Over => Ok(None),
        AttemptEnd::Unclear => Ok(Some(app.now().plus(pause_after(tries)))),
    }
}

fn pause_after(tries: i64) -> Duration {
    let step = usize::try_from(tries + 1).unwrap_or(usize::MAX).min(POLL_AFTER_S.len() - 1);
    Duration::from_secs(POLL_AFTER_S[step])
}
