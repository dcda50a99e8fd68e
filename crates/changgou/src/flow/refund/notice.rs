//! WeChat tells of a refund. What a notice says is not believed: it says what to
//! ask about. A refund the shop does not know was made on the merchant platform.

use super::job::{apply_standing, find};
use crate::domain::clock::UtcMs;
use crate::flow::events::{OrderHappening, tell};
use crate::flow::settle::NoticeReply;
use crate::flow::{App, Error, Outcome};
use crate::infra::db::{DbError, Tx};
use crate::infra::gateway::{RefundFacts, RefundNotice, RefundProgress};
use crate::store::due_work;
use crate::store::order;
use crate::store::order::history::HistoryKind;
use crate::store::payment::attempt::{self, Attempt};
use crate::store::payment::flag;
use crate::store::payment::refund::{self, Refund, RefundCause, RefundState};
use crate::store::payment::refund_total;

/// What the column of due work holds.
const REFERENCE_MAX: usize = 50;

/// Takes a refund notice of API v2 in.
pub async fn notice(app: &App, body: &[u8]) -> Outcome<NoticeReply> {
    match app.gateway.read_refund_notice(body) {
        Ok(about) => told(app, about).await,
        Err(disbelieved) => Ok(NoticeReply::Refused(disbelieved.label)),
    }
}

/// Asks WeChat about a refund it told of, and takes in what it says. Until it
/// has answered, the notice is not acknowledged.
pub async fn told(app: &App, about: RefundNotice) -> Outcome<NoticeReply> {
    let Some(refund) = find(app, &about.out_refund_no).await? else {
        return unknown(app, about).await;
    };
    if refund.out_trade_no != about.out_trade_no {
        return Ok(NoticeReply::Refused("another_trade"));
    }
    if refund.state == RefundState::Done {
        return Ok(NoticeReply::Kept);
    }
    let standing = app.gateway.refund_standing(&refund.out_refund_no, &refund.sign_type).await;
    let is_clear = !matches!(standing, RefundProgress::Unknown(_) | RefundProgress::Missing);
    // One that needed a person may have been paid out on the merchant platform.
    if refund.state.is_under_way() || matches!(standing, RefundProgress::Done(_)) {
        apply_standing(app, &refund, standing).await?;
    }
    Ok(if is_clear { NoticeReply::Kept } else { NoticeReply::Refused("unclear") })
}

async fn unknown(app: &App, about: RefundNotice) -> Outcome<NoticeReply> {
    let number = about.out_trade_no.clone();
    let found = app.db.read(async move |tx| Ok::<_, Error>(attempt::find(tx, &number).await?)).await?;
    let Some(attempt) = found else {
        return Ok(NoticeReply::Refused("unknown_trade"));
    };
    let (state, facts) = match app.gateway.refund_standing(&about.out_refund_no, &attempt.sign_type).await {
        RefundProgress::Done(facts) => (RefundState::Done, facts),
        RefundProgress::Processing(facts) => (RefundState::Processing, facts),
        RefundProgress::Abnormal(facts) => (RefundState::Abnormal, facts),
        // It moved no money, and nobody here wanted it.
        RefundProgress::Closed(_) => return Ok(NoticeReply::Kept),
        RefundProgress::Missing => return Ok(NoticeReply::Refused("unknown_refund")),
        RefundProgress::Unknown(_) => return Ok(NoticeReply::Refused("unclear")),
    };
    if facts.out_trade_no != attempt.out_trade_no {
        return Ok(NoticeReply::Refused("another_trade"));
    }
    take_over(app, attempt, state, facts).await
}

/// A refund made on the merchant platform becomes one of the shop's.
async fn take_over(
    app: &App,
    attempt: Attempt,
    state: RefundState,
    facts: RefundFacts,
) -> Outcome<NoticeReply> {
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
    Ok(NoticeReply::Kept)
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
