//! The worker's part: asks WeChat for a refund with the bytes that were written
//! down, and asks where it stands until it has come to its end.

use std::time::Duration;

use super::retry::anew;
use crate::domain::clock::UtcMs;
use crate::flow::events::{OrderHappening, tell};
use crate::flow::{App, Error, Outcome};
use crate::infra::db::{DbError, Tx};
use crate::infra::gateway::{RefundCall, RefundCallRequest, RefundFacts, RefundProgress, protocol_of};
use crate::infra::settings::Protocol;
use crate::store::due_work;
use crate::store::order;
use crate::store::order::history::HistoryKind;
use crate::store::payment::refund::{self, Refund, RefundMove, RefundState};
use crate::store::payment::{attempt, flag, refund_total};

/// When WeChat is asked where a refund stands, counted from the last time.
const ASK_AFTER_S: [u64; 8] = [10, 60, 60, 60, 300, 600, 1200, 1800];

/// When a refund is asked for again that WeChat would not take on now.
const LATER: Duration = Duration::from_secs(600);

/// Does what is due about a refund; gives when to go on.
pub async fn run_job(app: &App, number: &str, tries: i64) -> Outcome<Option<UtcMs>> {
    let Some(refund) = find(app, number).await?.filter(|refund| refund.state.is_under_way()) else {
        return Ok(None);
    };
    // What was asked for before may have been taken on: that is looked at first.
    if refund.state == RefundState::Processing || refund.asked > 0 {
        let standing = app.gateway.refund_standing(&refund.out_refund_no, &refund.sign_type).await;
        if !matches!((&standing, refund.state), (RefundProgress::Missing, RefundState::Opened)) {
            return Ok(apply_standing(app, &refund, standing).await?.then(|| later(app, tries)));
        }
    }
    ask(app, refund, tries).await
}

pub async fn find(app: &App, number: &str) -> Outcome<Option<Refund>> {
    let number = number.to_owned();
    app.db.read(async move |tx| Ok(refund::find(tx, &number).await?)).await
}

fn later(app: &App, tries: i64) -> UtcMs {
    let step = usize::try_from(tries).unwrap_or(usize::MAX).min(ASK_AFTER_S.len() - 1);
    app.now().plus(Duration::from_secs(ASK_AFTER_S[step]))
}

async fn ask(app: &App, refund: Refund, tries: i64) -> Outcome<Option<UtcMs>> {
    let request = match refund.request.as_str() {
        "" => request(app, &refund).await?,
        written => written.to_owned(),
    };
    let (number, bytes) = (refund.out_refund_no.clone(), request.clone());
    let noted = async move |tx: &mut Tx<'_>| Ok::<_, Error>(refund::note_asking(tx, &number, &bytes).await?);
    if !app.db.write(noted).await? {
        return Ok(Some(app.now()));
    }
    match app.gateway.refund(&request, &refund.sign_type).await {
        RefundCall::Accepted { refund_id } => {
            accepted(app, &refund, &refund_id).await?;
            Ok(Some(later(app, 0)))
        }
        RefundCall::Unknown(why) => {
            note(app, &refund, &why).await?;
            Ok(Some(later(app, tries)))
        }
        RefundCall::Later(why) => {
            note(app, &refund, &why).await?;
            Ok(Some(app.now().plus(LATER)))
        }
        RefundCall::Stale(why) => {
            forget_request(app, &refund, &why).await?;
            Ok(Some(app.now()))
        }
        RefundCall::Refused(why) => {
            stop(app, &refund, RefundState::Refused, &why).await?;
            Ok(None)
        }
    }
}

/// The bytes to ask with. They are the same each time once they are written down.
async fn request(app: &App, refund: &Refund) -> Outcome<String> {
    let number = refund.out_trade_no.clone();
    let paid = app
        .db
        .read(async move |tx| {
            let attempt = attempt::find(tx, &number).await?.ok_or(DbError::NoRow)?;
            Ok::<_, Error>(refund_total::of(tx, &number, attempt.total_fee).await?.paid_fee)
        })
        .await?;
    let ask = RefundCallRequest {
        out_trade_no: &refund.out_trade_no,
        out_refund_no: &refund.out_refund_no,
        total_fee: paid,
        refund_fee: refund.refund_fee,
        reason: &refund.reason,
        notify_url: notice_url(app, &refund.sign_type),
        sign_type: &refund.sign_type,
    };
    let request = app.gateway.refund_request(&ask);
    request.map_err(|error| Error::Db(DbError::Engine(error.to_string())))
}

/// Where WeChat tells of refunds by this signature's API; v3 has one address for all.
fn notice_url<'a>(app: &'a App, sign_type: &str) -> &'a str {
    match protocol_of(sign_type) {
        Protocol::V2 => &app.settings.wechat_refund_notify_url,
        Protocol::V3 => &app.settings.wechat_v3_notify_url,
    }
}

async fn note(app: &App, refund: &Refund, why: &str) -> Outcome<()> {
    tracing::warn!(out_refund_no = refund.out_refund_no, why, "WeChat did not take a refund on");
    let (number, why) = (refund.out_refund_no.clone(), why.to_owned());
    app.db.write(async move |tx| Ok(refund::note_words(tx, &number, &why).await?)).await
}

/// Its number and amount stay; the next try writes new bytes for them.
async fn forget_request(app: &App, refund: &Refund, why: &str) -> Outcome<()> {
    tracing::warn!(out_refund_no = refund.out_refund_no, why, "a refund is asked for with new bytes");
    let number = refund.out_refund_no.clone();
    app.db.write(async move |tx| Ok(refund::forget_request(tx, &number).await?)).await
}

async fn accepted(app: &App, refund: &Refund, refund_id: &str) -> Outcome<()> {
    let (refund, refund_id) = (refund.clone(), refund_id.to_owned());
    app.db
        .write(async move |tx| {
            let to = RefundMove {
                state: RefundState::Processing,
                refund_id: Some(&refund_id),
                told: None,
                arrived: None,
            };
            refund::advance(tx, &refund, &to).await?;
            Ok(())
        })
        .await
}

/// Takes in where a refund stands; whether it is still under way.
pub async fn apply_standing(app: &App, refund: &Refund, standing: RefundProgress) -> Outcome<bool> {
    let facts = match &standing {
        RefundProgress::Done(facts)
        | RefundProgress::Processing(facts)
        | RefundProgress::Closed(facts)
        | RefundProgress::Abnormal(facts) => Some(facts),
        RefundProgress::Missing | RefundProgress::Unknown(_) => None,
    };
    if facts.is_some_and(|facts| !is_about(facts, refund)) {
        note(app, refund, "WeChat tells of another amount or payment").await?;
        return Ok(true);
    }
    match standing {
        RefundProgress::Done(facts) => arrived(app, refund, &facts).await.map(|()| false),
        RefundProgress::Processing(facts) => accepted(app, refund, &facts.refund_id).await.map(|()| true),
        RefundProgress::Closed(_) => anew(app, refund).await.map(|()| false),
        RefundProgress::Abnormal(_) => {
            stop(app, refund, RefundState::Abnormal, "the payer's account takes no money")
                .await
                .map(|()| false)
        }
        RefundProgress::Missing => note(app, refund, "WeChat does not know it").await.map(|()| true),
        RefundProgress::Unknown(why) => note(app, refund, &why).await.map(|()| true),
    }
}

fn is_about(facts: &RefundFacts, refund: &Refund) -> bool {
    facts.refund_fee == refund.refund_fee && facts.out_trade_no == refund.out_trade_no
}

/// The money arrived.
async fn arrived(app: &App, refund: &Refund, facts: &RefundFacts) -> Outcome<()> {
    let to = RefundMove {
        state: RefundState::Done,
        refund_id: Some(&facts.refund_id),
        told: None,
        arrived: Some(facts.arrived.unwrap_or_else(|| app.now())),
    };
    finish(app, refund, to, HistoryKind::Refunded, "wechat").await
}

/// A person has to look.
pub(super) async fn stop(app: &App, refund: &Refund, state: RefundState, why: &str) -> Outcome<()> {
    tracing::error!(out_refund_no = refund.out_refund_no, why, "a refund needs a person");
    metrics::counter!("changgou_refund_troubles_total", "state" => state.word()).increment(1);
    let to = RefundMove { state, refund_id: None, told: Some(why), arrived: None };
    finish(app, refund, to, HistoryKind::RefundTrouble, "wechat").await
}

/// Moves a refund to where it ends, and tells of it once.
pub(super) async fn finish(
    app: &App,
    refund: &Refund,
    to: RefundMove<'_>,
    kind: HistoryKind,
    actor: &str,
) -> Outcome<()> {
    let (refund, actor, order_id) = (refund.clone(), actor.to_owned(), refund.order_id.clone());
    let (state, arrived, event, now) = (to.state, to.arrived, app.id(), app.now());
    let (refund_id, told) = (to.refund_id.map(str::to_owned), to.told.map(str::to_owned));
    let outlet = app.outlet.clone();
    app.db
        .write(async move |tx| {
            let order = order::lock(tx, &refund.order_id).await?.ok_or(DbError::NoRow)?;
            let to = RefundMove { state, refund_id: refund_id.as_deref(), told: told.as_deref(), arrived };
            if !refund::advance(tx, &refund, &to).await? {
                return Ok(());
            }
            if state == RefundState::Done {
                flag::resolve(tx, &refund.out_trade_no, now).await?;
            }
            due_work::done(tx, due_work::DueKind::Refund, &refund.out_refund_no).await?;
            let words = told.as_deref().map_or(String::new(), |told| format!(" {told}"));
            let detail = Some(format!("{} {} fen{words}", refund.out_refund_no, refund.refund_fee.0));
            let told =
                OrderHappening { id: event, order: &order, kind, actor: &actor, detail, payment: None };
            Ok::<_, Error>(tell(tx, &outlet, &[told], now).await?)
        })
        .await?;
    app.outlet.wake();
    app.changed(&order_id);
    Ok(())
}
