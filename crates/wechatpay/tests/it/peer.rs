//! A peer on loopback that answers whatever a test wants.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::Uri;
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use wechatpay::v2::{Client, ClientOptions, MoneyOut};

use crate::common::merchant;

/// The paths and bodies a peer was asked with.
pub type Asked = Arc<Mutex<Vec<(String, String)>>>;

/// Starts a peer that always gives `answer`.
pub async fn peer<A>(answer: A) -> (Client, Asked)
where
    A: IntoResponse + Clone + Send + Sync + 'static,
{
    let asked = Asked::default();
    let seen = asked.clone();
    let respond = move |uri: Uri, body: Bytes| {
        let body = String::from_utf8_lossy(&body).into_owned();
        seen.lock().unwrap().push((uri.path().to_owned(), body));
        let response: Response = answer.clone().into_response();
        async { response }
    };
    (client(&serve(Router::new().fallback(respond)).await), asked)
}

/// The same, able to refund.
pub async fn refunder<A>(answer: A) -> (Client, Asked)
where
    A: IntoResponse + Clone + Send + Sync + 'static,
{
    let (client, asked) = peer(answer).await;
    (client.with_money_out(MoneyOut::without_certificate()).unwrap(), asked)
}

/// Starts a server and gives its address.
pub async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/")
}

/// A client that waits long enough for loopback, and no longer.
pub fn client(base_url: &str) -> Client {
    let wait = Duration::from_millis(700);
    let options = ClientOptions { connect_timeout: wait, total_timeout: wait, ..ClientOptions::default() };
    Client::with_options(base_url, merchant(), options).unwrap()
}
