//! Settles evidence in batches: payments that fit, and copies of what is settled,
//! with few statements; everything else one by one.

use std::collections::{HashMap, HashSet};

use super::judge::judge;
use super::mark_paid::{FittingPayment, mark_paid};
use super::outcome::{SettleOutcome, SettleRequest};
use super::{inbox, single};
use crate::domain::id::OrderId;
use crate::flow::unit_of_work::UnitOfWork;
use crate::infra::db::{DbError, Tx};
use crate::store::order::{self, Order};
use crate::store::payment::attempt::{self, Attempt};

/// Settles all requests, and stores the notices among them in the inbox.
pub(super) async fn settle(
    work: &mut UnitOfWork<'_, '_>,
    requests: &[SettleRequest],
) -> Result<Vec<SettleOutcome>, DbError> {
    let records = load(work.tx, requests).await?;
    let meanings = classify(&records, requests);
    let mut fitting: Vec<FittingPayment<'_>> = meanings.iter().filter_map(Meaning::fitting).collect();
    // Neighbouring rows one after another, so that each page is read once.
    fitting.sort_unstable_by_key(|payment| &payment.order.id);
    mark_paid(work, &fitting).await?;
    let mut outcomes = Vec::with_capacity(requests.len());
    for (request, meaning) in requests.iter().zip(&meanings) {
        outcomes.push(match meaning {
            Meaning::Fits(_) => SettleOutcome::Paid,
            Meaning::ChangesNothing(outcome) => *outcome,
            Meaning::NeedsCloserLook => single::settle(work, request).await?,
        });
    }
    let settled: Vec<_> = requests.iter().zip(outcomes.iter().copied()).collect();
    inbox::store(work, &settled).await?;
    Ok(outcomes)
}

/// What evidence in a batch means.
enum Meaning<'a> {
    /// It pays its order, and no earlier evidence in the batch is about that order.
    Fits(FittingPayment<'a>),
    ChangesNothing(SettleOutcome),
    NeedsCloserLook,
}

impl<'a> Meaning<'a> {
    fn fitting(&self) -> Option<FittingPayment<'a>> {
        match self {
            Meaning::Fits(payment) => Some(*payment),
            Meaning::ChangesNothing(_) | Meaning::NeedsCloserLook => None,
        }
    }
}

/// The rows a batch is about.
struct Records {
    /// By `out_trade_no`.
    attempts: HashMap<String, Attempt>,
    orders: HashMap<OrderId, Order>,
    /// Attempts that already have one of these payments, by `transaction_id`.
    bound: HashMap<String, Attempt>,
}

/// Reads the rows, and locks the orders that may change.
async fn load(tx: &mut Tx<'_>, requests: &[SettleRequest]) -> Result<Records, DbError> {
    let numbers = requests.iter().map(|request| request.evidence.out_trade_no.as_str()).collect();
    let attempts = attempt::find_by_numbers(tx, &numbers).await?;
    let attempts: HashMap<_, _> = attempts.into_iter().map(|one| (one.out_trade_no.clone(), one)).collect();
    let attempt_of = |request: &'_ &SettleRequest| attempts.get(&request.evidence.out_trade_no);
    let is_new = |request: &&SettleRequest| attempt_of(request).is_some_and(|one| !is_copy(one, request));
    let new = requests.iter().filter(is_new);
    let payments = new.clone().map(|request| request.evidence.transaction_id.as_str()).collect();
    let order_ids = new.filter_map(|request| Some(&attempt_of(&request)?.order_id)).collect();
    let orders = order::lock_many(tx, &order_ids).await?;
    let bound = attempt::find_by_transactions(tx, &payments).await?;
    Ok(Records {
        bound: bound.into_iter().filter_map(|one| Some((one.transaction_id.clone()?, one))).collect(),
        orders: orders.into_iter().map(|order| (order.id.clone(), order)).collect(),
        attempts,
    })
}

/// Whether the attempt already has this very payment.
fn is_copy(attempt: &Attempt, request: &SettleRequest) -> bool {
    attempt.transaction_id.as_ref() == Some(&request.evidence.transaction_id)
}

fn classify<'a>(records: &'a Records, requests: &'a [SettleRequest]) -> Vec<Meaning<'a>> {
    let mut taken = HashSet::new();
    requests.iter().map(|request| meaning(records, &mut taken, request)).collect()
}

/// `taken` holds the orders and payments of the evidence before this.
fn meaning<'a>(
    records: &'a Records,
    taken: &mut HashSet<&'a str>,
    request: &'a SettleRequest,
) -> Meaning<'a> {
    let evidence = &request.evidence;
    let Some(attempt) = records.attempts.get(&evidence.out_trade_no) else {
        return Meaning::ChangesNothing(SettleOutcome::Unknown);
    };
    if is_copy(attempt, request) {
        return Meaning::ChangesNothing(SettleOutcome::Before);
    }
    let Some(order) = records.orders.get(&attempt.order_id) else { return Meaning::NeedsCloserLook };
    let is_first = taken.insert(order.id.as_str()) & taken.insert(evidence.transaction_id.as_str());
    match judge(attempt, records.bound.get(&evidence.transaction_id), order, evidence) {
        SettleOutcome::Before => Meaning::ChangesNothing(SettleOutcome::Before),
        // At most one attempt of an order is live. If it is this one, no other has to be withdrawn.
        SettleOutcome::Paid if is_first && attempt.state.is_live() => {
            Meaning::Fits(FittingPayment { evidence, attempt, order })
        }
        SettleOutcome::Paid
        | SettleOutcome::Reopened
        | SettleOutcome::AfterClose
        | SettleOutcome::Twice
        | SettleOutcome::Mismatch
        | SettleOutcome::Unknown => Meaning::NeedsCloserLook,
    }
}
