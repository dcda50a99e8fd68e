//! Where WeChat tells that somebody paid, or wants to. It asks for no login: the
//! signature is the proof. Until a notice is kept for good, the answer asks for it again.

use std::sync::atomic::{AtomicI64, Ordering};

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};

use super::WebState;
use super::extract::Caller;
use crate::domain::clock::UtcMs;
use crate::flow;
use crate::flow::Outcome;
use crate::flow::notice::NoticeReply;
use crate::flow::scan::ScanAnswer;
use crate::infra::gateway::{BadGateway, NOTICE_ACK, NoticeHead, notice_refusal, notice_refusal_v3};

/// Notices that are disbelieved or find the line full are counted all, but logged
/// once in so many milliseconds: whoever sends them shall not fill the disk.
const LOG_EVERY_MS: i64 = 1000;

/// When something was logged last.
struct Seldom(AtomicI64);

static DISBELIEVED: Seldom = Seldom(AtomicI64::new(0));
static TURNED_AWAY: Seldom = Seldom(AtomicI64::new(0));

impl Seldom {
    fn is_due(&self, now: UtcMs) -> bool {
        let due = |last: i64| (now.0.abs_diff(last) >= LOG_EVERY_MS.unsigned_abs()).then_some(now.0);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, due).is_ok()
    }
}

/// `POST /api/weixin/pay/notify/url`, API v2.
pub(super) async fn pay_v2(State(web): State<WebState>, body: Result<Bytes, BytesRejection>) -> Response {
    let taken = match body {
        Ok(body) => {
            let bytes = body.len();
            taken(&web, bytes, flow::notice::payment_notice_v2(&web.app, body.to_vec()).await)
        }
        Err(rejection) => unreadable(rejection),
    };
    answer_v2(&taken)
}

/// `POST /api/weixin/pay/refund/notify`, API v2.
pub(super) async fn refund_v2(State(web): State<WebState>, body: Result<Bytes, BytesRejection>) -> Response {
    let taken = match body {
        Ok(body) => taken(&web, body.len(), flow::notice::refund_notice_v2(&web.app, &body).await),
        Err(rejection) => unreadable(rejection),
    };
    answer_v2(&taken)
}

/// `POST /api/weixin/pay/native/callback`, API v2: somebody scanned a SKU's code.
pub(super) async fn scan(
    State(web): State<WebState>,
    Caller(caller): Caller,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    match body {
        Ok(body) => scanned(&web, body.len(), flow::scan::answer(&web.app, &body, caller.to_string()).await),
        Err(rejection) => answer_xml("native", &unreadable(rejection)),
    }
}

/// What is signed goes out with status 200, be it a refusal: the payer's phone shows it.
fn scanned(web: &WebState, bytes: usize, answer: Result<ScanAnswer, BadGateway>) -> Response {
    match answer {
        Ok(ScanAnswer::Signed(text)) => {
            count("native", &Taken { outcome: "kept", status: StatusCode::OK, refusal: None });
            (StatusCode::OK, [XML], text).into_response()
        }
        Ok(ScanAnswer::Disbelieved(why)) => {
            answer_xml("native", &taken(web, bytes, Ok(NoticeReply::Refused(why))))
        }
        Err(error) => {
            tracing::error!(%error, "the answer to a scan could not be signed");
            answer_xml("native", &Taken::refused("failed", StatusCode::SERVICE_UNAVAILABLE, "try again"))
        }
    }
}

/// `POST /api/weixin/pay/v3/notify`, API v3.
pub(super) async fn pay_v3(
    State(web): State<WebState>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let taken = match body {
        Ok(body) => {
            let bytes = body.len();
            taken(&web, bytes, proven(&web, &headers, body.to_vec()).await)
        }
        Err(rejection) => unreadable(rejection),
    };
    answer_v3(&taken)
}

async fn proven(web: &WebState, headers: &HeaderMap, body: Vec<u8>) -> Outcome<NoticeReply> {
    match NoticeHead::find(|name| once(headers, name)) {
        Ok(head) => flow::notice::notice_v3(&web.app, &head, body).await,
        Err(disbelieved) => Ok(NoticeReply::Refused(disbelieved.label)),
    }
}

/// The value of a header that is there once. What is there twice, or is no text,
/// becomes what no header can be.
fn once<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut all = headers.get_all(name).iter();
    let value = all.next()?.to_str().unwrap_or("\n");
    Some(if all.next().is_some() { "\n" } else { value })
}

/// How a notice was answered.
struct Taken {
    outcome: &'static str,
    status: StatusCode,
    refusal: Option<&'static str>,
}

impl Taken {
    fn refused(outcome: &'static str, status: StatusCode, why: &'static str) -> Taken {
        Taken { outcome, status, refusal: Some(why) }
    }
}

fn taken(web: &WebState, bytes: usize, reply: Outcome<NoticeReply>) -> Taken {
    match reply {
        Ok(NoticeReply::Kept) => Taken { outcome: "kept", status: StatusCode::OK, refusal: None },
        Ok(NoticeReply::Refused(why)) => {
            if DISBELIEVED.is_due(web.app.now()) {
                tracing::warn!(why, bytes, "a notice was not believed");
            }
            Taken::refused(why, StatusCode::BAD_REQUEST, why)
        }
        Err(error) => Taken::refused(unkept(web, error), StatusCode::SERVICE_UNAVAILABLE, "try again"),
    }
}

/// Why a notice is asked for again: the shop is full or cannot reach its
/// database for now, or something is broken.
fn unkept(web: &WebState, error: flow::Error) -> &'static str {
    let why = error.to_string();
    match error.refusal() {
        Ok(_) => {
            if TURNED_AWAY.is_due(web.app.now()) {
                tracing::warn!(why, "notices are turned away");
            }
            "busy"
        }
        Err(error) => {
            tracing::error!(%error, "a notice could not be kept");
            "failed"
        }
    }
}

fn unreadable(rejection: BytesRejection) -> Taken {
    Taken::refused("unreadable", rejection.into_response().status(), "unreadable")
}

/// What all messages of API v2 are.
const XML: (HeaderName, &str) = (CONTENT_TYPE, "text/xml; charset=utf-8");

fn answer_v2(taken: &Taken) -> Response {
    answer_xml("v2", taken)
}

fn answer_xml(protocol: &'static str, taken: &Taken) -> Response {
    count(protocol, taken);
    let text = taken.refusal.map_or_else(|| NOTICE_ACK.to_owned(), notice_refusal);
    (taken.status, [XML], text).into_response()
}

fn answer_v3(taken: &Taken) -> Response {
    count("v3", taken);
    match taken.refusal {
        None => StatusCode::NO_CONTENT.into_response(),
        Some(why) => {
            (taken.status, [(CONTENT_TYPE, "application/json")], notice_refusal_v3(why)).into_response()
        }
    }
}

fn count(protocol: &'static str, taken: &Taken) {
    metrics::counter!(crate::infra::metrics::NOTICES, "outcome" => taken.outcome, "protocol" => protocol)
        .increment(1);
}
