//! `/healthz` and `/readyz`: whether the process runs, and whether requests should come to it.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio::time::timeout;

use super::WebState;
use crate::flow;
use crate::infra::cache::Cache;

/// A database that does not answer within this time is not ready.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(2);

/// 进程是否在运行 / Is the process alive
#[utoipa::path(
    get, path = "/healthz", operation_id = "healthz", tag = "服务 / Service",
    responses((status = 200, description = "在运行 / Alive", body = String, content_type = "text/plain")),
)]
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// 能否接受请求 / Should requests come here
#[utoipa::path(
    get, path = "/readyz", operation_id = "readyz", tag = "服务 / Service",
    responses(
        (status = 200, description = "可以 / Ready", body = String, content_type = "text/plain"),
        (status = 503, description = "正在退出，或数据库没有回答 / Shutting down, or the database does not answer", body = String, content_type = "text/plain"),
    ),
)]
// 200 if the database answers and this node may write and is not shutting down.
pub(super) async fn readyz(State(web): State<WebState>) -> Response {
    if web.is_draining() {
        return (StatusCode::SERVICE_UNAVAILABLE, "draining\n").into_response();
    }
    if let Some(problem) = flow::node::problem(&web.app) {
        return (StatusCode::SERVICE_UNAVAILABLE, format!("{problem}\n")).into_response();
    }
    match timeout(DATABASE_TIMEOUT, flow::due_work::backlog(&web.app)).await {
        Ok(Ok(_)) => readiness(&web).into_response(),
        Ok(Err(error)) => {
            tracing::error!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "database: no answer\n").into_response()
        }
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "database: too slow\n").into_response(),
    }
}

/// Without the broker events are late, without the cache carts cannot be reached,
/// with a proxy that the settings do not name all its clients count as one. None of these makes the
/// node unready.
fn readiness(web: &WebState) -> String {
    let broker = web.app.broker.as_ref().and_then(flow::relay::problem);
    let broker = broker.map(|why| format!("broker: degraded ({why}), events are late\n"));
    let cache = web.app.cache.as_ref().and_then(Cache::problem);
    let cache = cache.map(|why| format!("degraded: {why}\n"));
    let proxy = web.proxy_watch.problem();
    ["ready\n".to_owned()].into_iter().chain(broker).chain(cache).chain(proxy).collect()
}
