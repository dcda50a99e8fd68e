//! Does the work whose time has come. A loop around one step, so that tests
//! can take the steps themselves.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};

use crate::flow::{App, Error, Outcome, cart, due_work};

/// How often the worker looks when there was nothing to do.
const PAUSE: Duration = Duration::from_secs(1);

/// How often old logins and keys are forgotten, in looks.
const SWEEP_EVERY: u64 = 60;

/// Pieces of work that are done side by side: enough to wait for WeChat many
/// times at once, few enough not to crowd out buyers.
const AT_ONCE: i64 = 64;

/// Works until `stop` says so, and finishes what it has begun. Only a
/// comparison with WeChat's bills, which may take minutes, is broken off: it is
/// begun again elsewhere, or after the start.
pub async fn run(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    let (mut looks, mut long): (u64, JoinSet<Outcome<()>>) = (0, JoinSet::new());
    while !*stop.borrow() {
        while let Some(done) = long.try_join_next() {
            tell(done);
        }
        let did = turn(&app, &mut long).await.unwrap_or_else(|error| {
            tracing::error!(%error, "due work cannot be claimed");
            0
        });
        if looks.is_multiple_of(SWEEP_EVERY) {
            sweep(&app).await;
        }
        looks += 1;
        if did == 0 {
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                _ = stop.changed() => {}
            }
        }
    }
    long.shutdown().await;
}

/// Does what is due now, up to a bound; gives how much that was.
pub async fn step(app: &Arc<App>) -> Outcome<usize> {
    let mut long = JoinSet::new();
    let did = turn(app, &mut long).await?;
    while let Some(done) = long.join_next().await {
        tell(done);
    }
    Ok(did)
}

/// The same, but what may take long goes on beside it: buyers' orders do not
/// wait for a bill of a million lines.
async fn turn(app: &Arc<App>, long: &mut JoinSet<Outcome<()>>) -> Outcome<usize> {
    let tasks = due_work::claim(app, AT_ONCE).await?;
    let count = tasks.len();
    let mut running = JoinSet::new();
    for task in tasks {
        let (app, set) = (app.clone(), if task.kind.is_long() { &mut *long } else { &mut running });
        set.spawn(async move { due_work::run(&app, &task).await });
    }
    while let Some(done) = running.join_next().await {
        tell(done);
    }
    Ok(count + clear_bought(app).await)
}

fn tell(done: Result<Outcome<()>, JoinError>) {
    match done {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "due work cannot be put away"),
        Err(error) => tracing::error!(%error, "due work broke off"),
    }
}

/// Where the cache is away this waits, like everything that needs it.
async fn clear_bought(app: &App) -> usize {
    match cart::clear_bought(app).await {
        Ok(cleared) => cleared,
        Err(Error::Refused(_)) => 0,
        Err(error) => {
            tracing::error!(%error, "bought cart lines were not cleared away");
            0
        }
    }
}

async fn sweep(app: &App) {
    if let Err(error) = due_work::sweep(app).await {
        tracing::error!(%error, "old logins and keys were not forgotten");
    }
}
