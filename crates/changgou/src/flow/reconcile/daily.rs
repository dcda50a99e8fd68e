//! The job of every morning: at 10:00 in UTC+8 the day before is compared.

use std::time::Duration;

use super::{ReconcileVerdict, reconcile};
use crate::domain::clock::UtcMs;
use crate::domain::day::{Day, NotADay};
use crate::flow::{App, Error, Outcome};
use crate::infra::db::Tx;
use crate::store::due_work::{self, DueKind, DueTask, NewDueWork};

/// When a bill that is not there yet is asked for again.
const AGAIN: Duration = Duration::from_secs(30 * 60);

/// How long nobody else takes the job up: longer than the longest bill takes.
const HELD: Duration = Duration::from_secs(3600);

/// How often a day is tried: two days long. After that a person has to.
const TRIES_MAX: i64 = 96;

/// Writes the next job down where none is; whichever worker comes first does.
pub async fn owe(app: &App) -> Outcome<()> {
    let now = app.now();
    let yesterday = Day::of(now).before();
    let day = if now < yesterday.bill_from() { yesterday } else { yesterday.after() };
    let put = async move |tx: &mut Tx<'_>| {
        if due_work::any(tx, DueKind::Reconcile).await? {
            return Ok(());
        }
        put(tx, day).await
    };
    app.db.write(put).await
}

async fn put(tx: &mut Tx<'_>, day: Day) -> Outcome<()> {
    let reference = day.to_string();
    let owed = NewDueWork { kind: DueKind::Reconcile, reference: &reference, at: day.bill_from() };
    Ok(due_work::put(tx, owed, None).await?)
}

/// Compares the day of a claimed job; gives when to try again. The first try
/// owes the next day, so no day is left out however long this one takes.
pub(in crate::flow) async fn run(app: &App, task: &DueTask) -> Outcome<Option<UtcMs>> {
    let day: Day = match task.reference.parse() {
        Ok(day) => day,
        Err(NotADay) => return Ok(None),
    };
    let (held, until) = (task.clone(), app.now().plus(HELD));
    let hold = async move |tx: &mut Tx<'_>| {
        due_work::again(tx, &held, until).await?;
        if held.tries == 0 { put(tx, day.after()).await } else { Ok::<_, Error>(()) }
    };
    app.db.write(hold).await?;
    let report = reconcile(app, day).await?;
    tracing::info!(%day, open = report.open, resolved = report.resolved, verdict = ?report.verdict(), "reconciled");
    match report.verdict() {
        ReconcileVerdict::Clean | ReconcileVerdict::Differs => Ok(None),
        ReconcileVerdict::NoBill if task.tries >= TRIES_MAX => {
            tracing::error!(%day, "given up; run `changgou reconcile --date` once the bill can be had");
            Ok(None)
        }
        ReconcileVerdict::NoBill => Ok(Some(app.now().plus(AGAIN))),
    }
}
