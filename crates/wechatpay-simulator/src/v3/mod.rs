//! API v3: JSON, signed with RSA keys.

mod aead;
mod bill;
pub mod bill_files;
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

use crate::state::SimulatorState;
use dispatch::V3Call;
use request::RawRequest;

/// The calls at WeChat's paths.
const CALLS: [(&str, V3Call); 11] = [
    ("/v3/pay/transactions/native", V3Call::Native),
    ("/v3/pay/transactions/out-trade-no/{number}", V3Call::QueryByNumber),
    ("/v3/pay/transactions/id/{number}", V3Call::QueryById),
    ("/v3/pay/transactions/out-trade-no/{number}/close", V3Call::Close),
    ("/v3/refund/domestic/refunds", V3Call::Refund),
    ("/v3/refund/domestic/refunds/{number}", V3Call::RefundQuery),
    ("/v3/refund/domestic/refunds/{number}/apply-abnormal-refund", V3Call::AbnormalRefund),
    ("/v3/certificates", V3Call::Certificates),
    ("/v3/bill/tradebill", V3Call::TradeBill),
    ("/v3/bill/fundflowbill", V3Call::FundFlowBill),
    ("/v3/billdownload/file", V3Call::BillFile),
];

/// All routes. Unknown paths get 404 and wrong methods 405, both without a body.
pub fn routes() -> Router<SimulatorState> {
    let routes = CALLS.into_iter().fold(Router::new(), |router, (path, what)| {
        let answer = move |State(state): State<SimulatorState>,
                           method: Method,
                           uri: Uri,
                           headers: HeaderMap,
                           body: Bytes| async move {
            dispatch::respond(&state, what, RawRequest { method, uri, headers, body }).await
        };
        router.route(path, if what.is_read() { get(answer) } else { post(answer) })
    });
    routes.route(
        "/v3/{*rest}",
        get(|| async { StatusCode::NOT_FOUND }).fallback(|| async { StatusCode::NOT_FOUND }),
    )
}
