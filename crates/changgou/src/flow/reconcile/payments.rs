//! Payments in the bill against our attempts.

use std::collections::HashMap;

use super::{Book, FoundDifference, PAGE, judge, mend, store_differences};
use crate::flow::{App, Outcome};
use crate::infra::db::{DbError, Tx};
use crate::infra::gateway::LineKind;
use crate::store::bill::bill_row::{self, BillPageKey, BillRow};
use crate::store::bill::difference::DifferenceKind;
use crate::store::payment::reconcile_read::{self, BookedPayment};

/// Each payment in the bill must be one of ours, with the same amount, once.
pub(super) async fn compare(app: &App, book: &mut Book) -> Outcome<()> {
    let (mut mark, mut before) = ((String::new(), -1), None::<BillRow>);
    loop {
        let (lines, ours) = read_page(app, book, mark).await?;
        let Some(last) = lines.last() else { return Ok(()) };
        mark = (last.ours_no.clone(), last.line);
        let mut found = Vec::new();
        for line in &lines {
            let first = before.replace(line.clone()).filter(|before| before.ours_no == line.ours_no);
            let differs = match first {
                Some(first) => vec![judge::repeated_row(&first, line).into()],
                None => judge_line(app, line, ours.get(&line.ours_no)).await?,
            };
            book.sums.agreed += i64::from(differs.is_empty());
            found.extend(differs);
        }
        store_differences(app, book, found).await?;
    }
}

async fn judge_line(
    app: &App,
    line: &BillRow,
    ours: Option<&BookedPayment>,
) -> Outcome<Vec<FoundDifference>> {
    let mut found: Vec<FoundDifference> =
        judge::judge_fee(line).map(FoundDifference::from).into_iter().collect();
    match judge::judge_payment(line, ours) {
        Some(difference) if difference.kind == DifferenceKind::PaidOnlyThere => {
            found.push(mend::settle_lost_payment(app, line, difference).await?);
        }
        Some(difference) => found.push(difference.into()),
        None => {}
    }
    Ok(found)
}

async fn read_page(
    app: &App,
    book: &Book,
    mark: BillPageKey,
) -> Outcome<(Vec<BillRow>, HashMap<String, BookedPayment>)> {
    let run = book.run;
    let read = async move |tx: &mut Tx<'_>| {
        let lines = bill_row::page(tx, run, LineKind::Payment, &mark, PAGE).await?;
        let numbers: Vec<&str> = lines.iter().map(|line| line.ours_no.as_str()).collect();
        let ours = reconcile_read::find_payments(tx, &numbers).await?;
        Ok::<_, DbError>((lines, ours))
    };
    let (lines, ours) = app.db.read(read).await?;
    Ok((lines, ours.into_iter().map(|paid| (paid.out_trade_no.clone(), paid)).collect()))
}
