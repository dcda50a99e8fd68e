//! Sending signed requests and classifying responses by status.

use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use reqwest::{Method, RequestBuilder, Response, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::platform_keys::is_public_key_id;
use super::sign::authorization;
use super::{
    NotSentReason, SignatureHeaders, V3CallError, V3Client, V3ErrCode, V3SignatureError, V3UnknownReason,
    json, verify,
};
use crate::transport::{TransportError, read_body, send};

/// A response with status 200 or 204, not verified yet.
pub(crate) struct UnverifiedResponse {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl V3Client {
    /// Sends a request for `path` with a new signature. A GET has no body.
    async fn exchange(&self, method: Method, path: &str, text: &str) -> Result<Response, V3CallError> {
        let limit = self.options().total_timeout;
        let request = |base: &str| self.request(&method, at(base, path)?, text, limit);
        check_status(self.endpoint().send(request).await?).await
    }

    /// Downloads from a URL that WeChat provided.
    pub(crate) async fn fetch(&self, url: Url, limit: Duration) -> Result<Response, V3CallError> {
        check_status(send(self.request(&Method::GET, url, "", limit)?).await?).await
    }

    /// The signature covers the path, but not the host.
    fn request(
        &self,
        method: &Method,
        url: Url,
        text: &str,
        limit: Duration,
    ) -> Result<RequestBuilder, V3CallError> {
        let path = path_of(&url);
        let signed = authorization(self.merchant(), method.as_str(), &path, self.clock().now(), text)?;
        let mut request = self.endpoint().http.request(method.clone(), url).timeout(limit);
        request = request.header(AUTHORIZATION, signed).header(ACCEPT, "application/json");
        if let Some(id) = self.keys().public_key_id() {
            request = request.header("Wechatpay-Serial", id);
        }
        if *method == Method::POST {
            request = request.header(CONTENT_TYPE, "application/json").body(text.to_owned());
        }
        Ok(request)
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, V3CallError> {
        let body = self.call(Method::GET, path, "").await?;
        json::read(&body).ok_or(V3UnknownReason::Json.into())
    }

    pub(crate) async fn post<T: DeserializeOwned>(&self, path: &str, text: &str) -> Result<T, V3CallError> {
        let body = self.call(Method::POST, path, text).await?;
        json::read(&body).ok_or(V3UnknownReason::Json.into())
    }

    /// Sends a request and returns the verified body of the response.
    pub(crate) async fn call(&self, method: Method, path: &str, text: &str) -> Result<Vec<u8>, V3CallError> {
        let answer = self.answer(method, path, text).await?;
        let headers = SignatureHeaders::from_headers(&answer.headers).map_err(V3UnknownReason::Signature)?;
        let check =
            |answer: &UnverifiedResponse| verify(&headers, &answer.body, self.keys(), self.clock().now());
        let proof = match check(&answer) {
            Err(V3SignatureError::UnknownSerial) if self.learns_serial(&headers.serial).await => {
                check(&answer)
            }
            other => other,
        };
        proof.map_err(V3UnknownReason::Signature)?;
        Ok(answer.body)
    }

    /// Downloads certificates and returns whether the serial number is known then. Public keys cannot
    /// be downloaded.
    pub(crate) async fn learns_serial(&self, serial: &str) -> bool {
        let may = !is_public_key_id(serial);
        may && self.refresh_certificates().await.is_ok() && self.keys().get(serial).is_some()
    }

    pub(crate) async fn answer(
        &self,
        method: Method,
        path: &str,
        text: &str,
    ) -> Result<UnverifiedResponse, V3CallError> {
        let response = self.exchange(method, path, text).await?;
        let headers = response.headers().clone();
        Ok(UnverifiedResponse { headers, body: read_body(response).await? })
    }

    /// Whether a URL is on one of the configured hosts.
    pub(crate) fn is_known_host(&self, url: &Url) -> bool {
        let endpoint = self.endpoint();
        let mut bases =
            [Some(&endpoint.base), endpoint.backup.as_ref().map(|backup| &backup.base)].into_iter().flatten();
        bases.any(|base| at(base, "/").is_ok_and(|known| known.origin() == url.origin()))
    }
}

fn at(base: &str, path: &str) -> Result<Url, V3CallError> {
    Url::parse(&format!("{base}{path}")).map_err(|error| NotSentReason::Build(error.to_string()).into())
}

/// Passes on a successful response and turns any other into an error.
async fn check_status(response: Response) -> Result<Response, V3CallError> {
    match response.status().as_u16() {
        200 | 204 => Ok(response),
        status => Err(response_error(status, response).await),
    }
}

/// The signed part of a URL: the path and the query exactly as they are sent.
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

/// Builds the error of an unsuccessful response. Only some statuses need the body.
async fn response_error(status: u16, response: Response) -> V3CallError {
    match read_body(response).await {
        Ok(bytes) => classified(status, &bytes),
        Err(TransportError::TooLong) => V3UnknownReason::TooLong.into(),
        Err(broken) => broken.into(),
    }
}

pub(crate) fn classified(status: u16, body: &[u8]) -> V3CallError {
    let error: Option<ErrorBody> = json::read(body);
    let (code, message) = error.map_or((None, None), |error| (error.code, error.message));
    let code = code.filter(|code| !code.is_empty());
    let named = code.as_deref().map(V3ErrCode::from);
    let said = || named.as_ref().map_or_else(|| format!("HTTP status {status}"), V3ErrCode::to_string);
    match (status, &named) {
        (202, _) => V3UnknownReason::Accepted.into(),
        (429, _) | (_, Some(V3ErrCode::FrequencyLimited)) => V3UnknownReason::TooMany(said()).into(),
        (500..=599, _) | (_, Some(V3ErrCode::SystemError | V3ErrCode::ServiceUnavailable)) => {
            V3UnknownReason::SystemError(said()).into()
        }
        (400..=499, Some(code)) => V3CallError::Refused {
            status,
            code: code.clone(),
            message: json::display_text(&message.unwrap_or_default()),
        },
        _ => V3UnknownReason::Status(status).into(),
    }
}
