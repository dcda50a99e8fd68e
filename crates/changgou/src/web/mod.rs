//! HTTP: the API, WeChat's notices and the pages. Only this folder names HTTP.

mod api;
mod connections;
mod csrf;
mod drain_body;
mod extract;
mod health;
mod input;
mod localize;
mod login;
mod login_throttle;
mod notices;
mod pages;
pub mod qr;
pub mod response;
mod router;
mod static_files;
mod token_cache;
mod url;

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use metrics_exporter_prometheus::PrometheusHandle;

use crate::flow::App;

pub use connections::listen;
pub use router::router;

/// The web door of a shop: what every handler may use. Cheap to clone.
#[derive(Clone)]
pub struct WebState(Arc<Shared>);

/// What all clones of a [`WebState`] share.
pub struct Shared {
    /// The shop.
    pub app: Arc<App>,
    /// What was counted, for `/metrics`.
    pub metrics: PrometheusHandle,
    throttle: login_throttle::LoginThrottle,
    logins: token_cache::TokenCache,
    draining: AtomicBool,
}

impl Deref for WebState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl WebState {
    /// The web door of a shop.
    pub fn new(app: Arc<App>, metrics: PrometheusHandle) -> WebState {
        let (throttle, logins, draining) = Default::default();
        WebState(Arc::new(Shared { app, metrics, throttle, logins, draining }))
    }

    /// Says through `/readyz` that no more requests should come here.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::SeqCst);
    }

    fn is_draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
    }
}
