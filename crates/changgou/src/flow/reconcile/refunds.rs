//! Refunds in the bill against ours.

use std::collections::HashMap;

use super::{Book, FoundDifference, PAGE, judge, store_differences};
use crate::flow::{App, Outcome};
use crate::infra::db::{DbError, Tx};
use crate::infra::gateway::LineKind;
use crate::store::bill::bill_row::{self, BillPageKey, BillRow};
use crate::store::payment::reconcile_read::{self, BookedRefund};

/// Each refund in the bill must be one of ours, with the same amount and state.
pub(super) async fn compare(app: &App, book: &mut Book) -> Outcome<()> {
    let mut mark = (String::new(), -1);
    loop {
        let (lines, ours) = read_page(app, book, mark).await?;
        let Some(last) = lines.last() else { return Ok(()) };
        mark = (last.ours_no.clone(), last.line);
        let mut found: Vec<FoundDifference> = Vec::new();
        for line in &lines {
            let differs = [judge::judge_refund(line, ours.get(&line.ours_no)), judge::judge_fee(line)];
            book.sums.agreed += i64::from(differs.iter().all(Option::is_none));
            found.extend(differs.into_iter().flatten().map(FoundDifference::from));
        }
        store_differences(app, book, found).await?;
    }
}

async fn read_page(
    app: &App,
    book: &Book,
    mark: BillPageKey,
) -> Outcome<(Vec<BillRow>, HashMap<String, BookedRefund>)> {
    let run = book.run;
    let read = async move |tx: &mut Tx<'_>| {
        let lines = bill_row::page(tx, run, LineKind::Refund, &mark, PAGE).await?;
        let numbers: Vec<&str> = lines.iter().map(|line| line.ours_no.as_str()).collect();
        let ours = reconcile_read::find_refunds(tx, &numbers).await?;
        Ok::<_, DbError>((lines, ours))
    };
    let (lines, ours) = app.db.read(read).await?;
    Ok((lines, ours.into_iter().map(|refund| (refund.out_refund_no.clone(), refund)).collect()))
}
