//! For whoever runs the shop: is it alive, should requests come here, what was counted.

use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::time::{Instant, timeout};

use super::WebState;
use crate::flow;
use crate::infra::cache::Cache;
use crate::infra::gateway::FallbackStats;

/// A database that has not answered by then is not ready.
const PATIENCE: Duration = Duration::from_secs(2);

/// The process runs.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// Requests may come here: the database answers, this node may write and is not shutting down.
pub(super) async fn readyz(State(web): State<WebState>) -> Response {
    if web.is_draining() {
        return (StatusCode::SERVICE_UNAVAILABLE, "draining\n").into_response();
    }
    if let Some(ailment) = flow::node::problem(&web.app) {
        return (StatusCode::SERVICE_UNAVAILABLE, format!("{ailment}\n")).into_response();
    }
    match timeout(PATIENCE, flow::due_work::backlog(&web.app)).await {
        Ok(Ok(_)) => readiness(&web).into_response(),
        Ok(Err(error)) => {
            tracing::error!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "database: no answer\n").into_response()
        }
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "database: too slow\n").into_response(),
    }
}

/// A broker that is away makes events late, a cache that is away makes carts
/// wait; neither closes the shop.
fn readiness(web: &WebState) -> String {
    let broker = web.app.broker.as_ref().and_then(flow::relay::trouble);
    let broker = broker.map(|why| format!("broker: degraded ({why}), events are late\n"));
    let cache = web.app.cache.as_ref().and_then(Cache::trouble);
    let cache = cache.map(|why| format!("degraded: {why}\n"));
    ["ready\n".to_owned()].into_iter().chain(broker).chain(cache).collect()
}

/// Everything counted, for Prometheus.
pub(super) async fn metrics_page(State(web): State<WebState>) -> Response {
    if let Ok((due, oldest)) = flow::due_work::backlog(&web.app).await {
        metrics::gauge!(crate::infra::metrics::DUE_BACKLOG)
            .set(f64::from(u32::try_from(due).unwrap_or(u32::MAX)));
        metrics::gauge!(crate::infra::metrics::DUE_OLDEST_SECONDS).set(oldest.as_secs_f64());
    }
    gauge_outbox(&web).await;
    let FallbackStats { second_address, old_key } = web.app.gateway.stand_ins();
    metrics::counter!(crate::infra::metrics::SECOND_ADDRESS).absolute(second_address);
    metrics::counter!(crate::infra::metrics::OLD_KEY).absolute(old_key);
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], web.metrics.render()).into_response()
}

async fn gauge_outbox(web: &WebState) {
    if web.app.broker.is_none() {
        return;
    }
    if let Ok(waiting) = flow::relay::waiting(&web.app.db, web.app.now()).await {
        let messages = u32::try_from(waiting.messages).unwrap_or(u32::MAX);
        metrics::gauge!(crate::infra::metrics::OUTBOX_WAITING).set(f64::from(messages));
        metrics::gauge!(crate::infra::metrics::OUTBOX_OLDEST_SECONDS).set(waiting.oldest.as_secs_f64());
    }
}

/// A request that is counted and timed by its route, never by what is in it.
pub(super) struct RequestMeasure {
    route: Option<MatchedPath>,
    method: Method,
    began: Instant,
}

impl RequestMeasure {
    pub(super) fn begin(request: &Request) -> RequestMeasure {
        let (route, method) = (request.extensions().get().cloned(), request.method().clone());
        RequestMeasure { route, method, began: Instant::now() }
    }

    pub(super) fn end(self, status: StatusCode) {
        let route = self.route.as_ref().map_or("none", MatchedPath::as_str);
        let (method, took) = (self.method.as_str(), self.began.elapsed());
        tracing::debug!(method, route, status = status.as_u16(), ms = took.as_millis() as u64, "request");
        let labels = [("route", route), ("method", method), ("status", status.as_str())];
        let labels = labels.map(|(name, value)| (name, value.to_owned()));
        metrics::histogram!(crate::infra::metrics::HTTP_SECONDS, &labels).record(took.as_secs_f64());
    }
}
