//! API v2: XML, signed with the API key.

mod bill;
mod closeorder;
mod dispatch;
pub mod dropped_connection;
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

use crate::faults::Call;
use crate::state::World;
use crate::tls::Peer;

/// The calls, at WeChat's own paths. Those that give money away ask for a client certificate on the TLS listener; the
/// plain one is a test mode that does not.
const CALLS: [(&str, Call); 9] = [
    ("/pay/unifiedorder", Call::Unifiedorder),
    ("/pay/orderquery", Call::Orderquery),
    ("/pay/closeorder", Call::Closeorder),
    ("/secapi/pay/refund", Call::Refund),
    ("/secapi/pay/refundv2", Call::Refund),
    ("/pay/refundquery", Call::Refundquery),
    ("/pay/downloadbill", Call::Downloadbill),
    ("/pay/downloadfundflow", Call::Downloadfundflow),
    ("/tools/shorturl", Call::Shorturl),
];

/// All of them.
pub fn routes() -> Router<World> {
    CALLS.into_iter().fold(Router::new(), |router, (path, call)| {
        let answer = move |State(world): State<World>, peer: Option<Extension<Peer>>, body: Bytes| async move {
            let peer = peer.map(|Extension(peer)| peer);
            dispatch::respond(&world, call, (peer, &body)).await
        };
        router.route(path, post(answer).fallback(other_method))
    })
}

async fn other_method() -> Response {
    response::malformed(&response::Malformed::new("请使用post方法"))
}
