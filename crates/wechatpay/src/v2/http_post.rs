//! Posting XML.

use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Response, StatusCode};

use super::{NotSentReason, V2CallError, V2UnknownReason};
use crate::transport::{Endpoint, TransportError, read_body};

/// Posts XML and returns the body of a 200 response.
pub(crate) async fn post_xml(endpoint: &Endpoint, path: &str, xml: String) -> Result<Vec<u8>, V2CallError> {
    Ok(read_body(post_for_response(endpoint, path, xml, None).await?).await?)
}

/// Posts XML and returns the head of a 200 response. `limit` replaces the default timeout of the
/// client.
pub(crate) async fn post_for_response(
    endpoint: &Endpoint,
    path: &str,
    xml: String,
    limit: Option<Duration>,
) -> Result<Response, V2CallError> {
    let request = |base: &str| {
        let request = endpoint.http.post(format!("{base}{path}")).body(xml.clone());
        let request = request.header(CONTENT_TYPE, "text/xml; charset=utf-8");
        Ok(match limit {
            Some(limit) => request.timeout(limit),
            None => request,
        })
    };
    let response = endpoint.send::<V2CallError>(request).await?;
    match response.status() {
        StatusCode::OK => Ok(response),
        other => Err(V2UnknownReason::Status(other.as_u16()).into()),
    }
}

impl From<TransportError> for V2CallError {
    fn from(broken: TransportError) -> V2CallError {
        match broken {
            TransportError::Connect(why) => NotSentReason::Connect(why).into(),
            TransportError::Build(why) => NotSentReason::Build(why).into(),
            TransportError::Timeout => V2UnknownReason::Timeout.into(),
            TransportError::Lost(why) => V2UnknownReason::Lost(why).into(),
            TransportError::TooLong => V2UnknownReason::TooLong.into(),
        }
    }
}
