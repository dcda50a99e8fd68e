//! One POST of XML and the body of its answer.

use reqwest::StatusCode;
use reqwest::header::CONTENT_TYPE;

use super::{CallError, Doubt, Unsent};
use crate::transport::{Broken, Way, body, send};

/// Posts XML and gives the body of a 200.
pub(crate) async fn post(way: &Way, path: &str, xml: String) -> Result<Vec<u8>, CallError> {
    let request = way.http.post(format!("{}{path}", way.base));
    let response = send(request.header(CONTENT_TYPE, "text/xml; charset=utf-8").body(xml)).await?;
    if response.status() != StatusCode::OK {
        return Err(Doubt::Status(response.status().as_u16()).into());
    }
    Ok(body(response).await?)
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
