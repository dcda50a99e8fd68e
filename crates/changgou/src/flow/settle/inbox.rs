//! Authentic notices are kept, and passed on the first time.

use super::batch_queue::SettleRequest;
use super::{EvidenceSource, SettleOutcome};
use crate::domain::clock::UtcMs;
use crate::domain::id::Id;
use crate::flow::events::{self, EventOutlet, ForwardedNotice};
use crate::infra::db::{DbError, Tx};
use crate::infra::gateway::Evidence;
use crate::store::payment::inbox::{self, NewNotice};

/// Keeps the notices among what was settled. What came through the broker is not
/// passed on: it would come back for ever; and where the shop has it already it
/// was the shop's own.
pub(super) async fn keep(
    tx: &mut Tx<'_>,
    outlet: &EventOutlet,
    settled: &[(&SettleRequest, SettleOutcome)],
    now: UtcMs,
) -> Result<(), DbError> {
    let notices: Vec<StoredNotice<'_>> =
        settled.iter().filter_map(|(asked, settled)| notice(asked, *settled)).collect();
    let meanings: Vec<String> = notices.iter().map(|notice| meaning(notice.evidence)).collect();
    let arrived = notices.iter().zip(&meanings).map(|(notice, meaning)| notice.arrived(meaning));
    inbox::keep(tx, &arrived.collect::<Vec<_>>(), now).await?;
    let news = notices.iter().filter(|notice| notice.is_passed_on);
    let passed =
        news.map(|notice| ForwardedNotice { id: notice.id, notice: notice.body, evidence: notice.evidence });
    events::pass_on(tx, outlet, &passed.collect::<Vec<_>>(), now).await
}

/// A notice that is kept.
struct StoredNotice<'a> {
    id: Id,
    body: &'a str,
    evidence: &'a Evidence,
    settled: SettleOutcome,
    is_passed_on: bool,
}

impl<'a> StoredNotice<'a> {
    fn arrived(&self, meaning: &'a str) -> NewNotice<'a> {
        let (out_trade_no, outcome) = (&self.evidence.out_trade_no, self.settled.word());
        NewNotice { id: self.id, meaning, out_trade_no, body: self.body, outcome }
    }
}

fn notice(asked: &SettleRequest, settled: SettleOutcome) -> Option<StoredNotice<'_>> {
    let is_news = !matches!(settled, SettleOutcome::Before | SettleOutcome::Unknown);
    let (body, is_passed_on) = match &asked.source {
        EvidenceSource::Notice(body) => (body, is_news),
        EvidenceSource::Broker(body) if is_news => (body, false),
        EvidenceSource::Broker(_) | EvidenceSource::Query => return None,
    };
    Some(StoredNotice { id: asked.notice_id, body, evidence: &asked.evidence, settled, is_passed_on })
}

fn meaning(evidence: &Evidence) -> String {
    inbox::paid(&evidence.out_trade_no, &evidence.transaction_id)
}
