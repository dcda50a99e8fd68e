//! One POST and its answer, without understanding either.

use std::error::Error;
use std::sync::Arc;

use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{ClientBuilder, Response, StatusCode};

use super::{BadBaseUrl, CallError, ClientOptions, Doubt, Unsent};

const LONGEST_ANSWER: usize = 1024 * 1024;

/// Where calls go, and the connections there.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    http: reqwest::Client,
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

/// Posts XML and gives the body of a 200.
pub(crate) async fn post(way: &Way, path: &str, xml: String) -> Result<Vec<u8>, CallError> {
    let url = format!("{}{path}", way.base);
    let sent = way.http.post(url).header(CONTENT_TYPE, "text/xml; charset=utf-8").body(xml).send();
    let response = sent.await.map_err(|error| classified(&error))?;
    if response.status() != StatusCode::OK {
        return Err(Doubt::Status(response.status().as_u16()).into());
    }
    body(response).await
}

async fn body(mut response: Response) -> Result<Vec<u8>, CallError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| classified(&error))? {
        if bytes.len() + chunk.len() > LONGEST_ANSWER {
            return Err(Doubt::TooLong.into());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Only errors from before the first byte went out prove that nothing was sent.
fn classified(error: &reqwest::Error) -> CallError {
    if error.is_connect() {
        Unsent::Connect(root(error)).into()
    } else if error.is_builder() {
        Unsent::Build(root(error)).into()
    } else if error.is_timeout() {
        Doubt::Timeout.into()
    } else {
        Doubt::Lost(root(error)).into()
    }
}

fn root(error: &reqwest::Error) -> String {
    let mut deepest: &dyn Error = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}
