//! API v3: JSON, signed with RSA keys.

mod aead;
pub mod bill;
mod certificates;
mod close;
mod dispatch;
mod fields;
mod native;
pub mod notice;
mod query;
mod refund;
mod refund_query;
mod request;
mod response;
mod sign;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::routing::{get, post};

use crate::state::World;
use dispatch::What;
use request::Sent;

/// The calls, at WeChat's own paths.
const CALLS: [(&str, What); 11] = [
    ("/v3/pay/transactions/native", What::Native),
    ("/v3/pay/transactions/out-trade-no/{number}", What::QueryByNumber),
    ("/v3/pay/transactions/id/{number}", What::QueryById),
    ("/v3/pay/transactions/out-trade-no/{number}/close", What::Close),
    ("/v3/refund/domestic/refunds", What::Refund),
    ("/v3/refund/domestic/refunds/{number}", What::RefundQuery),
    ("/v3/refund/domestic/refunds/{number}/apply-abnormal-refund", What::AbnormalRefund),
    ("/v3/certificates", What::Certificates),
    ("/v3/bill/tradebill", What::TradeBill),
    ("/v3/bill/fundflowbill", What::FundFlowBill),
    ("/v3/billdownload/file", What::BillFile),
];

/// All of them. What is unknown gets 404, another method 405, both without a body.
pub fn routes() -> Router<World> {
    let routes = CALLS.into_iter().fold(Router::new(), |router, (path, what)| {
        let answer = move |State(world): State<World>,
                           method: Method,
                           uri: Uri,
                           headers: HeaderMap,
                           body: Bytes| async move {
            dispatch::respond(&world, what, Sent { method, uri, headers, body }).await
        };
        router.route(path, if what.is_read() { get(answer) } else { post(answer) })
    });
    routes.route(
        "/v3/{*rest}",
        get(|| async { StatusCode::NOT_FOUND }).fallback(|| async { StatusCode::NOT_FOUND }),
    )
}
