//! Due work: claims it and runs the flow it is for.

use std::time::Duration;

use crate::domain::clock::UtcMs;
use crate::domain::id::OrderId;
use crate::flow::unit_of_work::UnitOfWork;
use crate::flow::{App, Error, Outcome, attempt, close, fulfil, pay_log, reconcile, refund};
use crate::store::account::session;
use crate::store::due_work::{self, DueKind, DueTask};
use crate::store::order::idempotency;

/// How late the query of an attempt is when the cache must have lost it.
const LOST_AFTER: Duration = Duration::from_secs(10);

/// The longest pause before unfinished work is tried again.
const RETRY_MAX_S: u64 = 600;

/// Claims up to `most` tasks that are due. If there is a cache, it says which attempts
/// to query, and the database is read only for those the cache has lost.
pub async fn claim(app: &App, most: i64) -> Outcome<Vec<DueTask>> {
    let now = app.now();
    let queued = pay_log::take_due(app, now, most).await;
    let ask_now = if queued.is_some() { now.minus(LOST_AFTER) } else { now };
    let queued = queued.unwrap_or_default();
    let claim = async move |work: &mut UnitOfWork<'_, '_>| {
        let tx = &mut *work.tx;
        let mut tasks = due_work::claim_payment_queries(tx, &queued, now).await?;
        tasks.extend(due_work::claim_due(tx, now, ask_now, most).await?);
        Ok::<_, Error>(tasks)
    };
    app.write(claim).await
}

/// Runs a claimed task, then removes it, or postpones it if it is not finished.
pub async fn run(app: &App, task: &DueTask) -> Outcome<()> {
    let next = match task.kind {
        DueKind::QueryPayment => attempt::poll(app, &task.reference, task.tries).await,
        DueKind::Close => close_due(app, task).await,
        DueKind::Withdraw => withdraw_due(app, task).await,
        DueKind::Refund => refund::run_job(app, &task.reference, task.tries).await,
        DueKind::Receive => {
            fulfil::receive_automatically(app, OrderId(task.reference.clone())).await.map(|()| None)
        }
        DueKind::Reconcile => reconcile::daily::run(app, task).await,
    };
    match next {
        Ok(None) => finish(app, task).await,
        Ok(Some(at)) => postpone(app, task, at).await,
        Err(error) => {
            tracing::error!(%error, kind = ?task.kind, reference = task.reference, "due work failed");
            postpone(app, task, retry_at(app, task)).await
        }
    }
}

async fn close_due(app: &App, task: &DueTask) -> Outcome<Option<UtcMs>> {
    let why =
        task.detail.as_deref().and_then(close::CloseReason::parse).unwrap_or(close::CloseReason::Expired);
    match close::close_order(app, &OrderId(task.reference.clone()), close::Closing::of(why)).await? {
        close::CloseResult::Closed | close::CloseResult::Paid => Ok(None),
        close::CloseResult::Asked => Ok(Some(retry_at(app, task))),
    }
}

async fn withdraw_due(app: &App, task: &DueTask) -> Outcome<Option<UtcMs>> {
    let confirmed = attempt::withdraw(app, &task.reference).await?;
    Ok((!confirmed).then(|| retry_at(app, task)))
}

/// 5 s, then twice as long each time.
fn retry_at(app: &App, task: &DueTask) -> UtcMs {
    let doublings = u32::try_from(task.tries.clamp(0, 10)).unwrap_or(10);
    app.now().plus(Duration::from_secs((5 << doublings).min(RETRY_MAX_S)))
}

async fn finish(app: &App, task: &DueTask) -> Outcome<()> {
    let task = task.clone();
    Ok(app.write(async move |work| due_work::delete(work.tx, task.kind, &task.reference).await).await?)
}

async fn postpone(app: &App, task: &DueTask, at: UtcMs) -> Outcome<()> {
    let postponed = task.clone();
    app.write(async move |work| Ok::<_, Error>(due_work::reschedule(work.tx, &postponed, at).await?)).await?;
    if task.kind == DueKind::QueryPayment {
        pay_log::add(app, &task.reference, at).await;
    }
    Ok(())
}

/// Deletes expired sessions and idempotency keys, and makes sure that the next
/// reconciliation is due.
pub async fn sweep(app: &App) -> Outcome<()> {
    reconcile::daily::schedule(app).await?;
    app.write(async move |work| {
        let (tx, now) = (&mut *work.tx, work.now);
        session::delete_expired(tx, now).await?;
        idempotency::delete_expired(tx, now).await?;
        Ok::<_, Error>(())
    })
    .await
}

/// How many tasks are due, and how long the oldest has been.
pub async fn backlog(app: &App) -> Outcome<(i64, Duration)> {
    let now = app.now();
    let (count, oldest) = app.db.read(async move |tx| due_work::backlog(tx, now).await).await?;
    Ok((count, oldest.map_or(Duration::ZERO, |at| now.since(UtcMs(at)))))
}
