//! Authentic notices are kept, and passed on the first time.

use super::batch_queue::Asked;
use super::{Settled, Source};
use crate::domain::clock::UtcMs;
use crate::domain::id::Id;
use crate::flow::events::{self, Outlet, Passed};
use crate::infra::db::{DbError, Tx};
use crate::infra::gateway::Evidence;
use crate::store::payment::inbox::{self, Arrived};

/// Keeps the notices among what was settled. What came through the broker is not
/// passed on: it would come back for ever; and where the shop has it already it
/// was the shop's own.
pub(super) async fn keep(
    tx: &mut Tx<'_>,
    outlet: &Outlet,
    settled: &[(&Asked, Settled)],
    now: UtcMs,
) -> Result<(), DbError> {
    let notices: Vec<Notice<'_>> =
        settled.iter().filter_map(|(asked, settled)| notice(asked, *settled)).collect();
    let meanings: Vec<String> = notices.iter().map(|notice| meaning(notice.evidence)).collect();
    let arrived = notices.iter().zip(&meanings).map(|(notice, meaning)| notice.arrived(meaning));
    inbox::keep(tx, &arrived.collect::<Vec<_>>(), now).await?;
    let news = notices.iter().filter(|notice| notice.is_passed_on);
    let passed = news.map(|notice| Passed { id: notice.id, notice: notice.body, evidence: notice.evidence });
    events::pass_on(tx, outlet, &passed.collect::<Vec<_>>(), now).await
}

/// A notice that is kept.
struct Notice<'a> {
    id: Id,
    body: &'a str,
    evidence: &'a Evidence,
    settled: Settled,
    is_passed_on: bool,
}

impl<'a> Notice<'a> {
    fn arrived(&self, meaning: &'a str) -> Arrived<'a> {
        let (out_trade_no, outcome) = (&self.evidence.out_trade_no, self.settled.word());
        Arrived { id: self.id, meaning, out_trade_no, body: self.body, outcome }
    }
}

fn notice(asked: &Asked, settled: Settled) -> Option<Notice<'_>> {
    let is_news = !matches!(settled, Settled::Before | Settled::Unknown);
    let (body, is_passed_on) = match &asked.source {
        Source::Notice(body) => (body, is_news),
        Source::Broker(body) if is_news => (body, false),
        Source::Broker(_) | Source::Query => return None,
    };
    Some(Notice { id: asked.notice_id, body, evidence: &asked.evidence, settled, is_passed_on })
}

fn meaning(evidence: &Evidence) -> String {
    inbox::paid(&evidence.out_trade_no, &evidence.transaction_id)
}
