//! Stores the lines of a bill in the database as they arrive.

use super::{Book, check_current, delete_lines};
use crate::domain::day::Day;
use crate::domain::id::Id;
use crate::domain::money::Fen;
use crate::flow::{App, Error, Outcome};
use crate::infra::db::Tx;
use crate::infra::gateway::{Bill, BillLine, BillLines, MoneyDirection};
use crate::store::bill::bill_row;
use crate::store::bill::reconcile_run::{self, BillName, RunState, RunTotals};

pub(super) struct PendingRun(Book);

impl PendingRun {
    /// A run over the trade bill. It takes over the day from an earlier run.
    pub(super) fn trade(app: &App, day: Day) -> PendingRun {
        let id = app.id();
        PendingRun(new_book(app, (day, BillName::Trade), id, id))
    }

    /// A run over the fund-flow bill, after the trade bill.
    pub(super) fn fund_flow(app: &App, trade: &Book) -> PendingRun {
        PendingRun(new_book(app, (trade.day, BillName::FundFlow), app.id(), trade.holder))
    }
}

fn new_book(app: &App, (day, bill): (Day, BillName), run: Id, holder: Id) -> Book {
    let (state, started) = (RunState::Compared, app.now());
    Book { day, bill, run, holder, state, told: None, started, sums: RunTotals::default() }
}

/// Stores a bill's lines and verifies its sums. Of a bill that is invalid or incomplete
/// only the reason is kept.
pub(super) async fn load_bill(app: &App, PendingRun(mut book): PendingRun, asked: Bill) -> Outcome<Book> {
    begin_run(app, &book).await?;
    match asked {
        Bill::Ready(mut lines) => match store_lines(app, &mut book, &mut lines).await? {
            Ok(()) => {}
            Err(why) => mark_failed(app, &mut book, why).await?,
        },
        Bill::Empty => book.state = RunState::Empty,
        Bill::Creating => book.state = RunState::Creating,
        Bill::Unavailable(why) => mark_failed(app, &mut book, why).await?,
    }
    Ok(book)
}

/// Begins a run, and deletes the lines of an earlier run that was interrupted.
async fn begin_run(app: &App, book: &Book) -> Outcome<()> {
    let Book { day, bill, run, holder, started, .. } = *book;
    let begun = async move |tx: &mut Tx<'_>| {
        if holder != run {
            check_current(tx, day, holder).await?;
        }
        Ok::<_, Error>(reconcile_run::begin(tx, day, bill, run, started).await?)
    };
    match app.db.write(begun).await? {
        Some(earlier) => delete_lines(app, earlier).await,
        None => Ok(()),
    }
}

async fn mark_failed(app: &App, book: &mut Book, why: String) -> Outcome<()> {
    tracing::error!(day = %book.day, bill = book.bill.word(), why, "a bill cannot be used");
    metrics::counter!(crate::infra::metrics::RECONCILE_BAD_BILLS, "bill" => book.bill.word()).increment(1);
    book.state = RunState::Failed;
    book.told = Some(why);
    book.sums = RunTotals::default();
    delete_lines(app, book.run).await
}

async fn store_lines(app: &App, book: &mut Book, lines: &mut BillLines) -> Outcome<Result<(), String>> {
    loop {
        let batch = match lines.next_lines().await {
            Ok(batch) if batch.is_empty() => return Ok(Ok(())),
            Ok(batch) => batch,
            Err(bad) => return Ok(Err(bad.to_string())),
        };
        let Some(sums) = add_lines(book.sums, &batch) else {
            return Ok(Err("the amounts are too large".to_owned()));
        };
        let (day, holder, id, first) = (book.day, book.holder, book.run, book.sums.rows);
        let put = async move |tx: &mut Tx<'_>| {
            check_current(tx, day, holder).await?;
            Ok::<_, Error>(bill_row::insert_many(tx, id, first, &batch).await?)
        };
        app.db.write(put).await?;
        book.sums = sums;
    }
}

/// The sums with these lines added; `None` on overflow.
fn add_lines(mut sums: RunTotals, lines: &[BillLine]) -> Option<RunTotals> {
    for BillLine { way, amount, fee, .. } in lines {
        sums.rows += 1;
        let (count, sum): (&mut i64, &mut Fen) = match way {
            MoneyDirection::Came => (&mut sums.came, &mut sums.came_fen),
            MoneyDirection::Went => (&mut sums.went, &mut sums.went_fen),
        };
        *count += 1;
        *sum = sum.plus(*amount)?;
        sums.fee = sums.fee.checked_add(*fee)?;
    }
    Some(sums)
}
