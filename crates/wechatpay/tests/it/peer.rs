//! A test server on the loopback interface.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::Uri;
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use wechatpay::v2::{ClientOptions, MutualTls, V2Client};

use crate::common::merchant;

/// The paths and bodies of the requests.
pub type Asked = Arc<Mutex<Vec<(String, String)>>>;

/// Starts a server that always sends `answer`.
pub async fn peer<A>(answer: A) -> (V2Client, Asked)
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

/// Like `peer`, with a client that can refund.
pub async fn refunder<A>(answer: A) -> (V2Client, Asked)
where
    A: IntoResponse + Clone + Send + Sync + 'static,
{
    let (client, asked) = peer(answer).await;
    (client.with_mutual_tls(MutualTls::without_certificate()).unwrap(), asked)
}

/// Starts a server and returns its address.
pub async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/")
}

/// A client with timeouts that suit the loopback interface.
pub fn client(base_url: &str) -> V2Client {
    let wait = Duration::from_millis(700);
    let options = ClientOptions { connect_timeout: wait, total_timeout: wait, ..ClientOptions::default() };
    V2Client::with_options(base_url, merchant(), options).unwrap()
}
