//! The worker's part: asks WeChat for a refund with the stored request, and asks where
//! it stands until it is final.

use std::time::Duration;

use super::advance::{find_refund, mark_failed, mark_processing, store_reason};
use super::progress::apply_progress;
use crate::domain::clock::UtcMs;
use crate::flow::{App, Error, Outcome};
use crate::infra::db::DbError;
use crate::infra::gateway::{RefundCall, RefundCallRequest, RefundProgress, protocol_for};
use crate::infra::settings::Protocol;
use crate::store::payment::refund::{self, Refund, RefundState};
use crate::store::payment::{attempt, refund_total};

/// Seconds between one query about a refund and the next.
const QUERY_AFTER_S: [u64; 8] = [10, 60, 60, 60, 300, 600, 1200, 1800];

/// When a refund that WeChat did not accept for now is requested again.
const RETRY_AFTER: Duration = Duration::from_secs(600);

/// Does what is due about a refund; returns when to continue, `None` if it is final.
pub async fn run_job(app: &App, number: &str, tries: i64) -> Outcome<Option<UtcMs>> {
    let Some(refund) = find_refund(app, number).await?.filter(|refund| refund.state.is_under_way()) else {
        return Ok(None);
    };
    // WeChat may have accepted an earlier request, so it is queried first.
    if refund.state == RefundState::Processing || refund.asked > 0 {
        let progress = app.gateway.query_refund(&refund.out_refund_no, &refund.sign_type).await;
        if !matches!((&progress, refund.state), (RefundProgress::Missing, RefundState::Opened)) {
            return Ok(apply_progress(app, &refund, progress).await?.then(|| next_query_at(app, tries)));
        }
    }
    request_refund(app, refund, tries).await
}

fn next_query_at(app: &App, tries: i64) -> UtcMs {
    let step = usize::try_from(tries).unwrap_or(usize::MAX).min(QUERY_AFTER_S.len() - 1);
    app.now().plus(Duration::from_secs(QUERY_AFTER_S[step]))
}

async fn request_refund(app: &App, refund: Refund, tries: i64) -> Outcome<Option<UtcMs>> {
    let request = match refund.request.as_str() {
        "" => build_request(app, &refund).await?,
        written => written.to_owned(),
    };
    if !store_request(app, &refund, &request).await? {
        return Ok(Some(app.now()));
    }
    match app.gateway.refund(&request, &refund.sign_type).await {
        RefundCall::Accepted { refund_id } => {
            mark_processing(app, &refund, &refund_id).await?;
            Ok(Some(next_query_at(app, 0)))
        }
        RefundCall::Unknown(why) => {
            store_reason(app, &refund, &why).await?;
            Ok(Some(next_query_at(app, tries)))
        }
        RefundCall::Later(why) => {
            store_reason(app, &refund, &why).await?;
            Ok(Some(app.now().plus(RETRY_AFTER)))
        }
        RefundCall::Stale(why) => {
            delete_request(app, &refund, &why).await?;
            Ok(Some(app.now()))
        }
        RefundCall::Refused(why) => {
            mark_failed(app, &refund, RefundState::Refused, &why).await?;
            Ok(None)
        }
    }
}

/// Stores the request before it is sent; `false` if the refund is no longer open.
async fn store_request(app: &App, refund: &Refund, request: &str) -> Outcome<bool> {
    let (number, request) = (refund.out_refund_no.clone(), request.to_owned());
    app.write(async move |work| Ok(refund::record_request(work.tx, &number, &request).await?)).await
}

/// The request to send. Once stored it is the same each time.
async fn build_request(app: &App, refund: &Refund) -> Outcome<String> {
    let number = refund.out_trade_no.clone();
    let paid = app
        .db
        .read(async move |tx| {
            let attempt = attempt::find(tx, &number).await?.ok_or(DbError::NoRow)?;
            Ok::<_, Error>(refund_total::load(tx, &number, attempt.total_fee).await?.paid_fee)
        })
        .await?;
    let call = RefundCallRequest {
        out_trade_no: &refund.out_trade_no,
        out_refund_no: &refund.out_refund_no,
        total_fee: paid,
        refund_fee: refund.refund_fee,
        reason: &refund.reason,
        notify_url: notice_url(app, &refund.sign_type),
        sign_type: &refund.sign_type,
    };
    let request = app.gateway.refund_request(&call);
    request.map_err(|error| Error::Db(DbError::Engine(error.to_string())))
}

/// Where WeChat sends notices of this refund. API v3 has one address for all notices.
fn notice_url<'a>(app: &'a App, sign_type: &str) -> &'a str {
    match protocol_for(sign_type) {
        Protocol::V2 => &app.settings.wechat_refund_notify_url,
        Protocol::V3 => &app.settings.wechat_v3_notify_url,
    }
}

/// Drops the stored request. The next try builds a new one with the same number and amount.
async fn delete_request(app: &App, refund: &Refund, why: &str) -> Outcome<()> {
    tracing::warn!(out_refund_no = refund.out_refund_no, why, "a refund is requested anew");
    let number = refund.out_refund_no.clone();
    app.write(async move |work| Ok(refund::delete_request(work.tx, &number).await?)).await
}
