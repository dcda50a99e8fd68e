//! The merchant's server for notices.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;

use super::client::{self, Fields};

pub const SUCCESS: &str = "<xml><return_code><![CDATA[SUCCESS]]></return_code></xml>";

#[derive(Clone, Copy)]
pub enum Reply {
    Text(u16, &'static str),
    Silence,
}

#[derive(Default)]
struct Desk {
    received: Vec<String>,
    replies: VecDeque<Reply>,
    at_once: usize,
    most_at_once: usize,
}

#[derive(Clone)]
pub struct Receiver {
    address: SocketAddr,
    desk: Arc<Mutex<Desk>>,
}

impl Receiver {
    pub async fn open() -> Self {
        let desk = Arc::<Mutex<Desk>>::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/notify", post(receive)).with_state(Arc::clone(&desk));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, desk }
    }

    pub fn url(&self) -> String {
        format!("http://{}/notify", self.address)
    }

    /// The next replies. After them the server replies with SUCCESS.
    pub fn reply(&self, replies: impl IntoIterator<Item = Reply>) {
        self.desk.lock().unwrap().replies.extend(replies);
    }

    pub fn received(&self) -> Vec<Fields> {
        self.bodies().iter().map(|body| client::read(body)).collect()
    }

    pub fn bodies(&self) -> Vec<String> {
        self.desk.lock().unwrap().received.clone()
    }

    pub fn most_at_once(&self) -> usize {
        self.desk.lock().unwrap().most_at_once
    }

    /// Waits in real time until `count` notices have arrived.
    pub async fn wait_for(&self, count: usize) {
        for _ in 0..500 {
            if self.bodies().len() >= count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{} of {count} notices came", self.bodies().len());
    }
}

async fn receive(State(desk): State<Arc<Mutex<Desk>>>, body: String) -> (StatusCode, &'static str) {
    let reply = arrive(&desk, body);
    tokio::time::sleep(Duration::from_millis(20)).await;
    desk.lock().unwrap().at_once -= 1;
    match reply {
        Some(Reply::Text(status, text)) => (StatusCode::from_u16(status).unwrap(), text),
        Some(Reply::Silence) => std::future::pending().await,
        None => (StatusCode::OK, SUCCESS),
    }
}

fn arrive(desk: &Mutex<Desk>, body: String) -> Option<Reply> {
    let mut desk = desk.lock().unwrap();
    desk.received.push(body);
    desk.at_once += 1;
    desk.most_at_once = desk.most_at_once.max(desk.at_once);
    desk.replies.pop_front()
}
