//! One request and its answer, without understanding either.

use std::error::Error;
use std::sync::Arc;

use reqwest::redirect::Policy;
use reqwest::{ClientBuilder, RequestBuilder, Response};

use crate::options::{BadBaseUrl, ClientOptions};

const LONGEST_ANSWER: usize = 1024 * 1024;

/// Where calls go, and the connections there.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    pub(crate) http: reqwest::Client,
    pub(crate) base: Arc<str>,
}

impl Way {
    pub(crate) fn new(builder: ClientBuilder, base: &str) -> Result<Way, BadBaseUrl> {
        Ok(Way { http: builder.build().map_err(BadBaseUrl::Http)?, base: base.into() })
    }
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
