//! Our books of a day against WeChat's bills, three ways: what was paid and
//! refunded here, what WeChat's trade bill says of it, and how the merchant's
//! balance changed by it.
//!
//! A bill is believed only when its last line was read and its sums were
//! proven, so its lines are put aside in the database first, a thousand at a
//! time, and compared page by page after that: neither needs more memory for a
//! million lines than for ten, and nothing was done for a bill that turns out
//! to be false. What can be mended without a person (a payment whose notice and
//! queries were lost) is; the rest is listed with what to do.

pub mod daily;
pub mod json;
mod judge;
mod load;
mod mend;
mod money;
mod ours;
mod payments;
mod refunds;
mod report;

use crate::domain::clock::UtcMs;
use crate::domain::day::Day;
use crate::domain::id::Id;
use crate::domain::message::RefundMessage;
use crate::domain::refusal::Refusal;
use crate::flow::{App, Error, Outcome};
use crate::infra::db::Tx;
use crate::store::bill::bill_row;
use crate::store::bill::difference::{self, BillDifference};
use crate::store::bill::reconcile_run::{self, BillName, ReconcileRun, RunState, RunTotals};

pub use report::{ReconcileReport, ReconcileVerdict, report};

/// Lines that are compared together.
const PAGE: i64 = 500;

/// Lines one transaction forgets.
const FORGET: i64 = 5_000;

/// A bill that was read, or that there is none of, and what was counted so far.
struct Book {
    day: Day,
    bill: BillName,
    run: Id,
    /// The run of the trade bill: as long as it has the day, this one has.
    holder: Id,
    state: RunState,
    told: Option<String>,
    started: UtcMs,
    sums: RunTotals,
}

/// Compares a day with WeChat's bills, mends what is safe and lists the rest.
/// The same day again gives the same, and marks what is no longer there.
pub async fn reconcile(app: &App, day: Day) -> Outcome<ReconcileReport> {
    if app.now() < day.ends() {
        return Err(Refusal::new(RefundMessage::DayNotOver { day }).into());
    }
    let asked = app.gateway.trade_bill(day, &app.settings.wechat_sign_type).await;
    let mut trade = load::load(app, load::PendingRun::trade(app, day), asked).await?;
    if trade.state.is_compared() {
        payments::compare(app, &mut trade).await?;
        refunds::compare(app, &mut trade).await?;
        ours::compare(app, &mut trade).await?;
        let asked = app.gateway.fund_flow_bill(day).await;
        let mut flow = load::load(app, load::PendingRun::fund_flow(app, &trade), asked).await?;
        if flow.state.is_compared() {
            money::compare(app, &trade, &mut flow).await?;
        }
        close(app, &flow).await?;
    }
    close(app, &trade).await?;
    report(app, day).await
}

/// What this run did not see any more is resolved, and the lines are forgotten.
async fn close(app: &App, book: &Book) -> Outcome<()> {
    let (day, bill, id, now) = (book.day, book.bill, book.run, app.now());
    let Book { state, told, sums, started, holder, .. } = book;
    let (holder, finished) = (*holder, Some(now));
    let run =
        ReconcileRun { id, state: *state, told: told.clone(), sums: *sums, started: *started, finished };
    let ended = async move |tx: &mut Tx<'_>| {
        holds(tx, day, holder).await?;
        if run.state.is_compared() {
            difference::resolve_unseen(tx, day, bill, run.id, now).await?;
        }
        Ok::<_, Error>(reconcile_run::end(tx, day, bill, &run, now).await?)
    };
    app.db.write(ended).await?;
    forget(app, id).await
}

/// A run that a later one has overtaken does nothing more: its lines may be gone.
async fn holds(tx: &mut Tx<'_>, day: Day, holder: Id) -> Outcome<()> {
    if reconcile_run::holds(tx, day, holder).await? {
        return Ok(());
    }
    Err(Refusal::new(RefundMessage::ReconciliationRunning { day }).retry_after(60).into())
}

async fn forget(app: &App, run: Id) -> Outcome<()> {
    while app.db.write(async move |tx| bill_row::forget(tx, run, FORGET).await).await? > 0 {}
    Ok(())
}

/// Keeps what a page of a bill gave; nothing, if a later run has the day now.
async fn note(app: &App, book: &Book, found: Vec<FoundDifference>) -> Outcome<()> {
    if found.is_empty() {
        return Ok(());
    }
    let (day, holder, run, now) = (book.day, book.holder, book.run, app.now());
    let kinds: Vec<&'static str> = found.iter().map(|found| found.difference.kind.word()).collect();
    let kept = async move |tx: &mut Tx<'_>| {
        holds(tx, day, holder).await?;
        let mut news = Vec::with_capacity(found.len());
        for FoundDifference { difference, mended } in &found {
            let resolved = mended.then_some(now);
            news.push(difference::keep(tx, (day, run), difference, resolved, now).await?);
        }
        Ok::<_, Error>(news)
    };
    let news = app.db.write(kept).await?;
    for (kind, _) in kinds.into_iter().zip(news).filter(|(_, is_new)| *is_new) {
        metrics::counter!(crate::infra::metrics::RECONCILE_DIFFERENCES, "kind" => kind).increment(1);
    }
    Ok(())
}

/// A difference and whether it was mended at once.
struct FoundDifference {
    difference: BillDifference,
    mended: bool,
}

impl From<BillDifference> for FoundDifference {
    fn from(difference: BillDifference) -> FoundDifference {
        FoundDifference { difference, mended: false }
    }
}
