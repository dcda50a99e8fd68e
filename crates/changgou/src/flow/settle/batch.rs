//! Evidence is settled as a set: payments that simply pay, and copies of what
//! is settled, with few statements; whatever else there is, one by one.

use std::collections::{HashMap, HashSet};

use super::batch_queue::{SettleRequest, SettleResult};
use super::judge::judge;
use super::mark_paid::{FittingPayment, pay};
use super::{SettleOutcome, inbox, single};
use crate::domain::id::OrderId;
use crate::flow::events::EventOutlet;
use crate::infra::db::{DbError, Tx};
use crate::store::order::{self, Order};
use crate::store::payment::attempt::{self, Attempt};

/// Settles all of these, and keeps the notices among them.
pub(super) async fn settle(
    tx: &mut Tx<'_>,
    outlet: &EventOutlet,
    asked: &[SettleRequest],
) -> Result<Vec<SettleResult>, DbError> {
    let Some(now) = asked.iter().map(|one| one.at).max() else { return Ok(Vec::new()) };
    let known = read(tx, asked).await?;
    let sorted = sort(&known, asked);
    let mut paying: Vec<FittingPayment<'_>> = sorted.iter().filter_map(Meaning::paying).collect();
    // Neighbours in the tables one after another: the same page is not sought twice.
    paying.sort_unstable_by_key(|one| &one.order.id);
    pay(tx, outlet, &paying, now).await?;
    let mut done = Vec::with_capacity(asked.len());
    for (one, meaning) in asked.iter().zip(&sorted) {
        done.push(match meaning {
            Meaning::Pays(paying) => {
                SettleResult { settled: SettleOutcome::Paid, order: Some(paying.order.id.clone()) }
            }
            Meaning::Nothing(settled) => SettleResult { settled: *settled, order: None },
            Meaning::Else => single::settle(tx, outlet, one, now).await?,
        });
    }
    let settled: Vec<_> = asked.iter().zip(&done).map(|(one, done)| (one, done.settled)).collect();
    inbox::keep(tx, outlet, &settled, now).await?;
    Ok(done)
}

/// What evidence of a set means.
enum Meaning<'a> {
    /// It pays its order, and no other of the set is about it.
    Pays(FittingPayment<'a>),
    /// It changes nothing.
    Nothing(SettleOutcome),
    /// It wants a closer look.
    Else,
}

impl<'a> Meaning<'a> {
    fn paying(&self) -> Option<FittingPayment<'a>> {
        match self {
            Meaning::Pays(paying) => Some(*paying),
            Meaning::Nothing(_) | Meaning::Else => None,
        }
    }
}

/// Where everything stands that a set is about.
struct Known {
    /// By number.
    attempts: HashMap<String, Attempt>,
    orders: HashMap<OrderId, Order>,
    /// The attempts that keep these payments already, by the payment's number.
    bound: HashMap<String, Attempt>,
}

/// Reads all of it, and locks the orders that may change.
async fn read(tx: &mut Tx<'_>, asked: &[SettleRequest]) -> Result<Known, DbError> {
    let numbers = asked.iter().map(|one| one.evidence.out_trade_no.as_str()).collect();
    let attempts = attempt::by_numbers(tx, &numbers).await?;
    let attempts: HashMap<_, _> = attempts.into_iter().map(|one| (one.out_trade_no.clone(), one)).collect();
    let about = |one: &'_ &SettleRequest| attempts.get(&one.evidence.out_trade_no);
    let fresh = asked.iter().filter(|one| about(one).is_some_and(|attempt| !keeps(attempt, one)));
    let payments = fresh.clone().map(|one| one.evidence.transaction_id.as_str()).collect();
    let ids = fresh.filter_map(|one| Some(&about(&one)?.order_id)).collect();
    let orders = order::lock_all(tx, &ids).await?;
    let bound = attempt::by_transactions(tx, &payments).await?;
    Ok(Known {
        bound: bound.into_iter().filter_map(|one| Some((one.transaction_id.clone()?, one))).collect(),
        orders: orders.into_iter().map(|one| (one.id.clone(), one)).collect(),
        attempts,
    })
}

/// Whether the attempt keeps this very payment already: a copy.
fn keeps(attempt: &Attempt, asked: &SettleRequest) -> bool {
    attempt.transaction_id.as_ref() == Some(&asked.evidence.transaction_id)
}

fn sort<'a>(known: &'a Known, asked: &'a [SettleRequest]) -> Vec<Meaning<'a>> {
    let mut taken = HashSet::new();
    asked.iter().map(|one| meaning(known, &mut taken, one)).collect()
}

/// `taken` holds the orders and payments that those before it are about.
fn meaning<'a>(known: &'a Known, taken: &mut HashSet<&'a str>, asked: &'a SettleRequest) -> Meaning<'a> {
    let evidence = &asked.evidence;
    let Some(attempt) = known.attempts.get(&evidence.out_trade_no) else {
        return Meaning::Nothing(SettleOutcome::Unknown);
    };
    if keeps(attempt, asked) {
        return Meaning::Nothing(SettleOutcome::Before);
    }
    let Some(order) = known.orders.get(&attempt.order_id) else { return Meaning::Else };
    let is_first = taken.insert(order.id.as_str()) & taken.insert(evidence.transaction_id.as_str());
    match judge(attempt, known.bound.get(&evidence.transaction_id), order, evidence) {
        SettleOutcome::Before => Meaning::Nothing(SettleOutcome::Before),
        // At most one attempt is live: if it is this one, no other is to be given up.
        SettleOutcome::Paid if is_first && attempt.state.is_live() => {
            Meaning::Pays(FittingPayment { asked, attempt, order })
        }
        SettleOutcome::Paid
        | SettleOutcome::Reopened
        | SettleOutcome::AfterClose
        | SettleOutcome::Twice
        | SettleOutcome::Mismatch
        | SettleOutcome::Unknown => Meaning::Else,
    }
}
