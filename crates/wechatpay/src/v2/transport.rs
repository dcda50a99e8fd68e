//! One POST and its answer, without understanding either.

use std::error::Error;

use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Response, StatusCode};

use super::{BadBaseUrl, CallError, ClientOptions, Doubt, Unsent};

const LONGEST_ANSWER: usize = 1024 * 1024;

/// Redirects and proxies from the environment are off: nobody but the caller says where money goes.
pub(crate) fn http(options: ClientOptions) -> Result<reqwest::Client, BadBaseUrl> {
    reqwest::Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .connect_timeout(options.connect_timeout)
        .timeout(options.total_timeout)
        .user_agent(concat!("wechatpay/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(BadBaseUrl::Http)
}

/// Posts XML and gives the body of a 200.
pub(crate) async fn post(http: &reqwest::Client, url: String, xml: String) -> Result<Vec<u8>, CallError> {
    let sent = http.post(url).header(CONTENT_TYPE, "text/xml; charset=utf-8").body(xml).send();
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
