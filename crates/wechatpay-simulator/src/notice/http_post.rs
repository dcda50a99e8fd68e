use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use reqwest::{Client, ClientBuilder, header, redirect};
use tokio::sync::{Notify, Semaphore};

use super::delivery_log::{Log, Outcome};
use super::queue::Queue;
use super::{Letter, Sheet, Thanks};
use crate::state::lock;
use crate::v2::xml;

/// Deliveries on their way at once.
pub const MAX_CONCURRENT: u32 = 64;

/// WeChat waits five seconds for the merchant's answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
const MAX_ANSWER_BYTES: usize = 64 * 1024;
const REMEMBERED_ANSWER_BYTES: usize = 2048;

fn http() -> ClientBuilder {
    Client::builder()
        .timeout(ANSWER_TIMEOUT)
        .redirect(redirect::Policy::none())
        .pool_max_idle_per_host(MAX_CONCURRENT as usize)
        .tcp_nodelay(true)
        .http1_title_case_headers()
        .no_proxy()
}

/// The post office: what waits, what was delivered, and the means to deliver.
#[derive(Debug)]
pub struct Post {
    http: Client,
    queue: Mutex<Queue>,
    log: Mutex<Log>,
    /// Rings when a letter was put or the clock was moved.
    pub bell: Notify,
    /// One for each delivery on its way.
    pub permits: Arc<Semaphore>,
    /// One: advances of the clock happen one after another.
    pub advance_turn: Semaphore,
}

impl Post {
    pub fn new() -> Result<Self, reqwest::Error> {
        // A machine without authorities to trust can still be told of payments by http.
        let http = http().build().or_else(|_| http().tls_certs_only([]).build())?;
        Ok(Self {
            http,
            queue: Mutex::default(),
            log: Mutex::default(),
            bell: Notify::new(),
            permits: Arc::new(Semaphore::new(MAX_CONCURRENT as usize)),
            advance_turn: Semaphore::new(1),
        })
    }

    pub fn queue(&self) -> MutexGuard<'_, Queue> {
        lock(&self.queue)
    }

    pub fn log(&self) -> MutexGuard<'_, Log> {
        lock(&self.log)
    }

    /// Leaves a letter to be delivered when it is due.
    pub fn put(&self, due_ms: i64, letter: Letter) {
        self.queue().put(due_ms, letter);
        self.bell.notify_one();
    }

    /// Posts once and waits for the answer.
    pub async fn post(&self, url: &str, sheet: &Sheet) -> Outcome {
        match self.exchange(url, sheet).await {
            Ok((status, answer)) => judge(status, &answer, sheet.thanks),
            Err(error) => Outcome::Failed { why: reason(&error).to_owned() },
        }
    }

    /// Posts once; the status and the beginning of the body.
    pub async fn exchange(&self, url: &str, sheet: &Sheet) -> Result<(u16, Vec<u8>), reqwest::Error> {
        let mut request = self.http.post(url).header(header::USER_AGENT, "Mozilla/4.0");
        for (name, value) in &sheet.headers {
            request = request.header(*name, value);
        }
        let mut response = request.body(sheet.body.to_string()).send().await?;
        let mut answer = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            answer.extend_from_slice(&chunk);
            if answer.len() > MAX_ANSWER_BYTES {
                break;
            }
        }
        Ok((response.status().as_u16(), answer))
    }
}

/// Only the right thanks end the retries.
fn judge(status: u16, answer: &[u8], thanks: Thanks) -> Outcome {
    let text = String::from_utf8_lossy(answer);
    let is_success = match thanks {
        Thanks::Xml => {
            let read = xml::read(&text).ok().filter(|_| status < 300 && answer.len() <= MAX_ANSWER_BYTES);
            read.is_some_and(|fields| fields.get("return_code").is_some_and(|code| code == "SUCCESS"))
        }
        Thanks::Status => matches!(status, 200 | 204),
    };
    let text = beginning(&text);
    if is_success { Outcome::Acknowledged { status, text } } else { Outcome::Refused { status, text } }
}

fn beginning(text: &str) -> String {
    text[..text.floor_char_boundary(REMEMBERED_ANSWER_BYTES)].to_owned()
}

fn reason(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "no answer within five seconds"
    } else if error.is_connect() {
        "no connection"
    } else if error.is_builder() {
        "notify_url is not a URL"
    } else {
        "the connection broke"
    }
}
