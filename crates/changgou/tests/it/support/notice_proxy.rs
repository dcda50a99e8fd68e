//! A proxy between WeChat and the shop through which notices come.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use changgou::infra::settings::Settings;

use crate::support::wechat::NOTICES;

/// A proxy for notices: it can drop the shop's answers and forward to another node.
pub struct NoticeProxy {
    url: String,
    state: Arc<ProxyState>,
}

#[derive(Default)]
struct ProxyState {
    forwards_to: Mutex<String>,
    answers_to_drop: AtomicUsize,
}

impl NoticeProxy {
    pub async fn new() -> NoticeProxy {
        let state = Arc::new(ProxyState::default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(forward).with_state(state.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        NoticeProxy { url, state }
    }

    /// Sends notices of API v2 through the proxy.
    pub fn tap(&self, settings: &mut Settings) {
        let url = format!("{}{NOTICES}", self.url);
        self.forwards_to(&std::mem::replace(&mut settings.wechat_notify_url, url));
    }

    pub fn forwards_to(&self, url: &str) {
        *self.state.forwards_to.lock().unwrap() = url.to_owned();
    }

    /// The URL of a path at the proxy.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    pub fn drops_the_next_answer(&self) {
        self.state.answers_to_drop.store(1, Ordering::Relaxed);
    }
}

async fn forward(State(state): State<Arc<ProxyState>>, body: Bytes) -> Response {
    let url = state.forwards_to.lock().unwrap().clone();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let sent = http.post(url).body(body).send().await;
    let lost =
        state.answers_to_drop.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
    match sent {
        Ok(answer) if lost.is_err() => (answer.status(), answer.text().await.unwrap()).into_response(),
        Ok(_) | Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}
