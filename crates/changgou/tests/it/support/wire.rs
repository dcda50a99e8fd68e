//! The line between the shop and WeChat, tapped: what the shop asked, byte for
//! byte, and troubles that lie on the way rather than at WeChat.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use changgou::infra::settings::Settings;
use futures_util::StreamExt;
use tokio::sync::{Semaphore, watch};
use wechatpay::v2::{Fields, xml};

use crate::support::wechat::{CLOSEORDER, KEY, ORDERQUERY, UNIFIEDORDER, sealed};

/// How long a call is waited for.
const PATIENCE: Duration = Duration::from_secs(40);

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
    catch: Mutex<Option<Arc<Catch>>>,
}

/// Where on its way a call is caught.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// It has not arrived at WeChat.
    Before,
    /// WeChat has done it, and its answer has not arrived at the shop.
    After,
}

/// What WeChat is asked, by either API.
#[derive(Clone, Copy)]
pub enum Call {
    Code,
    Payment,
    Close,
    Refund,
    Refunded,
    FundFlow,
}

/// Calls that stop at a point of their way. Those that are still there when
/// this is dropped are lost.
pub struct Caught {
    line: Arc<Line>,
    catch: Arc<Catch>,
    go: watch::Sender<bool>,
}

struct Catch {
    call: Call,
    at: Point,
    there: Semaphore,
    go: watch::Receiver<bool>,
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
    /// WeChat's answer to this path begins like this, and the rest never comes.
    Begun(&'static str, fn() -> String),
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
            catch: Mutex::default(),
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

    /// From now on such calls stop there.
    pub fn catches(&self, call: Call, at: Point) -> Caught {
        let (go, gone) = watch::channel(false);
        let catch = Arc::new(Catch { call, at, there: Semaphore::new(0), go: gone });
        *self.line.catch.lock().unwrap() = Some(catch.clone());
        Caught { line: self.line.clone(), catch, go }
    }

    /// What was sent to a path arrives at WeChat now, as it was; WeChat's answer.
    pub async fn arrives_late(&self, path: &str, body: &str) -> Fields {
        let call = Passed { method: Method::POST, to: path.to_owned(), headers: HeaderMap::new() };
        let (_, _, answer) = self.line.pass_on(call, body.to_owned()).await;
        xml::read(&answer).unwrap()
    }
}

impl Caught {
    /// Waits until so many calls are there.
    pub async fn come(&self, many: u32) {
        let there = self.catch.there.acquire_many(many);
        tokio::time::timeout(PATIENCE, there).await.expect("the call comes").unwrap().forget();
    }

    /// They go on, and no more are caught.
    pub fn go_on(&self) {
        self.go.send_replace(true);
    }
}

impl Drop for Caught {
    fn drop(&mut self) {
        *self.line.catch.lock().unwrap() = None;
    }
}

impl Catch {
    /// Stops a call here if it is one of them; whether it goes on.
    async fn lets_pass(&self, at: Point, path: &str) -> bool {
        if self.at != at || !self.call.is_at(path) || *self.go.borrow() {
            return true;
        }
        self.there.add_permits(1);
        self.go.clone().wait_for(|go| *go).await.is_ok()
    }
}

impl Call {
    fn is_at(self, path: &str) -> bool {
        let v3_trade = path.starts_with("/v3/pay/transactions/out-trade-no/");
        match self {
            Call::Code => path == UNIFIEDORDER || path == "/v3/pay/transactions/native",
            Call::Payment => path == ORDERQUERY || (v3_trade && !path.ends_with("/close")),
            Call::Close => path == CLOSEORDER || (v3_trade && path.ends_with("/close")),
            Call::Refund => path == "/secapi/pay/refund" || path == "/v3/refund/domestic/refunds",
            Call::Refunded => path == "/pay/refundquery" || path.starts_with("/v3/refund/domestic/refunds/"),
            Call::FundFlow => path == "/pay/downloadfundflow",
        }
    }
}

/// What is passed on of a call besides its body.
struct Passed {
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
    let catch = line.catch.lock().unwrap().clone();
    if let Some(catch) = &catch
        && !catch.lets_pass(Point::Before, path).await
    {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    let answer = answered(&line, method, &uri, headers, body).await;
    if let Some(catch) = &catch
        && !catch.lets_pass(Point::After, path).await
    {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    answer
}

async fn answered(line: &Line, method: Method, uri: &Uri, headers: HeaderMap, body: String) -> Response {
    let (path, trouble) = (uri.path(), *line.trouble.lock().unwrap());
    let call = Passed { method, to: uri.to_string(), headers };
    match trouble {
        Trouble::Lost(to) if to == path => StatusCode::BAD_GATEWAY.into_response(),
        Trouble::Told(to, otherwise) if to == path => {
            let (status, _, answer) = line.pass_on(call, body).await;
            let mut fields = xml::read(&answer).unwrap();
            otherwise(&mut fields);
            (status, sealed(&fields, KEY)).into_response()
        }
        Trouble::Begun(to, beginning) if to == path => {
            let begun = futures_util::stream::iter([Ok::<_, std::convert::Infallible>(beginning())]);
            Body::from_stream(begun.chain(futures_util::stream::pending())).into_response()
        }
        Trouble::None | Trouble::Lost(_) | Trouble::Told(..) | Trouble::Begun(..) => {
            line.pass_on(call, body).await.into_response()
        }
    }
}

impl Line {
    async fn pass_on(&self, call: Passed, body: String) -> (StatusCode, HeaderMap, Bytes) {
        {
            let mut under_way = self.under_way.lock().unwrap();
            under_way.0 += 1;
            under_way.1 = under_way.1.max(under_way.0);
        }
        let answer = self.answered(call, body).await;
        self.under_way.lock().unwrap().0 -= 1;
        answer
    }

    async fn answered(&self, mut call: Passed, body: String) -> (StatusCode, HeaderMap, Bytes) {
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
                (status, headers, answer.bytes().await.unwrap_or_default())
            }
            Err(_) => (StatusCode::BAD_GATEWAY, HeaderMap::new(), Bytes::new()),
        }
    }
}
