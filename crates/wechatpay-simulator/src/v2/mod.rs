//! API v2: XML, signed with the API key.

mod bill;
mod closeorder;
mod dispatch;
pub mod dropped_connection;
mod error;
pub mod orderquery;
pub mod pay_notice;
pub mod refund;
pub mod refund_notice;
mod refundquery;
mod req_info;
mod request;
pub mod response;
mod shorturl;
pub mod sign;
mod unifiedorder;
pub mod xml;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use axum::{Extension, Router};

use crate::faults::ApiCall;
use crate::state::SimulatorState;
use crate::tls::TlsPeer;

/// The calls at WeChat's paths. Some of them need a client certificate on the https listener; the plain listener is a
/// test mode without this check.
const CALLS: [(&str, ApiCall); 9] = [
    ("/pay/unifiedorder", ApiCall::Unifiedorder),
    ("/pay/orderquery", ApiCall::Orderquery),
    ("/pay/closeorder", ApiCall::Closeorder),
    ("/secapi/pay/refund", ApiCall::Refund),
    ("/secapi/pay/refundv2", ApiCall::Refund),
    ("/pay/refundquery", ApiCall::Refundquery),
    ("/pay/downloadbill", ApiCall::Downloadbill),
    ("/pay/downloadfundflow", ApiCall::Downloadfundflow),
    ("/tools/shorturl", ApiCall::Shorturl),
];

/// All routes.
pub fn routes() -> Router<SimulatorState> {
    CALLS.into_iter().fold(Router::new(), |router, (path, call)| {
        let answer = move |State(state): State<SimulatorState>,
                           peer: Option<Extension<TlsPeer>>,
                           body: Bytes| async move {
            let peer = peer.map(|Extension(peer)| peer);
            dispatch::respond(&state, call, (peer, &body)).await
        };
        router.route(path, post(answer).fallback(other_method))
    })
}

async fn other_method() -> Response {
    response::malformed(&error::MalformedRequest::new("请使用post方法"))
}
