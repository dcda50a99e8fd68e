//! Where WeChat tells that somebody paid. It asks for no login: the signature
//! is the proof. Until a notice is kept for good, the answer asks for it again.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::Web;
use crate::flow;
use crate::flow::settle::Reply;
use crate::ground::gateway::{NOTICE_ACK, notice_refusal};

/// `POST /api/weixin/pay/notify/url`, API v2.
pub(super) async fn pay_v2(State(web): State<Web>, body: Bytes) -> Response {
    let (outcome, status, text) = match flow::settle::notice(&web.app, body.to_vec()).await {
        Ok(Reply::Kept) => ("kept", StatusCode::OK, NOTICE_ACK.to_owned()),
        Ok(Reply::Refused(why)) => {
            tracing::warn!(why, bytes = body.len(), "a notice was not believed");
            (why, StatusCode::BAD_REQUEST, notice_refusal(why))
        }
        Err(error) => {
            tracing::error!(%error, "a notice could not be kept");
            (
                "failed",
                StatusCode::SERVICE_UNAVAILABLE,
                notice_refusal("try again"),
            )
        }
    };
    metrics::counter!("changgou_notices_total", "outcome" => outcome).increment(1);
    (status, [(CONTENT_TYPE, "text/xml; charset=utf-8")], text).into_response()
}
