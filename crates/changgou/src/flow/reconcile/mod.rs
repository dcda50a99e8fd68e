//! Compares the shop's records of a day with WeChat's bills: what was paid and refunded
//! here, what the trade bill says, and how the merchant's balance changed.
//!
//! A bill can be trusted only once its last line is read and its sums are verified. So its
//! lines are stored in the database first, a thousand at a time, and compared page by page
//! afterwards: memory does not grow with the bill, and an invalid bill changes nothing.
//! A payment whose notice and queries were lost is settled; other differences are listed
//! with what to do.

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

pub use report::{ReconcileReport, ReconcileVerdict, load_report};

/// Lines that are compared at once.
const PAGE: i64 = 500;

/// Lines one transaction deletes.
const DELETE_CHUNK: i64 = 5_000;

/// A run over one bill, and its sums so far.
struct Book {
    day: Day,
    bill: BillName,
    run: Id,
    /// The run of the trade bill, which holds the day for both bills.
    holder: Id,
    state: RunState,
    told: Option<String>,
    started: UtcMs,
    sums: RunTotals,
}

/// Compares a day with WeChat's bills, settles lost payments and lists the other
/// differences. It can be repeated: differences that are gone are marked as resolved.
pub async fn reconcile(app: &App, day: Day) -> Outcome<ReconcileReport> {
    if app.now() < day.end() {
        return Err(Refusal::new(RefundMessage::DayNotOver { day }).into());
    }
    let asked = app.gateway.trade_bill(day, &app.settings.wechat_sign_type).await;
    let mut trade = load::load_bill(app, load::PendingRun::trade(app, day), asked).await?;
    if trade.state.is_compared() {
        payments::compare(app, &mut trade).await?;
        refunds::compare(app, &mut trade).await?;
        ours::compare(app, &mut trade).await?;
        let asked = app.gateway.fund_flow_bill(day).await;
        let mut flow = load::load_bill(app, load::PendingRun::fund_flow(app, &trade), asked).await?;
        if flow.state.is_compared() {
            money::compare(app, &trade, &mut flow).await?;
        }
        finish_run(app, &flow).await?;
    }
    finish_run(app, &trade).await?;
    load_report(app, day).await
}

/// Resolves differences that this run did not find again, and deletes the stored lines.
async fn finish_run(app: &App, book: &Book) -> Outcome<()> {
    let (day, bill, id, now) = (book.day, book.bill, book.run, app.now());
    let Book { state, told, sums, started, holder, .. } = book;
    let (holder, finished) = (*holder, Some(now));
    let run =
        ReconcileRun { id, state: *state, told: told.clone(), sums: *sums, started: *started, finished };
    let ended = async move |tx: &mut Tx<'_>| {
        check_current(tx, day, holder).await?;
        if run.state.is_compared() {
            difference::resolve_gone(tx, day, bill, run.id, now).await?;
        }
        Ok::<_, Error>(reconcile_run::end(tx, day, bill, &run, now).await?)
    };
    app.db.write(ended).await?;
    delete_lines(app, id).await
}

/// Refuses if a later run has taken over the day: the lines may be deleted.
async fn check_current(tx: &mut Tx<'_>, day: Day, holder: Id) -> Outcome<()> {
    if reconcile_run::is_current(tx, day, holder).await? {
        return Ok(());
    }
    Err(Refusal::new(RefundMessage::ReconciliationRunning { day }).retry_after(60).into())
}

async fn delete_lines(app: &App, run: Id) -> Outcome<()> {
    while app.db.write(async move |tx| bill_row::delete_batch(tx, run, DELETE_CHUNK).await).await? > 0 {}
    Ok(())
}

/// Stores the differences of a page, unless a later run has taken over the day.
async fn store_differences(app: &App, book: &Book, found: Vec<FoundDifference>) -> Outcome<()> {
    if found.is_empty() {
        return Ok(());
    }
    let (day, holder, run, now) = (book.day, book.holder, book.run, app.now());
    let kinds: Vec<&'static str> = found.iter().map(|found| found.difference.kind.word()).collect();
    let kept = async move |tx: &mut Tx<'_>| {
        check_current(tx, day, holder).await?;
        let mut news = Vec::with_capacity(found.len());
        for FoundDifference { difference, mended } in &found {
            let resolved = mended.then_some(now);
            news.push(difference::store(tx, (day, run), difference, resolved, now).await?);
        }
        Ok::<_, Error>(news)
    };
    let news = app.db.write(kept).await?;
    for (kind, _) in kinds.into_iter().zip(news).filter(|(_, is_new)| *is_new) {
        metrics::counter!(crate::infra::metrics::RECONCILE_DIFFERENCES, "kind" => kind).increment(1);
    }
    Ok(())
}

/// A difference, and whether it was settled at once.
struct FoundDifference {
    difference: BillDifference,
    mended: bool,
}

impl From<BillDifference> for FoundDifference {
    fn from(difference: BillDifference) -> FoundDifference {
        FoundDifference { difference, mended: false }
    }
}
