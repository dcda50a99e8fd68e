//! Sends messages from the outbox to the broker. A loop around one step, so that tests
//! can run single steps.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::flow::App;
use crate::flow::relay::{self, RelayTurn};

/// Pause between turns when nothing was committed on this node: another node may have
/// left messages and stopped.
const PAUSE: Duration = Duration::from_secs(1);

/// The longest pause after turns in which the broker confirmed nothing.
const PAUSE_MAX: Duration = Duration::from_secs(8);

/// Runs until `stop`.
pub async fn run(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    let mut pause = PAUSE;
    while !*stop.borrow() {
        let turn = relay::send_batch(&app).await.unwrap_or_else(|error| {
            tracing::error!(%error, "the outbox cannot be read");
            RelayTurn::default()
        });
        let is_stuck = turn.claimed > 0 && turn.confirmed == 0;
        pause = if is_stuck { (pause * 2).min(PAUSE_MAX) } else { PAUSE };
        if turn.confirmed > 0 {
            continue;
        }
        let woken = async {
            if is_stuck { std::future::pending().await } else { app.writer().relay_signal().woken().await }
        };
        tokio::select! {
            () = woken => {}
            () = tokio::time::sleep(pause) => {}
            _ = stop.changed() => {}
        }
    }
}
