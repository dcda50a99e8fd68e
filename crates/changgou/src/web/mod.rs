//! HTTP: the API, WeChat's notices and the pages. HTTP appears in no other layer.

mod addresses;
mod answer_headers;
mod api;
mod connections;
mod csrf;
mod drain_body;
mod extractors;
mod health;
mod input;
mod localize;
mod log_limit;
mod login;
mod login_throttle;
mod metrics;
mod notices;
mod openapi;
mod pages;
mod proxy_watch;
pub mod qr;
pub mod response;
mod router;
mod session_cookie;
mod static_files;
mod streams;
mod timed_body;
mod token_cache;
mod unreadable;
mod url;

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use metrics_exporter_prometheus::PrometheusHandle;

use crate::flow::App;

pub use connections::listen;
pub use openapi::document as openapi_document;
pub use router::router;

/// What every handler may use. Cheap to clone.
#[derive(Clone)]
pub struct WebState(Arc<Shared>);

pub struct Shared {
    pub app: Arc<App>,
    pub metrics: PrometheusHandle,
    throttle: login_throttle::LoginThrottle,
    logins: token_cache::TokenCache,
    streams: streams::OpenStreams,
    proxy_watch: proxy_watch::ProxyWatch,
    draining: AtomicBool,
}

impl Deref for WebState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl WebState {
    pub fn new(app: Arc<App>, metrics: PrometheusHandle) -> WebState {
        let (throttle, logins, streams, proxy_watch, draining) = Default::default();
        WebState(Arc::new(Shared { app, metrics, throttle, logins, streams, proxy_watch, draining }))
    }

    /// From now on `/readyz` answers that no more requests should come here.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::SeqCst);
    }

    fn is_draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
    }
}
