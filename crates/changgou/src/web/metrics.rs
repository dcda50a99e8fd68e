//! `/metrics`: what is counted and measured, for Prometheus.

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::time::Instant;

use super::WebState;
use crate::flow;
use crate::infra::gateway::FallbackStats;
use crate::infra::metrics::{
    DUE_BACKLOG, DUE_OLDEST_SECONDS, HTTP_SECONDS, OLD_KEY, OUTBOX_OLDEST_SECONDS, OUTBOX_WAITING,
    SECOND_ADDRESS,
};

/// Prometheus 指标 / Metrics for Prometheus
#[utoipa::path(
    get, path = "/metrics", operation_id = "metrics", tag = "服务 / Service",
    responses((status = 200, description = "指标 / Metrics", body = String, content_type = "text/plain")),
)]
pub(super) async fn page(State(web): State<WebState>) -> Response {
    if let Ok((due, oldest)) = flow::due_work::backlog(&web.app).await {
        metrics::gauge!(DUE_BACKLOG).set(f64::from(u32::try_from(due).unwrap_or(u32::MAX)));
        metrics::gauge!(DUE_OLDEST_SECONDS).set(oldest.as_secs_f64());
    }
    gauge_outbox(&web).await;
    let FallbackStats { second_address, old_key } = web.app.gateway.fallback_stats();
    metrics::counter!(SECOND_ADDRESS).absolute(second_address);
    metrics::counter!(OLD_KEY).absolute(old_key);
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], web.metrics.render()).into_response()
}

async fn gauge_outbox(web: &WebState) {
    if web.app.broker.is_none() {
        return;
    }
    if let Ok(waiting) = flow::relay::backlog(&web.app.db, web.app.now()).await {
        let messages = u32::try_from(waiting.messages).unwrap_or(u32::MAX);
        metrics::gauge!(OUTBOX_WAITING).set(f64::from(messages));
        metrics::gauge!(OUTBOX_OLDEST_SECONDS).set(waiting.oldest.as_secs_f64());
    }
}

/// The methods that have a label of their own. Callers may invent any number of others.
const METHODS: [Method; 7] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS];

fn method_label(method: &Method) -> &'static str {
    METHODS.iter().find(|known| *known == method).map_or("other", Method::as_str)
}

/// Counts and times a request by its route, never by its content.
pub(super) struct RequestMeasure {
    route: Option<MatchedPath>,
    method: &'static str,
    began: Instant,
}

impl RequestMeasure {
    pub(super) fn begin(request: &Request) -> RequestMeasure {
        let (route, method) = (request.extensions().get().cloned(), method_label(request.method()));
        RequestMeasure { route, method, began: Instant::now() }
    }

    pub(super) fn end(self, status: StatusCode) {
        let route = self.route.as_ref().map_or("none", MatchedPath::as_str);
        let (method, took) = (self.method, self.began.elapsed());
        tracing::debug!(method, route, status = status.as_u16(), ms = took.as_millis() as u64, "request");
        let labels = [("route", route), ("method", method), ("status", status.as_str())];
        let labels = labels.map(|(name, value)| (name, value.to_owned()));
        metrics::histogram!(HTTP_SECONDS, &labels).record(took.as_secs_f64());
    }
}
