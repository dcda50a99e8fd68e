//! One POST of XML and the body of its answer.

use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Response, StatusCode};

use super::{CallError, Doubt, Unsent};
use crate::transport::{Broken, Way, body};

/// Posts XML and gives the body of a 200.
pub(crate) async fn post(way: &Way, path: &str, xml: String) -> Result<Vec<u8>, CallError> {
    Ok(body(posted(way, path, xml, None).await?).await?)
}

/// Posts XML and gives the head of a 200, waiting for the whole up to `limit`, or as the client was
/// told.
pub(crate) async fn posted(
    way: &Way,
    path: &str,
    xml: String,
    limit: Option<Duration>,
) -> Result<Response, CallError> {
    let request = |base: &str| {
        let request = way.http.post(format!("{base}{path}")).body(xml.clone());
        let request = request.header(CONTENT_TYPE, "text/xml; charset=utf-8");
        Ok(match limit {
            Some(limit) => request.timeout(limit),
            None => request,
        })
    };
    let response = way.send::<CallError>(request).await?;
    match response.status() {
        StatusCode::OK => Ok(response),
        other => Err(Doubt::Status(other.as_u16()).into()),
    }
}

impl From<Broken> for CallError {
    fn from(broken: Broken) -> CallError {
        match broken {
            Broken::Connect(why) => Unsent::Connect(why).into(),
            Broken::Build(why) => Unsent::Build(why).into(),
            Broken::Timeout => Doubt::Timeout.into(),
            Broken::Lost(why) => Doubt::Lost(why).into(),
            Broken::TooLong => Doubt::TooLong.into(),
        }
    }
}
