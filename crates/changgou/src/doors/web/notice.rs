//! Where WeChat tells that somebody paid. It asks for no login: the signature
//! is the proof. Until a notice is kept for good, the answer asks for it again.

use std::sync::atomic::{AtomicI64, Ordering};

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::Web;
use crate::flow::settle::Reply;
use crate::flow::{self, Outcome};
use crate::ground::gateway::{NOTICE_ACK, notice_refusal};
use crate::values::clock::UtcMs;

/// Disbelieved notices are counted all, but logged once in so many milliseconds:
/// whoever forges them shall not fill the disk.
const LOG_EVERY_MS: i64 = 1000;

/// `POST /api/weixin/pay/notify/url`, API v2.
pub(super) async fn pay_v2(State(web): State<Web>, body: Result<Bytes, BytesRejection>) -> Response {
    match body {
        Ok(body) => answered(&web, body.len(), flow::settle::notice(&web.app, body.to_vec()).await),
        Err(rejection) => unreadable(rejection),
    }
}

/// `POST /api/weixin/pay/refund/notify`, API v2.
pub(super) async fn refund_v2(State(web): State<Web>, body: Result<Bytes, BytesRejection>) -> Response {
    match body {
        Ok(body) => answered(&web, body.len(), flow::refund::notice(&web.app, &body).await),
        Err(rejection) => unreadable(rejection),
    }
}

fn unreadable(rejection: BytesRejection) -> Response {
    reply("unreadable", rejection.into_response().status(), notice_refusal("unreadable"))
}

fn answered(web: &Web, bytes: usize, outcome: Outcome<Reply>) -> Response {
    match outcome {
        Ok(Reply::Kept) => reply("kept", StatusCode::OK, NOTICE_ACK.to_owned()),
        Ok(Reply::Refused(why)) => {
            if is_time_to_log(web.app.now()) {
                tracing::warn!(why, bytes, "a notice was not believed");
            }
            reply(why, StatusCode::BAD_REQUEST, notice_refusal(why))
        }
        Err(error) => {
            tracing::error!(%error, "a notice could not be kept");
            reply("failed", StatusCode::SERVICE_UNAVAILABLE, notice_refusal("try again"))
        }
    }
}

fn reply(outcome: &'static str, status: StatusCode, text: String) -> Response {
    metrics::counter!("changgou_notices_total", "outcome" => outcome).increment(1);
    (status, [(CONTENT_TYPE, "text/xml; charset=utf-8")], text).into_response()
}

fn is_time_to_log(now: UtcMs) -> bool {
    static LAST_MS: AtomicI64 = AtomicI64::new(0);
    let due = |last: i64| (now.0.abs_diff(last) >= LOG_EVERY_MS.unsigned_abs()).then_some(now.0);
    LAST_MS.fetch_update(Ordering::Relaxed, Ordering::Relaxed, due).is_ok()
}
