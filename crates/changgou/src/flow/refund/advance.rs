//! Moves a refund from one state to the next.

use crate::flow::unit_of_work::OrderEvent;
use crate::flow::{App, Error, Outcome};
use crate::infra::db::DbError;
use crate::infra::gateway::RefundFacts;
use crate::store::due_work::{self, DueKind};
use crate::store::order;
use crate::store::order::history::HistoryKind;
use crate::store::payment::flag;
use crate::store::payment::refund::{self, Refund, RefundMove, RefundState};

pub async fn find_refund(app: &App, number: &str) -> Outcome<Option<Refund>> {
    let number = number.to_owned();
    app.db.read(async move |tx| Ok(refund::find(tx, &number).await?)).await
}

/// Stores why a refund made no progress.
pub(super) async fn store_reason(app: &App, refund: &Refund, why: &str) -> Outcome<()> {
    tracing::warn!(out_refund_no = refund.out_refund_no, why, "WeChat did not accept or confirm a refund");
    let (number, why) = (refund.out_refund_no.clone(), why.to_owned());
    app.write(async move |work| Ok(refund::store_message(work.tx, &number, &why).await?)).await
}

/// WeChat has accepted the refund.
pub(super) async fn mark_processing(app: &App, refund: &Refund, refund_id: &str) -> Outcome<()> {
    let (refund, refund_id) = (refund.clone(), refund_id.to_owned());
    app.write(async move |work| {
        let (state, refund_id) = (RefundState::Processing, Some(refund_id.as_str()));
        let to = RefundMove { state, refund_id, told: None, arrived: None };
        refund::change_state(work.tx, &refund, &to).await?;
        Ok(())
    })
    .await
}

/// The money has arrived.
pub(super) async fn mark_done(app: &App, refund: &Refund, facts: &RefundFacts) -> Outcome<()> {
    let to = RefundMove {
        state: RefundState::Done,
        refund_id: Some(&facts.refund_id),
        told: None,
        arrived: Some(facts.arrived.unwrap_or_else(|| app.now())),
    };
    change_state(app, refund, to, HistoryKind::Refunded, "wechat").await
}

/// The refund stops until an operator has looked at it.
pub(super) async fn mark_failed(app: &App, refund: &Refund, state: RefundState, why: &str) -> Outcome<()> {
    tracing::error!(out_refund_no = refund.out_refund_no, why, "a refund needs an operator");
    metrics::counter!(crate::infra::metrics::REFUND_TROUBLES, "state" => state.word()).increment(1);
    let to = RefundMove { state, refund_id: None, told: Some(why), arrived: None };
    change_state(app, refund, to, HistoryKind::RefundTrouble, "wechat").await
}

/// Moves a refund to a final state, and records the event once.
pub(super) async fn change_state(
    app: &App,
    refund: &Refund,
    to: RefundMove<'_>,
    kind: HistoryKind,
    actor: &str,
) -> Outcome<()> {
    let (refund, actor) = (refund.clone(), actor.to_owned());
    let (state, arrived) = (to.state, to.arrived);
    let (refund_id, told) = (to.refund_id.map(str::to_owned), to.told.map(str::to_owned));
    app.write(async move |work| {
        let order = order::lock(work.tx, &refund.order_id).await?.ok_or(DbError::NoRow)?;
        let to = RefundMove { state, refund_id: refund_id.as_deref(), told: told.as_deref(), arrived };
        if !refund::change_state(work.tx, &refund, &to).await? {
            return Ok(());
        }
        if state == RefundState::Done {
            flag::resolve_if_refunded(work.tx, &refund.out_trade_no, work.now).await?;
        }
        due_work::delete(work.tx, DueKind::Refund, &refund.out_refund_no).await?;
        let words = told.as_deref().map_or(String::new(), |told| format!(" {told}"));
        let detail = Some(format!("{} {} fen{words}", refund.out_refund_no, refund.refund_fee.0));
        let event = OrderEvent { order: &order, kind, actor: &actor, detail, payment: None };
        Ok::<_, Error>(work.record(event).await?)
    })
    .await
}
