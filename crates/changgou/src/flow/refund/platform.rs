//! Refunds that were made on the merchant platform.

use crate::domain::clock::UtcMs;
use crate::flow::unit_of_work::{OrderEvent, UnitOfWork};
use crate::flow::{App, Error, Outcome};
use crate::infra::db::DbError;
use crate::infra::gateway::RefundFacts;
use crate::store::due_work::{self, DueKind, NewDueWork};
use crate::store::order;
use crate::store::order::history::HistoryKind;
use crate::store::payment::attempt::Attempt;
use crate::store::payment::flag;
use crate::store::payment::refund::{self, Refund, RefundCause, RefundState};
use crate::store::payment::refund_total;

/// Characters the reference column of due work holds.
const REFERENCE_MAX: usize = 50;

/// Adds a refund made on the merchant platform to the shop's own, once.
pub async fn import_platform_refund(
    app: &App,
    attempt: Attempt,
    state: RefundState,
    facts: RefundFacts,
) -> Outcome<()> {
    app.write(async move |work| {
        let order = order::lock(work.tx, &attempt.order_id).await?.ok_or(DbError::NoRow)?;
        if !insert(work, &attempt, state, &facts).await? {
            return Ok(());
        }
        if state == RefundState::Done {
            flag::resolve_if_refunded(work.tx, &attempt.out_trade_no, work.now).await?;
        }
        let detail = Some(format!("{} {} fen platform", facts.out_refund_no, facts.refund_fee.0));
        let kind = event_kind(state);
        let event = OrderEvent { order: &order, kind, actor: "wechat", detail, payment: None };
        Ok::<_, Error>(work.record(event).await?)
    })
    .await
}

fn event_kind(state: RefundState) -> HistoryKind {
    match state {
        RefundState::Done => HistoryKind::Refunded,
        RefundState::Abnormal | RefundState::Refused => HistoryKind::RefundTrouble,
        RefundState::Opened | RefundState::Processing | RefundState::Closed => HistoryKind::RefundOpened,
    }
}

/// Writes the refund; `false` if the shop knows it already.
async fn insert(
    work: &mut UnitOfWork<'_, '_>,
    attempt: &Attempt,
    state: RefundState,
    facts: &RefundFacts,
) -> Result<bool, DbError> {
    if refund::find(work.tx, &facts.out_refund_no).await?.is_some() {
        return Ok(false);
    }
    let (number, fee) = (&attempt.out_trade_no, facts.refund_fee);
    if !refund_total::reserve(work.tx, number, attempt.total_fee, fee).await? {
        // The shop has reserved this money for a refund of its own; WeChat will refuse that one.
        tracing::error!(
            out_trade_no = number,
            fen = fee.0,
            "a refund on the merchant platform exceeds what is left"
        );
    }
    refund::insert(work.tx, &platform_refund(attempt, state, facts, work.now)).await?;
    if state == RefundState::Processing && facts.out_refund_no.len() <= REFERENCE_MAX {
        let reference = facts.out_refund_no.as_str();
        let query = NewDueWork { kind: DueKind::Refund, reference, at: work.now };
        due_work::schedule(work.tx, query, None).await?;
    }
    Ok(true)
}

fn platform_refund(attempt: &Attempt, state: RefundState, facts: &RefundFacts, now: UtcMs) -> Refund {
    Refund {
        out_refund_no: facts.out_refund_no.clone(),
        out_trade_no: attempt.out_trade_no.clone(),
        order_id: attempt.order_id.clone(),
        cause: RefundCause::Platform,
        reason: "商户平台退款".to_owned(),
        refund_fee: facts.refund_fee,
        state,
        request: String::new(),
        sign_type: attempt.sign_type.clone(),
        asked: 1,
        refund_id: Some(facts.refund_id.clone()),
        told: None,
        actor: "wechat".to_owned(),
        request_key: None,
        arrived: facts.arrived,
        created: now,
    }
}
