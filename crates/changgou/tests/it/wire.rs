//! The line between the shop and WeChat, tapped: what the shop asked, byte for
//! byte, and troubles that lie on the way rather than at WeChat.

use std::sync::{Arc, Mutex, OnceLock};

use axum::Router;
use axum::extract::State;
use axum::http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use changgou::ground::settings::Settings;
use wechatpay::v2::{Fields, xml};

use crate::wechat::{KEY, sealed};

/// A line that the story can listen to.
pub struct Wire {
    url: String,
    line: Arc<Line>,
}

struct Line {
    wechat: OnceLock<String>,
    http: reqwest::Client,
    calls: Mutex<Vec<(String, String)>>,
    under_way: Mutex<(usize, usize)>,
    trouble: Mutex<Trouble>,
}

/// What happens on the way.
#[derive(Clone, Copy)]
pub enum Trouble {
    /// Nothing.
    None,
    /// What is sent to this path is lost; the shop gets a 502.
    Lost(&'static str),
    /// WeChat answers this path otherwise, well signed.
    Told(&'static str, fn(&mut Fields)),
}

impl Wire {
    /// A line that is not connected yet.
    pub async fn new() -> Wire {
        let line = Arc::new(Line {
            wechat: OnceLock::new(),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            calls: Mutex::default(),
            under_way: Mutex::default(),
            trouble: Mutex::new(Trouble::None),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(relay).with_state(line.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Wire { url, line }
    }

    /// Puts itself between the shop and its WeChat.
    pub fn tap(&self, settings: &mut Settings) {
        let wechat = settings.wechat.as_mut().unwrap();
        let before = std::mem::replace(&mut wechat.base_url, self.url.clone());
        self.line.wechat.set(before).unwrap();
    }

    /// The bodies sent to a path, first to last.
    pub fn sent(&self, path: &str) -> Vec<String> {
        let calls = self.line.calls.lock().unwrap();
        let to_path = calls.iter().filter(|(to, _)| to == path);
        to_path.map(|(_, body)| body.clone()).collect()
    }

    /// How many calls were under way at the same time, at most.
    pub fn busiest(&self) -> usize {
        self.line.under_way.lock().unwrap().1
    }

    /// From now on this happens.
    pub fn is(&self, trouble: Trouble) {
        *self.line.trouble.lock().unwrap() = trouble;
    }

    /// What was sent to a path arrives at WeChat now, as it was; WeChat's answer.
    pub async fn arrives_late(&self, path: &str, body: &str) -> Fields {
        let call = Call { method: Method::POST, to: path.to_owned(), headers: HeaderMap::new() };
        let (_, _, answer) = self.line.pass_on(call, body.to_owned()).await;
        xml::read(answer.as_bytes()).unwrap()
    }
}

/// What is passed on of a call besides its body.
struct Call {
    method: Method,
    to: String,
    headers: HeaderMap,
}

async fn relay(
    State(line): State<Arc<Line>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: String,
) -> Response {
    let path = uri.path();
    line.calls.lock().unwrap().push((path.to_owned(), body.clone()));
    let trouble = *line.trouble.lock().unwrap();
    let call = Call { method, to: uri.to_string(), headers };
    match trouble {
        Trouble::Lost(to) if to == path => StatusCode::BAD_GATEWAY.into_response(),
        Trouble::Told(to, otherwise) if to == path => {
            let (status, _, answer) = line.pass_on(call, body).await;
            let mut fields = xml::read(answer.as_bytes()).unwrap();
            otherwise(&mut fields);
            (status, sealed(&fields, KEY)).into_response()
        }
        Trouble::None | Trouble::Lost(_) | Trouble::Told(..) => {
            line.pass_on(call, body).await.into_response()
        }
    }
}

impl Line {
    async fn pass_on(&self, call: Call, body: String) -> (StatusCode, HeaderMap, String) {
        {
            let mut under_way = self.under_way.lock().unwrap();
            under_way.0 += 1;
            under_way.1 = under_way.1.max(under_way.0);
        }
        let answer = self.answered(call, body).await;
        self.under_way.lock().unwrap().0 -= 1;
        answer
    }

    async fn answered(&self, mut call: Call, body: String) -> (StatusCode, HeaderMap, String) {
        let url = format!("{}{}", self.wechat.get().unwrap(), call.to);
        for own in [HOST, CONTENT_LENGTH, TRANSFER_ENCODING] {
            call.headers.remove(own);
        }
        match self.http.request(call.method, url).headers(call.headers).body(body).send().await {
            Ok(answer) => {
                let (status, mut headers) = (answer.status(), answer.headers().clone());
                for own in [CONTENT_LENGTH, TRANSFER_ENCODING] {
                    headers.remove(own);
                }
                (status, headers, answer.text().await.unwrap_or_default())
            }
            Err(_) => (StatusCode::BAD_GATEWAY, HeaderMap::new(), String::new()),
        }
    }
}
