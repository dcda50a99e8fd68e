//! Work whose time has come.

use std::time::Duration;

use crate::domain::clock::UtcMs;
use crate::domain::id::OrderId;
use crate::flow::{App, Error, Outcome, attempt, close, fulfil, pay_log, reconcile, refund};
use crate::infra::db::Tx;
use crate::store::account::session;
use crate::store::due_work::{self, DueKind, DueTask};
use crate::store::order::idempotency;

/// How late the asking about an attempt is when the cache must have lost it.
const LOST_AFTER: Duration = Duration::from_secs(10);

/// How soon work that could not be finished is tried again, at the latest.
const AGAIN_MAX_S: u64 = 600;

/// Claims up to `most` pieces of work that are due. Whom to ask about the cache
/// tells where there is one; the database then tells only what the cache lost.
pub async fn claim(app: &App, most: i64) -> Outcome<Vec<DueTask>> {
    let now = app.now();
    let told = pay_log::take(app, now, most).await;
    let ask_now = if told.is_some() { now.minus(LOST_AFTER) } else { now };
    let told = told.unwrap_or_default();
    let claim = async move |tx: &mut Tx<'_>| {
        let mut tasks = due_work::claim_asking(tx, &told, now).await?;
        tasks.extend(due_work::claim(tx, now, ask_now, most).await?);
        Ok::<_, Error>(tasks)
    };
    app.db.write(claim).await
}

/// Does a claimed piece of work, and writes down when it goes on if it is not finished.
pub async fn run(app: &App, task: &DueTask) -> Outcome<()> {
    let next = match task.kind {
        DueKind::Ask => attempt::poll(app, &task.reference, task.tries).await,
        DueKind::Close => close_due(app, task).await,
        DueKind::Withdraw => withdraw_due(app, task).await,
        DueKind::Refund => refund::run_job(app, &task.reference, task.tries).await,
        DueKind::Receive => {
            fulfil::receive_in_time(app, OrderId(task.reference.clone())).await.map(|()| None)
        }
        DueKind::Reconcile => reconcile::daily::run(app, task).await,
    };
    match next {
        Ok(None) => finish(app, task).await,
        Ok(Some(at)) => postpone(app, task, at).await,
        Err(error) => {
            tracing::error!(%error, kind = ?task.kind, reference = task.reference, "due work failed");
            postpone(app, task, later(app, task)).await
        }
    }
}

async fn close_due(app: &App, task: &DueTask) -> Outcome<Option<UtcMs>> {
    let why = close::CloseReason::read(task.detail.as_deref());
    match close::close(app, &OrderId(task.reference.clone()), why).await? {
        close::CloseResult::Closed | close::CloseResult::Paid => Ok(None),
        close::CloseResult::Asked => Ok(Some(later(app, task))),
    }
}

async fn withdraw_due(app: &App, task: &DueTask) -> Outcome<Option<UtcMs>> {
    let confirmed = attempt::withdraw(app, &task.reference).await?;
    Ok((!confirmed).then(|| later(app, task)))
}

/// 5 s, then twice as long each time.
fn later(app: &App, task: &DueTask) -> UtcMs {
    let doublings = u32::try_from(task.tries.clamp(0, 10)).unwrap_or(10);
    app.now().plus(Duration::from_secs((5 << doublings).min(AGAIN_MAX_S)))
}

async fn finish(app: &App, task: &DueTask) -> Outcome<()> {
    let task = task.clone();
    Ok(app.db.write(async move |tx| due_work::done(tx, task.kind, &task.reference).await).await?)
}

async fn postpone(app: &App, task: &DueTask, at: UtcMs) -> Outcome<()> {
    let later = task.clone();
    app.db.write(async move |tx| Ok::<_, Error>(due_work::again(tx, &later, at).await?)).await?;
    if task.kind == DueKind::Ask {
        pay_log::note(app, &task.reference, at).await;
    }
    Ok(())
}

/// Forgets what no longer matters, logins and keys whose time is over, and sees
/// to it that the next morning's comparison with WeChat's bill is owed.
pub async fn sweep(app: &App) -> Outcome<()> {
    reconcile::daily::owe(app).await?;
    let now = app.now();
    app.db
        .write(async move |tx| {
            session::forget_expired(tx, now).await?;
            idempotency::forget_expired(tx, now).await?;
            Ok::<_, Error>(())
        })
        .await
}

/// How much work is due and undone, and for how long the oldest has been.
pub async fn backlog(app: &App) -> Outcome<(i64, Duration)> {
    let now = app.now();
    let (count, oldest) = app.db.read(async move |tx| due_work::backlog(tx, now).await).await?;
    Ok((count, oldest.map_or(Duration::ZERO, |at| now.since(UtcMs(at)))))
}
