//! Runs due work. A loop around one step, so that tests can run single steps.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};

use crate::flow::{App, Error, Outcome, cart, due_work};

/// Pause after a turn that found nothing to do.
const PAUSE: Duration = Duration::from_secs(1);

/// Turns between two sweeps of expired sessions and keys.
const SWEEP_EVERY: u64 = 60;

/// Tasks that run at the same time: many, because most wait for WeChat, but few enough
/// to leave the database to buyers.
const CONCURRENCY: i64 = 64;

/// Runs until `stop`, and finishes the tasks it has started. Only a reconciliation,
/// which may take minutes, is aborted: another node or the next start repeats it.
pub async fn run(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    let (mut turns, mut long): (u64, JoinSet<Outcome<()>>) = (0, JoinSet::new());
    while !*stop.borrow() {
        while let Some(done) = long.try_join_next() {
            log_failure(done);
        }
        let did = turn(&app, &mut long).await.unwrap_or_else(|error| {
            tracing::error!(%error, "due work cannot be claimed");
            0
        });
        if turns.is_multiple_of(SWEEP_EVERY) {
            sweep(&app).await;
        }
        turns += 1;
        if did == 0 {
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                _ = stop.changed() => {}
            }
        }
    }
    long.shutdown().await;
}

/// Runs what is due now, up to a bound; returns how many tasks that was.
pub async fn step(app: &Arc<App>) -> Outcome<usize> {
    let mut long = JoinSet::new();
    let did = turn(app, &mut long).await?;
    while let Some(done) = long.join_next().await {
        log_failure(done);
    }
    Ok(did)
}

/// The same, but long tasks go into `long`: orders do not wait for a bill of a million
/// lines.
async fn turn(app: &Arc<App>, long: &mut JoinSet<Outcome<()>>) -> Outcome<usize> {
    let due = due_work::claim(app, CONCURRENCY).await?;
    let count = due.len();
    let mut running = JoinSet::new();
    for task in due {
        let (app, tasks) = (app.clone(), if task.kind.is_long() { &mut *long } else { &mut running });
        tasks.spawn(async move { due_work::run(&app, &task).await });
    }
    while let Some(done) = running.join_next().await {
        log_failure(done);
    }
    Ok(count + clear_bought(app).await)
}

fn log_failure(done: Result<Outcome<()>, JoinError>) {
    match done {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "the outcome of due work cannot be written"),
        Err(error) => tracing::error!(%error, "due work panicked"),
    }
}

/// Removes bought lines from carts in the cache; later if the cache is unreachable.
async fn clear_bought(app: &App) -> usize {
    match cart::clean_up_purchased(app).await {
        Ok(cleared) => cleared,
        Err(Error::Refused(_)) => 0,
        Err(error) => {
            tracing::error!(%error, "bought lines cannot be removed from carts");
            0
        }
    }
}

async fn sweep(app: &App) {
    if let Err(error) = due_work::sweep(app).await {
        tracing::error!(%error, "expired sessions and keys cannot be deleted");
    }
}
