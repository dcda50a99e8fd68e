//! Our own payments and refunds of the day against the bill. A payment belongs to the day
//! it was paid, no matter when it was settled.

use std::collections::HashSet;

use super::{Book, FoundDifference, PAGE, judge, store_differences};
use crate::domain::id::Id;
use crate::flow::{App, Outcome};
use crate::infra::db::{DbError, Tx};
use crate::infra::gateway::LineKind;
use crate::store::bill::bill_row;
use crate::store::bill::difference::{self, DifferenceKind};
use crate::store::payment::reconcile_read::{self, BookedPayment, BookedRefund, PaymentPageKey};

/// States of refunds that WeChat has accepted.
const ACCEPTED: [&str; 4] = ["processing", "done", "closed", "abnormal"];

/// How many differences of earlier days a bill is searched for.
const EARLIER_MAX: i64 = 1000;

/// How many days later a refund may be in a bill.
const LATE_DAYS: usize = 7;

/// Everything we recorded as paid or refunded on the day must be in the bill.
pub(super) async fn compare(app: &App, book: &mut Book) -> Outcome<()> {
    compare_payments(app, book).await?;
    for state in ACCEPTED {
        compare_refunds(app, book, state).await?;
    }
    resolve_late(app, book, DifferenceKind::PaidOnlyHere, LineKind::Payment).await?;
    resolve_late(app, book, DifferenceKind::RefundOnlyHere, LineKind::Refund).await
}

async fn compare_payments(app: &App, book: &mut Book) -> Outcome<()> {
    let (run, until) = (book.run, book.day.end());
    let mut mark: PaymentPageKey = (book.day.start(), String::new());
    loop {
        let after = mark.clone();
        let read = async move |tx: &mut Tx<'_>| {
            let paid = reconcile_read::list_paid_between(tx, &after, until, PAGE).await?;
            let numbers = paid.iter().map(|paid| paid.out_trade_no.as_str()).collect();
            let there = numbers_in_bill(tx, run, LineKind::Payment, numbers).await?;
            Ok::<_, DbError>((paid, there))
        };
        let (paid, there): (Vec<BookedPayment>, HashSet<String>) = app.db.read(read).await?;
        let Some(last) = paid.last() else { return Ok(()) };
        mark = (last.paid.unwrap_or(until), last.out_trade_no.clone());
        let sums = &mut book.sums;
        sums.ours_came += i64::try_from(paid.len()).unwrap_or(0);
        for one in &paid {
            sums.ours_came_fen = sums.ours_came_fen.plus(one.total_fee).unwrap_or(sums.ours_came_fen);
        }
        let missing = paid.iter().filter(|paid| !there.contains(&paid.out_trade_no));
        let found = missing.map(|paid| FoundDifference::from(judge::paid_only_here(paid))).collect();
        store_differences(app, book, found).await?;
    }
}

async fn compare_refunds(app: &App, book: &mut Book, state: &'static str) -> Outcome<()> {
    let (run, until) = (book.run, book.day.end());
    let mut mark: PaymentPageKey = (book.day.start(), String::new());
    loop {
        let after = mark.clone();
        let read = async move |tx: &mut Tx<'_>| {
            let refunds = reconcile_read::list_refunds_between(tx, state, &after, until, PAGE).await?;
            let numbers = refunds.iter().map(|refund| refund.out_refund_no.as_str()).collect();
            let there = numbers_in_bill(tx, run, LineKind::Refund, numbers).await?;
            Ok::<_, DbError>((refunds, there))
        };
        let (refunds, there): (Vec<BookedRefund>, HashSet<String>) = app.db.read(read).await?;
        let Some(last) = refunds.last() else { return Ok(()) };
        mark = (last.created, last.out_refund_no.clone());
        let missing = refunds.iter().filter(|refund| !there.contains(&refund.out_refund_no));
        let found = missing.map(|refund| FoundDifference::from(judge::refund_only_here(refund))).collect();
        store_differences(app, book, found).await?;
    }
}

async fn numbers_in_bill(
    tx: &mut Tx<'_>,
    run: Id,
    kind: LineKind,
    numbers: Vec<&str>,
) -> Result<HashSet<String>, DbError> {
    let lines = bill_row::find_by_our_numbers(tx, run, kind, &numbers).await?;
    Ok(lines.into_iter().map(|line| line.ours_no).collect())
}

/// Resolves what an earlier bill lacked and this one has: WeChat accepted it after
/// midnight.
async fn resolve_late(app: &App, book: &Book, kind: DifferenceKind, line_kind: LineKind) -> Outcome<()> {
    let (run, day, now) = (book.run, book.day, app.now());
    let since = (0..LATE_DAYS).fold(day, |day, _| day.previous());
    let resolved = async move |tx: &mut Tx<'_>| {
        let open = difference::list_open_before(tx, kind, (since, day), EARLIER_MAX).await?;
        let numbers = open.iter().map(|(_, number)| number.as_str()).collect();
        let there = numbers_in_bill(tx, run, line_kind, numbers).await?;
        for (day, number) in open.iter().filter(|(_, number)| there.contains(number)) {
            difference::resolve(tx, kind, (day, number), now).await?;
        }
        Ok::<_, DbError>(())
    };
    Ok(app.db.write(resolved).await?)
}
