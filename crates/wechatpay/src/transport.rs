//! One request and its answer, without understanding either.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use reqwest::redirect::Policy;
use reqwest::{ClientBuilder, RequestBuilder, Response};

use crate::Clock;
use crate::options::{BadBaseUrl, ClientOptions};

const LONGEST_ANSWER: usize = 1024 * 1024;

/// Where calls go, and the connections there.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    pub(crate) http: reqwest::Client,
    pub(crate) base: Arc<str>,
    pub(crate) backup: Option<Backup>,
}

/// How long the second address is asked first once the first was not reached.
const AVOIDED_MS: i64 = 60_000;

/// A second address for the days on which the first is not reached. Clones know the same.
#[derive(Debug, Clone)]
pub(crate) struct Backup {
    pub(crate) base: Arc<str>,
    clock: Clock,
    first_again: Arc<AtomicI64>,
    answers: Arc<AtomicU64>,
}

impl Backup {
    pub(crate) fn new(base: &str, clock: Clock) -> Backup {
        Backup { base: base.into(), clock, first_again: Arc::default(), answers: Arc::default() }
    }

    fn is_asked_first(&self) -> bool {
        self.clock.now() < self.first_again.load(Ordering::Relaxed)
    }

    fn note(&self, answered: &str) {
        let until = if *answered == *self.base { self.clock.now().saturating_add(AVOIDED_MS) } else { 0 };
        self.first_again.store(until, Ordering::Relaxed);
    }

    fn count(&self, answered: &str) {
        if *answered == *self.base {
            self.answers.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How often it answered in the other's place.
    pub(crate) fn answers(&self) -> u64 {
        self.answers.load(Ordering::Relaxed)
    }
}

impl Way {
    pub(crate) fn new(builder: ClientBuilder, base: &str) -> Result<Way, BadBaseUrl> {
        Ok(Way { http: client(builder, base)?, base: base.into(), backup: None })
    }

    /// The same addresses by other connections.
    pub(crate) fn dressed(&self, builder: ClientBuilder) -> Result<Way, BadBaseUrl> {
        Ok(Way { http: client(builder, &self.base)?, ..self.clone() })
    }

    pub(crate) fn with_backup(self, backup: Backup) -> Result<Way, BadBaseUrl> {
        if is_secure(&self.base) != is_secure(&backup.base) {
            return Err(BadBaseUrl::Mixed);
        }
        Ok(Way { backup: Some(backup), ..self })
    }

    /// Sends what `request` makes for an address: to one address, and where that gives no answer to the
    /// other, if there is one. Whoever answered is asked first for a while.
    pub(crate) async fn send<E: From<Broken>>(
        &self,
        request: impl Fn(&str) -> Result<RequestBuilder, E>,
    ) -> Result<Response, E> {
        let Some(backup) = &self.backup else {
            return Ok(send(request(&self.base)?).await?);
        };
        let mut bases = [&self.base, &backup.base];
        if backup.is_asked_first() {
            bases.reverse();
        }
        let broken = match send(request(bases[0])?).await {
            Ok(response) => {
                backup.count(bases[0]);
                return Ok(response);
            }
            Err(broken) if !broken.is_silence() => return Err(broken.into()),
            Err(broken) => broken,
        };
        match send(request(bases[1])?).await {
            Ok(response) => {
                backup.note(bases[1]);
                backup.count(bases[1]);
                Ok(response)
            }
            // That nothing was sent to the second says nothing about the first.
            Err(Broken::Connect(_) | Broken::Build(_)) => Err(broken.into()),
            Err(second) => Err(second.into()),
        }
    }
}

/// Without TLS nobody needs to be trusted, and a machine that trusts nobody can still call.
fn client(builder: ClientBuilder, base: &str) -> Result<reqwest::Client, BadBaseUrl> {
    let builder = if is_secure(base) { builder } else { builder.tls_certs_only([]) };
    builder.build().map_err(BadBaseUrl::Http)
}

fn is_secure(base: &str) -> bool {
    base.starts_with("https://")
}

/// Redirects and proxies from the environment are off: nobody but the caller says where money goes.
pub(crate) fn http(options: ClientOptions) -> ClientBuilder {
    reqwest::Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .connect_timeout(options.connect_timeout)
        .timeout(options.total_timeout)
        .user_agent(concat!("wechatpay/", env!("CARGO_PKG_VERSION")))
}

/// How an exchange broke off, and with it what may have been sent.
#[derive(Debug)]
pub(crate) enum Broken {
    /// Nothing was sent: there was no connection.
    Connect(String),
    /// Nothing was sent: there was no request.
    Build(String),
    Timeout,
    Lost(String),
    TooLong,
}

impl Broken {
    /// Whether nobody answered.
    fn is_silence(&self) -> bool {
        match self {
            Broken::Connect(_) | Broken::Timeout | Broken::Lost(_) => true,
            Broken::Build(_) | Broken::TooLong => false,
        }
    }
}

/// Sends a request and gives the head of the answer.
pub(crate) async fn send(request: RequestBuilder) -> Result<Response, Broken> {
    request.send().await.map_err(|error| classified(&error))
}

/// The whole body of an answer, up to 1 MiB.
pub(crate) async fn body(mut response: Response) -> Result<Vec<u8>, Broken> {
    let mut bytes = Vec::new();
    while let Some(chunk) = chunk(&mut response).await? {
        if bytes.len() + chunk.len() > LONGEST_ANSWER {
            return Err(Broken::TooLong);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// The next piece of a body as it comes from the network.
pub(crate) async fn chunk(response: &mut Response) -> Result<Option<Vec<u8>>, Broken> {
    let chunk = response.chunk().await.map_err(|error| classified(&error))?;
    Ok(chunk.map(|bytes| bytes.to_vec()))
}

/// Only errors from before the first byte went out prove that nothing was sent.
fn classified(error: &reqwest::Error) -> Broken {
    if error.is_connect() {
        Broken::Connect(root(error))
    } else if error.is_builder() {
        Broken::Build(root(error))
    } else if error.is_timeout() {
        Broken::Timeout
    } else {
        Broken::Lost(root(error))
    }
}

fn root(error: &reqwest::Error) -> String {
    let mut deepest: &dyn Error = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}
