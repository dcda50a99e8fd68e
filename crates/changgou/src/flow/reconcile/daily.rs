//! The daily job: at 10:00 UTC+8 the previous day is reconciled.

use std::time::Duration;

use super::{ReconcileVerdict, reconcile};
use crate::domain::clock::UtcMs;
use crate::domain::day::{Day, NotADay};
use crate::flow::{App, Error, Outcome};
use crate::infra::db::Tx;
use crate::store::due_work::{self, DueKind, DueTask, NewDueWork};

/// Pause before a missing bill is requested again.
const RETRY_PAUSE: Duration = Duration::from_secs(30 * 60);

/// How long no other worker takes the job: longer than the longest bill takes.
const CLAIM_TIME: Duration = Duration::from_secs(3600);

/// How often a day is tried: for two days. After that an operator has to run it.
const TRIES_MAX: i64 = 96;

/// Adds the next job if there is none.
pub async fn schedule(app: &App) -> Outcome<()> {
    let now = app.now();
    let yesterday = Day::containing(now).previous();
    let day = if now < yesterday.bill_available_at() { yesterday } else { yesterday.next() };
    let put = async move |tx: &mut Tx<'_>| {
        if due_work::has_any(tx, DueKind::Reconcile).await? {
            return Ok(());
        }
        schedule_day(tx, day).await
    };
    app.db.write(put).await
}

async fn schedule_day(tx: &mut Tx<'_>, day: Day) -> Outcome<()> {
    let reference = day.to_string();
    let owed = NewDueWork { kind: DueKind::Reconcile, reference: &reference, at: day.bill_available_at() };
    Ok(due_work::schedule(tx, owed, None).await?)
}

/// Reconciles the day of a claimed job; returns when to try again. The first try adds the
/// job of the next day, so that no day is left out.
pub(in crate::flow) async fn run(app: &App, task: &DueTask) -> Outcome<Option<UtcMs>> {
    let day: Day = match task.reference.parse() {
        Ok(day) => day,
        Err(NotADay) => return Ok(None),
    };
    let (claimed, until) = (task.clone(), app.now().plus(CLAIM_TIME));
    let postpone = async move |tx: &mut Tx<'_>| {
        due_work::reschedule(tx, &claimed, until).await?;
        if claimed.tries == 0 { schedule_day(tx, day.next()).await } else { Ok::<_, Error>(()) }
    };
    app.db.write(postpone).await?;
    let report = reconcile(app, day).await?;
    tracing::info!(%day, open = report.open, resolved = report.resolved, verdict = ?report.verdict(), "reconciled");
    match report.verdict() {
        ReconcileVerdict::Clean | ReconcileVerdict::Differs => Ok(None),
        ReconcileVerdict::NoBill if task.tries >= TRIES_MAX => {
            tracing::error!(%day, "no more retries; run `changgou reconcile --date` once the bill is available");
            Ok(None)
        }
        ReconcileVerdict::NoBill => Ok(Some(app.now().plus(RETRY_PAUSE))),
    }
}
