//! Carries messages from the outbox to the broker. A loop around one step, so
//! that tests can take the steps themselves.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::flow::App;
use crate::flow::relay::{self, RelayTurn};

/// How often the relay looks when nothing was committed on this node: others
/// may have left something and died.
const PAUSE: Duration = Duration::from_secs(1);

/// How long it leaves a broker alone that did not take anything, at the most.
const PAUSE_MAX: Duration = Duration::from_secs(8);

/// Works until `stop` says so.
pub async fn run(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    let mut pause = PAUSE;
    while !*stop.borrow() {
        let turn = relay::step(&app).await.unwrap_or_else(|error| {
            tracing::error!(%error, "the outbox cannot be worked on");
            RelayTurn::default()
        });
        let is_stuck = turn.claimed > 0 && turn.confirmed == 0;
        pause = if is_stuck { (pause * 2).min(PAUSE_MAX) } else { PAUSE };
        if turn.confirmed > 0 {
            continue;
        }
        let woken = async { if is_stuck { std::future::pending().await } else { app.outlet.woken().await } };
        tokio::select! {
            () = woken => {}
            () = tokio::time::sleep(pause) => {}
            _ = stop.changed() => {}
        }
    }
}
