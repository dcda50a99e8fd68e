//! The Java shop's pay log: a queue in the cache of the attempts to query. It is only a
//! hint; the rows of due work decide.

use crate::domain::clock::UtcMs;
use crate::flow::App;

const PAY_LOG: &str = "PayLog";

/// Adds an attempt after the commit of its due work. One that is not added is found in
/// the database a little later.
pub(super) async fn add(app: &App, out_trade_no: &str, at: UtcMs) {
    let Some(cache) = &app.cache else { return };
    if let Err(error) = cache.schedule(PAY_LOG, out_trade_no, at).await {
        tracing::debug!(%error, out_trade_no, "an attempt cannot be added to the pay log");
    }
}

/// Takes the attempts to query now; `None` if there is no cache or it is unreachable.
pub(super) async fn take_due(app: &App, now: UtcMs, most: i64) -> Option<Vec<String>> {
    app.cache.as_ref()?.take_due(PAY_LOG, now, most).await.ok()
}
