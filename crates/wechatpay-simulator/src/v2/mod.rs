//! API v2: XML, signed with the API key.

pub mod answer;
mod broken;
mod closeorder;
mod orderquery;
pub mod pay_notice;
mod request;
mod respond;
pub mod sign;
pub mod terms;
mod unifiedorder;
pub mod xml;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;

use crate::faults::Call;
use crate::world::World;

/// The calls, at WeChat's own paths.
pub fn routes() -> Router<World> {
    Router::new()
        .route("/pay/unifiedorder", post(unified_order).fallback(other_method))
        .route("/pay/orderquery", post(order_query).fallback(other_method))
        .route("/pay/closeorder", post(close_order).fallback(other_method))
}

async fn unified_order(State(world): State<World>, body: Bytes) -> Response {
    respond::respond(&world, Call::Unifiedorder, &body).await
}

async fn order_query(State(world): State<World>, body: Bytes) -> Response {
    respond::respond(&world, Call::Orderquery, &body).await
}

async fn close_order(State(world): State<World>, body: Bytes) -> Response {
    respond::respond(&world, Call::Closeorder, &body).await
}

async fn other_method() -> Response {
    answer::malformed(&answer::Malformed::new("请使用post方法"))
}
