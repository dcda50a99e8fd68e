//! One signed request and its answer, told apart by status.

use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use reqwest::{Method, RequestBuilder, Response, Url};
use serde::Deserialize;

use super::sign::authorization;
use super::{CallError, Client, Doubt, ErrCode, Unsent, json};
use crate::transport::{Broken, body, send};

/// An answer with status 200 or 204, not proven yet.
pub(crate) struct Answer {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Client {
    /// Sends a request for `path` with a fresh signature. A GET has no body.
    async fn exchange(&self, method: Method, path: &str, text: &str) -> Result<Response, CallError> {
        let limit = self.options().total_timeout;
        let request = |base: &str| self.request(&method, at(base, path)?, text, limit);
        told(self.way().send(request).await?).await
    }

    /// Gets what is at an address that WeChat gave.
    pub(crate) async fn fetch(&self, url: Url, limit: Duration) -> Result<Response, CallError> {
        told(send(self.request(&Method::GET, url, "", limit)?).await?).await
    }

    /// What is signed is the path, whatever the host.
    fn request(
        &self,
        method: &Method,
        url: Url,
        text: &str,
        limit: Duration,
    ) -> Result<RequestBuilder, CallError> {
        let path = path_of(&url);
        let signed = authorization(self.merchant(), method.as_str(), &path, self.clock().now(), text)?;
        let mut request = self.way().http.request(method.clone(), url).timeout(limit);
        request = request.header(AUTHORIZATION, signed).header(ACCEPT, "application/json");
        if let Some(id) = self.keys().public_key_id() {
            request = request.header("Wechatpay-Serial", id);
        }
        if *method == Method::POST {
            request = request.header(CONTENT_TYPE, "application/json").body(text.to_owned());
        }
        Ok(request)
    }

    pub(crate) async fn answer(&self, method: Method, path: &str, text: &str) -> Result<Answer, CallError> {
        let response = self.exchange(method, path, text).await?;
        let headers = response.headers().clone();
        Ok(Answer { headers, body: body(response).await? })
    }

    /// Whether an address is on a host that calls are made to.
    pub(crate) fn is_known_host(&self, url: &Url) -> bool {
        let way = self.way();
        let mut bases =
            [Some(&way.base), way.backup.as_ref().map(|backup| &backup.base)].into_iter().flatten();
        bases.any(|base| at(base, "/").is_ok_and(|known| known.origin() == url.origin()))
    }
}

fn at(base: &str, path: &str) -> Result<Url, CallError> {
    Url::parse(&format!("{base}{path}")).map_err(|error| Unsent::Build(error.to_string()).into())
}

/// What came with a status of success.
async fn told(response: Response) -> Result<Response, CallError> {
    match response.status().as_u16() {
        200 | 204 => Ok(response),
        status => Err(failed(status, response).await),
    }
}

/// What is signed of an address: the path and the query as they go out.
fn path_of(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}

#[derive(Deserialize)]
struct ErrorBody {
    code: Option<String>,
    message: Option<String>,
}

/// What an answer without success says. Its body only matters where the status lets it.
async fn failed(status: u16, response: Response) -> CallError {
    match body(response).await {
        Ok(bytes) => classified(status, &bytes),
        Err(Broken::TooLong) => Doubt::TooLong.into(),
        Err(broken) => broken.into(),
    }
}

pub(crate) fn classified(status: u16, body: &[u8]) -> CallError {
    let error: Option<ErrorBody> = json::read(body);
    let (code, message) = error.map_or((None, None), |error| (error.code, error.message));
    let code = code.filter(|code| !code.is_empty());
    let named = code.as_deref().map(ErrCode::from);
    let said = || named.as_ref().map_or_else(|| format!("HTTP status {status}"), ErrCode::to_string);
    match (status, &named) {
        (202, _) => Doubt::Accepted.into(),
        (429, _) | (_, Some(ErrCode::FrequencyLimited)) => Doubt::TooMany(said()).into(),
        (500..=599, _) | (_, Some(ErrCode::SystemError | ErrCode::ServiceUnavailable)) => {
            Doubt::SystemError(said()).into()
        }
        (400..=499, Some(code)) => CallError::Refused {
            status,
            code: code.clone(),
            message: json::prose(&message.unwrap_or_default()),
        },
        _ => Doubt::Status(status).into(),
    }
}
