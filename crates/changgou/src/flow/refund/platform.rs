//! Refunds that were made on the merchant platform.

use crate::domain::clock::UtcMs;
use crate::flow::events::{OrderHappening, tell};
use crate::flow::{App, Error, Outcome};
use crate::infra::db::{DbError, Tx};
use crate::infra::gateway::{RefundFacts};
use crate::store::due_work;
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
    let (event, outlet, now) = (app.id(), app.outlet.clone(), app.now());
    let order_id = attempt.order_id.clone();
    app.db
        .write(async move |tx| {
            let order = order::lock(tx, &attempt.order_id).await?.ok_or(DbError::NoRow)?;
            if !written(tx, &attempt, state, &facts, now).await? {
                return Ok(());
            }
            if state == RefundState::Done {
                flag::resolve(tx, &attempt.out_trade_no, now).await?;
            }
            let detail = Some(format!("{} {} fen platform", facts.out_refund_no, facts.refund_fee.0));
            let kind = match state {
                RefundState::Done => HistoryKind::Refunded,
                RefundState::Abnormal | RefundState::Refused => HistoryKind::RefundTrouble,
                RefundState::Opened | RefundState::Processing | RefundState::Closed => {
                    HistoryKind::RefundOpened
                }
            };
            let told =
                OrderHappening { id: event, order: &order, kind, actor: "wechat", detail, payment: None };
            Ok::<_, Error>(tell(tx, &outlet, &[told], now).await?)
        })
        .await?;
    app.outlet.wake();
    app.changed(&order_id);
    Ok(())
}

async fn written(
    tx: &mut Tx<'_>,
    attempt: &Attempt,
    state: RefundState,
    facts: &RefundFacts,
    now: UtcMs,
) -> Result<bool, DbError> {
    if refund::find(tx, &facts.out_refund_no).await?.is_some() {
        return Ok(false);
    }
    let (number, fee) = (&attempt.out_trade_no, facts.refund_fee);
    if !refund_total::reserve(tx, number, attempt.total_fee, fee).await? {
        // The shop has set money aside that went back by hand meanwhile: its own refund will be refused.
        tracing::error!(out_trade_no = number, fen = fee.0, "more goes back than is free");
    }
    refund::insert(tx, &platform_made(attempt, state, facts, now)).await?;
    if state == RefundState::Processing && facts.out_refund_no.len() <= REFERENCE_MAX {
        let reference = facts.out_refund_no.as_str();
        due_work::put(tx, due_work::NewDueWork { kind: due_work::DueKind::Refund, reference, at: now }, None)
            .await?;
    }
    Ok(true)
}

fn platform_made(attempt: &Attempt, state: RefundState, facts: &RefundFacts, now: UtcMs) -> Refund {
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
