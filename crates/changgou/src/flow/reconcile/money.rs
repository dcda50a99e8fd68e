//! The trade bill against the fund-flow bill: the balance changed by each payment and
//! refund of the trade bill, and by no others.

use std::collections::{HashMap, HashSet};

use super::{Book, FoundDifference, PAGE, judge, store_differences};
use crate::domain::id::Id;
use crate::flow::{App, Outcome};
use crate::infra::db::{DbError, Tx};
use crate::infra::gateway::LineKind;
use crate::store::bill::bill_row::{self, BillPageKey, BillRow};

/// Kinds of lines in the trade bill, and the balance changes they cause.
const PAIRS: [(LineKind, LineKind); 2] =
    [(LineKind::Payment, LineKind::FlowPay), (LineKind::Refund, LineKind::FlowRefund)];

pub(super) async fn compare(app: &App, trade: &Book, flow: &mut Book) -> Outcome<()> {
    for (traded, flowed) in PAIRS {
        trade_to_flow(app, trade, flow, traded, flowed).await?;
        flow_to_trade(app, trade, flow, traded, flowed).await?;
    }
    Ok(())
}

/// Each line of the trade bill has changed the balance.
async fn trade_to_flow(
    app: &App,
    trade: &Book,
    flow: &mut Book,
    traded: LineKind,
    flowed: LineKind,
) -> Outcome<()> {
    let (run, other) = (trade.run, flow.run);
    let mut mark: BillPageKey = (String::new(), -1);
    loop {
        let after = mark.clone();
        let read = async move |tx: &mut Tx<'_>| {
            let lines = bill_row::page(tx, run, traded, &after, PAGE).await?;
            let numbers = distinct_numbers(&lines);
            let moved = bill_row::find_by_their_numbers(tx, other, flowed, &numbers).await?;
            let fees = bill_row::find_by_their_numbers(tx, other, LineKind::FlowFee, &numbers).await?;
            Ok::<_, DbError>((lines, moved, fees))
        };
        let (lines, moved, fees): (Vec<BillRow>, Vec<BillRow>, Vec<BillRow>) = app.db.read(read).await?;
        let Some(last) = lines.last() else { return Ok(()) };
        mark = (last.ours_no.clone(), last.line);
        let (moved, fees) = (group_by_number(&moved), group_by_number(&fees));
        let mut found = Vec::new();
        for line in &lines {
            let number = line.theirs_no.as_str();
            let moved = moved.get(number).map_or(&[][..], Vec::as_slice);
            let fees = fees.get(number).map_or(&[][..], Vec::as_slice);
            let differs = judge::judge_flow(line, moved, fees);
            flow.sums.agreed += i64::from(differs.is_none());
            found.extend(differs.map(FoundDifference::from));
        }
        store_differences(app, flow, found).await?;
    }
}

/// Each balance change is in the trade bill.
async fn flow_to_trade(
    app: &App,
    trade: &Book,
    flow: &Book,
    traded: LineKind,
    flowed: LineKind,
) -> Outcome<()> {
    let (run, other): (Id, Id) = (flow.run, trade.run);
    let mut mark: BillPageKey = (String::new(), -1);
    loop {
        let after = mark.clone();
        let read = async move |tx: &mut Tx<'_>| {
            let lines = bill_row::page(tx, run, flowed, &after, PAGE).await?;
            let there = bill_row::find_by_their_numbers(tx, other, traded, &distinct_numbers(&lines)).await?;
            Ok::<_, DbError>((lines, there))
        };
        let (lines, there): (Vec<BillRow>, Vec<BillRow>) = app.db.read(read).await?;
        let Some(last) = lines.last() else { return Ok(()) };
        mark = (last.ours_no.clone(), last.line);
        let there: HashSet<&str> = there.iter().map(|line| line.theirs_no.as_str()).collect();
        let unknown = lines.iter().filter(|line| !there.contains(line.theirs_no.as_str()));
        let found = unknown.map(|line| FoundDifference::from(judge::unknown_flow(line))).collect();
        store_differences(app, flow, found).await?;
    }
}

/// WeChat's numbers of these lines, each once.
fn distinct_numbers(lines: &[BillRow]) -> Vec<&str> {
    let numbers: HashSet<&str> = lines.iter().map(|line| line.theirs_no.as_str()).collect();
    let mut numbers: Vec<&str> = numbers.into_iter().collect();
    numbers.sort_unstable();
    numbers
}

fn group_by_number(lines: &[BillRow]) -> HashMap<&str, Vec<&BillRow>> {
    let mut found: HashMap<&str, Vec<&BillRow>> = HashMap::new();
    for line in lines {
        found.entry(line.theirs_no.as_str()).or_default().push(line);
    }
    found
}
