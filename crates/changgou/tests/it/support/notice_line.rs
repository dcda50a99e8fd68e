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

/// The line by which notices come to the shop: it can lose answers and lead elsewhere.
pub struct Line {
    url: String,
    end: Arc<End>,
}

#[derive(Default)]
pub struct End {
    leads_to: Mutex<String>,
    loses: AtomicUsize,
}

impl Line {
    pub async fn new() -> Line {
        let end = Arc::new(End::default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(carried).with_state(end.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Line { url, end }
    }

    /// Notices of API v2 come by this line.
    pub fn tap(&self, settings: &mut Settings) {
        let url = format!("{}{NOTICES}", self.url);
        self.leads_to(&std::mem::replace(&mut settings.wechat_notify_url, url));
    }

    pub fn leads_to(&self, url: &str) {
        *self.end.leads_to.lock().unwrap() = url.to_owned();
    }

    /// Where this path is at this end of the line.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    pub fn loses_the_next_answer(&self) {
        self.end.loses.store(1, Ordering::Relaxed);
    }
}

pub async fn carried(State(end): State<Arc<End>>, body: Bytes) -> Response {
    let url = end.leads_to.lock().unwrap().clone();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let sent = http.post(url).body(body).send().await;
    let lost = end.loses.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
    match sent {
        Ok(answer) if lost.is_err() => (answer.status(), answer.text().await.unwrap()).into_response(),
        Ok(_) | Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}
