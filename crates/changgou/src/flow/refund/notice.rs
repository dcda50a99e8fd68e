//! WeChat tells of a refund. What a notice says is not believed: it says what to
//! ask about. A refund the shop does not know was made on the merchant platform.

use super::job::{apply_standing, find};
use crate::domain::clock::UtcMs;
use crate::flow::events::{Told, tell};
use crate::flow::settle::Reply;
use crate::flow::{App, Error, Outcome};
use crate::infra::db::{DbError, Tx};
use crate::infra::gateway::{RefundFacts, RefundStanding, RefundTold};
use crate::store::due_work;
use crate::store::order;
use crate::store::order::history::Kind;
use crate::store::payment::attempt::{self, Attempt};
use crate::store::payment::flag;
use crate::store::payment::refund::{self, Cause, Refund, State};
use crate::store::payment::refund_total;

/// What the column of due work holds.
const REFERENCE_MAX: usize = 50;

/// Takes a refund notice of API v2 in.
pub async fn notice(app: &App, body: &[u8]) -> Outcome<Reply> {
    match app.gateway.read_refund_notice(body) {
        Ok(about) => told(app, about).await,
        Err(disbelieved) => Ok(Reply::Refused(disbelieved.label)),
    }
}

/// Asks WeChat about a refund it told of, and takes in what it says. Until it
/// has answered, the notice is not acknowledged.
pub async fn told(app: &App, about: RefundTold) -> Outcome<Reply> {
    let Some(refund) = find(app, &about.out_refund_no).await? else {
        return unknown(app, about).await;
    };
    if refund.out_trade_no != about.out_trade_no {
        return Ok(Reply::Refused("another_trade"));
    }
    if refund.state == State::Done {
        return Ok(Reply::Kept);
    }
    let standing = app.gateway.refund_standing(&refund.out_refund_no, &refund.sign_type).await;
    let is_clear = !matches!(standing, RefundStanding::Unknown(_) | RefundStanding::Missing);
    // One that needed a person may have been paid out on the merchant platform.
    if refund.state.is_under_way() || matches!(standing, RefundStanding::Done(_)) {
        apply_standing(app, &refund, standing).await?;
    }
    Ok(if is_clear { Reply::Kept } else { Reply::Refused("unclear") })
}

async fn unknown(app: &App, about: RefundTold) -> Outcome<Reply> {
    let number = about.out_trade_no.clone();
    let found = app.db.read(async move |tx| Ok::<_, Error>(attempt::find(tx, &number).await?)).await?;
    let Some(attempt) = found else {
        return Ok(Reply::Refused("unknown_trade"));
    };
    let (state, facts) = match app.gateway.refund_standing(&about.out_refund_no, &attempt.sign_type).await {
        RefundStanding::Done(facts) => (State::Done, facts),
        RefundStanding::Processing(facts) => (State::Processing, facts),
        RefundStanding::Abnormal(facts) => (State::Abnormal, facts),
        // It moved no money, and nobody here wanted it.
        RefundStanding::Closed(_) => return Ok(Reply::Kept),
        RefundStanding::Missing => return Ok(Reply::Refused("unknown_refund")),
        RefundStanding::Unknown(_) => return Ok(Reply::Refused("unclear")),
    };
    if facts.out_trade_no != attempt.out_trade_no {
        return Ok(Reply::Refused("another_trade"));
    }
    take_over(app, attempt, state, facts).await
}

/// A refund made on the merchant platform becomes one of the shop's.
async fn take_over(app: &App, attempt: Attempt, state: State, facts: RefundFacts) -> Outcome<Reply> {
    let (event, outlet, now) = (app.id(), app.outlet.clone(), app.now());
    let order_id = attempt.order_id.clone();
    app.db
        .write(async move |tx| {
            let order = order::lock(tx, &attempt.order_id).await?.ok_or(DbError::NoRow)?;
            if !written(tx, &attempt, state, &facts, now).await? {
                return Ok(());
            }
            if state == State::Done {
                flag::resolve(tx, &attempt.out_trade_no, now).await?;
            }
            let detail = Some(format!("{} {} fen platform", facts.out_refund_no, facts.refund_fee.0));
            let kind = match state {
                State::Done => Kind::Refunded,
                State::Abnormal | State::Refused => Kind::RefundTrouble,
                State::Opened | State::Processing | State::Closed => Kind::RefundOpened,
            };
            let told = Told { id: event, order: &order, kind, actor: "wechat", detail, payment: None };
            Ok::<_, Error>(tell(tx, &outlet, &[told], now).await?)
        })
        .await?;
    app.outlet.wake();
    app.changed(&order_id);
    Ok(Reply::Kept)
}

async fn written(
    tx: &mut Tx<'_>,
    attempt: &Attempt,
    state: State,
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
    if state == State::Processing && facts.out_refund_no.len() <= REFERENCE_MAX {
        let reference = facts.out_refund_no.as_str();
        due_work::put(tx, due_work::Owed { kind: due_work::Kind::Refund, reference, at: now }, None).await?;
    }
    Ok(true)
}

fn platform_made(attempt: &Attempt, state: State, facts: &RefundFacts, now: UtcMs) -> Refund {
    Refund {
        out_refund_no: facts.out_refund_no.clone(),
        out_trade_no: attempt.out_trade_no.clone(),
        order_id: attempt.order_id.clone(),
        cause: Cause::Platform,
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
