//! A proxy between the shop and WeChat: it records requests byte for byte and makes faults of the network.

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

/// How long to wait for a call.
const PATIENCE: Duration = Duration::from_secs(40);

/// A proxy whose requests a test can read.
pub struct WechatProxy {
    url: String,
    state: Arc<ProxyState>,
}

struct ProxyState {
    wechat: OnceLock<String>,
    http: reqwest::Client,
    calls: Mutex<Vec<(String, String)>>,
    under_way: Mutex<(usize, usize)>,
    fault: Mutex<ProxyFault>,
    hold: Mutex<Option<Arc<Hold>>>,
}

/// Where a call is held.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// Before it reaches WeChat.
    Before,
    /// After WeChat answered, before the answer reaches the shop.
    After,
}

/// A kind of call to WeChat, by either API.
#[derive(Clone, Copy)]
pub enum Call {
    Prepay,
    OrderQuery,
    Close,
    Refund,
    RefundQuery,
    FundFlow,
}

/// Calls that are held at a point. Those that are still held when this is dropped are lost.
pub struct HeldCalls {
    state: Arc<ProxyState>,
    hold: Arc<Hold>,
    go: watch::Sender<bool>,
}

struct Hold {
    call: Call,
    at: Point,
    there: Semaphore,
    go: watch::Receiver<bool>,
}

/// A fault between shop and WeChat.
#[derive(Clone, Copy)]
pub enum ProxyFault {
    /// Nothing.
    None,
    /// Requests to this path are lost; the shop gets a 502.
    Lost(&'static str),
    /// The answer to this path is changed and signed again.
    Changed(&'static str, fn(&mut Fields)),
    /// The answer to this path begins with this text and never ends.
    CutOff(&'static str, fn() -> String),
}

impl WechatProxy {
    /// A proxy that is not connected yet.
    pub async fn new() -> WechatProxy {
        let state = Arc::new(ProxyState {
            wechat: OnceLock::new(),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            calls: Mutex::default(),
            under_way: Mutex::default(),
            fault: Mutex::new(ProxyFault::None),
            hold: Mutex::default(),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(relay).with_state(state.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        WechatProxy { url, state }
    }

    /// Puts the proxy between the shop and its WeChat.
    pub fn tap(&self, settings: &mut Settings) {
        let wechat = settings.wechat.as_mut().unwrap();
        let before = std::mem::replace(&mut wechat.base_url, self.url.clone());
        self.state.wechat.set(before).unwrap();
    }

    /// The bodies of the requests to a path, in order.
    pub fn sent(&self, path: &str) -> Vec<String> {
        let calls = self.state.calls.lock().unwrap();
        let to_path = calls.iter().filter(|(to, _)| to == path);
        to_path.map(|(_, body)| body.clone()).collect()
    }

    /// The highest number of calls that were under way at once.
    pub fn most_calls_at_once(&self) -> usize {
        self.state.under_way.lock().unwrap().1
    }

    /// Sets the fault of all calls from now on.
    pub fn sets_fault(&self, fault: ProxyFault) {
        *self.state.fault.lock().unwrap() = fault;
    }

    /// Holds all such calls at that point from now on.
    pub fn holds(&self, call: Call, at: Point) -> HeldCalls {
        let (go, gone) = watch::channel(false);
        let hold = Arc::new(Hold { call, at, there: Semaphore::new(0), go: gone });
        *self.state.hold.lock().unwrap() = Some(hold.clone());
        HeldCalls { state: self.state.clone(), hold, go }
    }

    /// Delivers an earlier request to WeChat now; WeChat's answer.
    pub async fn delivers_late(&self, path: &str, body: &str) -> Fields {
        let call = Forwarded { method: Method::POST, to: path.to_owned(), headers: HeaderMap::new() };
        let (_, _, answer) = self.state.forward(call, body.to_owned()).await;
        xml::read(&answer).unwrap()
    }
}

impl HeldCalls {
    /// Waits until `many` calls are held.
    pub async fn arrive(&self, many: u32) {
        let there = self.hold.there.acquire_many(many);
        tokio::time::timeout(PATIENCE, there).await.expect("the call comes").unwrap().forget();
    }

    /// Releases them; no more are held.
    pub fn go_on(&self) {
        self.go.send_replace(true);
    }
}

impl Drop for HeldCalls {
    fn drop(&mut self) {
        *self.state.hold.lock().unwrap() = None;
    }
}

impl Hold {
    /// Holds a call if it is one of them; whether it goes on.
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
            Call::Prepay => path == UNIFIEDORDER || path == "/v3/pay/transactions/native",
            Call::OrderQuery => path == ORDERQUERY || (v3_trade && !path.ends_with("/close")),
            Call::Close => path == CLOSEORDER || (v3_trade && path.ends_with("/close")),
            Call::Refund => path == "/secapi/pay/refund" || path == "/v3/refund/domestic/refunds",
            Call::RefundQuery => {
                path == "/pay/refundquery" || path.starts_with("/v3/refund/domestic/refunds/")
            }
            Call::FundFlow => path == "/pay/downloadfundflow",
        }
    }
}

/// What the proxy forwards of a call besides its body.
struct Forwarded {
    method: Method,
    to: String,
    headers: HeaderMap,
}

async fn relay(
    State(state): State<Arc<ProxyState>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: String,
) -> Response {
    let path = uri.path();
    state.calls.lock().unwrap().push((path.to_owned(), body.clone()));
    let hold = state.hold.lock().unwrap().clone();
    if let Some(hold) = &hold
        && !hold.lets_pass(Point::Before, path).await
    {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    let answer = answered(&state, method, &uri, headers, body).await;
    if let Some(hold) = &hold
        && !hold.lets_pass(Point::After, path).await
    {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    answer
}

async fn answered(
    state: &ProxyState,
    method: Method,
    uri: &Uri,
    headers: HeaderMap,
    body: String,
) -> Response {
    let (path, fault) = (uri.path(), *state.fault.lock().unwrap());
    let call = Forwarded { method, to: uri.to_string(), headers };
    match fault {
        ProxyFault::Lost(to) if to == path => StatusCode::BAD_GATEWAY.into_response(),
        ProxyFault::Changed(to, otherwise) if to == path => {
            let (status, _, answer) = state.forward(call, body).await;
            let mut fields = xml::read(&answer).unwrap();
            otherwise(&mut fields);
            (status, sealed(&fields, KEY)).into_response()
        }
        ProxyFault::CutOff(to, beginning) if to == path => {
            let begun = futures_util::stream::iter([Ok::<_, std::convert::Infallible>(beginning())]);
            Body::from_stream(begun.chain(futures_util::stream::pending())).into_response()
        }
        ProxyFault::None | ProxyFault::Lost(_) | ProxyFault::Changed(..) | ProxyFault::CutOff(..) => {
            state.forward(call, body).await.into_response()
        }
    }
}

impl ProxyState {
    async fn forward(&self, call: Forwarded, body: String) -> (StatusCode, HeaderMap, Bytes) {
        {
            let mut under_way = self.under_way.lock().unwrap();
            under_way.0 += 1;
            under_way.1 = under_way.1.max(under_way.0);
        }
        let answer = self.answered(call, body).await;
        self.under_way.lock().unwrap().0 -= 1;
        answer
    }

    async fn answered(&self, mut call: Forwarded, body: String) -> (StatusCode, HeaderMap, Bytes) {
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
