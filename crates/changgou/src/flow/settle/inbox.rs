//! Stores authentic notices in the inbox, and passes new ones on.

use super::outcome::{EvidenceSource, SettleOutcome, SettleRequest};
use crate::domain::id::Id;
use crate::flow::unit_of_work::{ForwardedNotice, UnitOfWork};
use crate::infra::db::DbError;
use crate::infra::gateway::Evidence;
use crate::store::payment::inbox::{self, NewNotice};

/// Stores the notices among what was settled. A result from the broker is not passed
/// on, or it would come back forever; a copy of one is not stored either, because it
/// is the message the shop itself has sent.
pub(super) async fn store(
    work: &mut UnitOfWork<'_, '_>,
    settled: &[(&SettleRequest, SettleOutcome)],
) -> Result<(), DbError> {
    let notices: Vec<StoredNotice<'_>> =
        settled.iter().filter_map(|(request, outcome)| notice(work, request, *outcome)).collect();
    let meanings: Vec<String> = notices.iter().map(|notice| meaning(notice.evidence)).collect();
    let rows = notices.iter().zip(&meanings).map(|(notice, meaning)| notice.row(meaning));
    inbox::store(work.tx, &rows.collect::<Vec<_>>(), work.now).await?;
    let forwarded = notices.iter().filter(|notice| notice.is_forwarded).map(StoredNotice::forwarded);
    work.forward_notices(&forwarded.collect::<Vec<_>>()).await
}

struct StoredNotice<'a> {
    id: Id,
    body: &'a str,
    evidence: &'a Evidence,
    outcome: SettleOutcome,
    is_forwarded: bool,
}

impl<'a> StoredNotice<'a> {
    fn row(&self, meaning: &'a str) -> NewNotice<'a> {
        let (out_trade_no, outcome) = (&self.evidence.out_trade_no, self.outcome.word());
        NewNotice { id: self.id, meaning, out_trade_no, body: self.body, outcome }
    }

    fn forwarded(&self) -> ForwardedNotice<'a> {
        ForwardedNotice { id: self.id, notice: self.body, evidence: self.evidence }
    }
}

fn notice<'a>(
    work: &UnitOfWork<'_, '_>,
    request: &'a SettleRequest,
    outcome: SettleOutcome,
) -> Option<StoredNotice<'a>> {
    let is_new = !matches!(outcome, SettleOutcome::Before | SettleOutcome::Unknown);
    let (body, is_forwarded) = match &request.source {
        EvidenceSource::Notice(body) => (body, is_new),
        EvidenceSource::Broker(body) if is_new => (body, false),
        EvidenceSource::Broker(_) | EvidenceSource::Query => return None,
    };
    Some(StoredNotice { id: work.next_id(), body, evidence: &request.evidence, outcome, is_forwarded })
}

fn meaning(evidence: &Evidence) -> String {
    inbox::payment_meaning(&evidence.out_trade_no, &evidence.transaction_id)
}
