//! The seed's pay log: a queue in the cache of the payments to ask about. What
//! it says is only a hint; the rows of due work say what is owed.

use crate::domain::clock::UtcMs;
use crate::flow::App;

/// The queue's name.
const PAY_LOG: &str = "PayLog";

/// Notes when to ask about an attempt; to be done after the commit that owes it.
/// What is not noted is found in the database, a little later.
pub(super) async fn note(app: &App, out_trade_no: &str, at: UtcMs) {
    let Some(cache) = &app.cache else { return };
    if let Err(error) = cache.queue(PAY_LOG, out_trade_no, at).await {
        tracing::debug!(%error, out_trade_no, "not noted in the pay log");
    }
}

/// Takes the attempts to ask about now; `None` if there is no cache that answers.
pub(super) async fn take(app: &App, now: UtcMs, most: i64) -> Option<Vec<String>> {
    app.cache.as_ref()?.take_due(PAY_LOG, now, most).await.ok()
}
