//! Sending HTTP requests and reading responses, whatever they mean.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use reqwest::redirect::Policy;
use reqwest::{ClientBuilder, RequestBuilder, Response};

use crate::Clock;
use crate::options::{ClientBuildError, ClientOptions};

const LONGEST_ANSWER: usize = 1024 * 1024;

/// The address that calls are sent to, with its HTTP client.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    pub(crate) http: reqwest::Client,
    pub(crate) base: Arc<str>,
    pub(crate) backup: Option<BackupAddress>,
}

/// How long the backup address is tried first after the main one failed.
const BACKUP_PREFERRED_MS: i64 = 60_000;

/// A second address for when the first one cannot be reached. Clones share their state.
#[derive(Debug, Clone)]
pub(crate) struct BackupAddress {
    pub(crate) base: Arc<str>,
    clock: Clock,
    preferred_until: Arc<AtomicI64>,
    answers: Arc<AtomicU64>,
}

impl BackupAddress {
    pub(crate) fn new(base: &str, clock: Clock) -> BackupAddress {
        BackupAddress { base: base.into(), clock, preferred_until: Arc::default(), answers: Arc::default() }
    }

    fn is_preferred(&self) -> bool {
        self.clock.now() < self.preferred_until.load(Ordering::Relaxed)
    }

    fn prefer_if_backup(&self, answered: &str) {
        let until =
            if *answered == *self.base { self.clock.now().saturating_add(BACKUP_PREFERRED_MS) } else { 0 };
        self.preferred_until.store(until, Ordering::Relaxed);
    }

    fn count_if_backup(&self, answered: &str) {
        if *answered == *self.base {
            self.answers.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many calls the backup address has answered.
    pub(crate) fn answers(&self) -> u64 {
        self.answers.load(Ordering::Relaxed)
    }
}

impl Endpoint {
    pub(crate) fn new(builder: ClientBuilder, base: &str) -> Result<Endpoint, ClientBuildError> {
        Ok(Endpoint { http: build_client(builder, base)?, base: base.into(), backup: None })
    }

    /// The same addresses with another HTTP client.
    pub(crate) fn with_builder(&self, builder: ClientBuilder) -> Result<Endpoint, ClientBuildError> {
        Ok(Endpoint { http: build_client(builder, &self.base)?, ..self.clone() })
    }

    pub(crate) fn with_backup(self, backup: BackupAddress) -> Result<Endpoint, ClientBuildError> {
        if is_secure(&self.base) != is_secure(&backup.base) {
            return Err(ClientBuildError::Mixed);
        }
        Ok(Endpoint { backup: Some(backup), ..self })
    }

    /// Sends the request that `request` builds for an address. If the address gives no answer, the
    /// request is sent once to the other one. The address that answered is tried first for a while.
    pub(crate) async fn send<E: From<TransportError>>(
        &self,
        request: impl Fn(&str) -> Result<RequestBuilder, E>,
    ) -> Result<Response, E> {
        let Some(backup) = &self.backup else {
            return Ok(send(request(&self.base)?).await?);
        };
        let mut bases = [&self.base, &backup.base];
        if backup.is_preferred() {
            bases.reverse();
        }
        let broken = match send(request(bases[0])?).await {
            Ok(response) => {
                backup.count_if_backup(bases[0]);
                return Ok(response);
            }
            Err(broken) if !broken.is_no_answer() => return Err(broken.into()),
            Err(broken) => broken,
        };
        match send(request(bases[1])?).await {
            Ok(response) => {
                backup.prefer_if_backup(bases[1]);
                backup.count_if_backup(bases[1]);
                Ok(response)
            }
            // A failed connection to the second address says nothing about the first.
            Err(TransportError::Connect(_) | TransportError::Build(_)) => Err(broken.into()),
            Err(second) => Err(second.into()),
        }
    }
}

/// Plain http needs no root certificates, so it also works on a machine without any.
fn build_client(builder: ClientBuilder, base: &str) -> Result<reqwest::Client, ClientBuildError> {
    let builder = if is_secure(base) { builder } else { builder.tls_certs_only([]) };
    builder.build().map_err(ClientBuildError::Http)
}

fn is_secure(base: &str) -> bool {
    base.starts_with("https://")
}

/// Redirects and proxies from the environment are disabled: only the caller decides where requests go.
pub(crate) fn client_builder(options: ClientOptions) -> ClientBuilder {
    reqwest::Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .connect_timeout(options.connect_timeout)
        .timeout(options.total_timeout)
        .user_agent(concat!("wechatpay/", env!("CARGO_PKG_VERSION")))
}

/// How an HTTP exchange failed, and thereby whether anything may have been sent.
#[derive(Debug)]
pub(crate) enum TransportError {
    /// No connection; nothing was sent.
    Connect(String),
    /// The request could not be built; nothing was sent.
    Build(String),
    Timeout,
    Lost(String),
    TooLong,
}

impl TransportError {
    /// Whether no answer arrived.
    fn is_no_answer(&self) -> bool {
        match self {
            TransportError::Connect(_) | TransportError::Timeout | TransportError::Lost(_) => true,
            TransportError::Build(_) | TransportError::TooLong => false,
        }
    }
}

/// Sends a request and returns the response head.
pub(crate) async fn send(request: RequestBuilder) -> Result<Response, TransportError> {
    request.send().await.map_err(|error| classify(&error))
}

/// Reads a response body of at most 1 MiB.
pub(crate) async fn read_body(mut response: Response) -> Result<Vec<u8>, TransportError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = read_chunk(&mut response).await? {
        if bytes.len() + chunk.len() > LONGEST_ANSWER {
            return Err(TransportError::TooLong);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Reads the next chunk of a body.
pub(crate) async fn read_chunk(response: &mut Response) -> Result<Option<Vec<u8>>, TransportError> {
    let chunk = response.chunk().await.map_err(|error| classify(&error))?;
    Ok(chunk.map(|bytes| bytes.to_vec()))
}

/// Only an error before the first byte proves that nothing was sent.
fn classify(error: &reqwest::Error) -> TransportError {
    if error.is_connect() {
        TransportError::Connect(root_cause(error))
    } else if error.is_builder() {
        TransportError::Build(root_cause(error))
    } else if error.is_timeout() {
        TransportError::Timeout
    } else {
        TransportError::Lost(root_cause(error))
    }
}

fn root_cause(error: &reqwest::Error) -> String {
    let mut deepest: &dyn Error = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}
