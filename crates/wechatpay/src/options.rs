//! How the client connects.

use std::time::Duration;

use reqwest::Url;

/// How long the client waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientOptions {
    /// Until there is a connection, TLS included. 3 s unless told otherwise.
    pub connect_timeout: Duration,
    /// Until the whole answer is there, connecting included. 10 s unless told otherwise.
    pub total_timeout: Duration,
    /// Until the whole of a bill is there. 5 min unless told otherwise.
    pub download_timeout: Duration,
}

impl Default for ClientOptions {
    fn default() -> ClientOptions {
        ClientOptions {
            connect_timeout: Duration::from_secs(3),
            total_timeout: Duration::from_secs(10),
            download_timeout: Duration::from_secs(300),
        }
    }
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum BadBaseUrl {
    /// The text is no http(s) address, or has a user, a query or a fragment.
    #[error("not a plain http or https address")]
    Address,
    /// One address is https and the other is not.
    #[error("the second address must be https if the first is, and http if it is not")]
    Mixed,
    /// TLS could not be set up.
    #[error("no HTTP client ({0}); a machine without authorities to trust lacks the package ca-certificates")]
    Http(#[source] reqwest::Error),
}

/// The address paths are appended to, without a trailing slash.
pub(crate) fn base(text: &str) -> Result<String, BadBaseUrl> {
    let url = Url::parse(text).map_err(|_| BadBaseUrl::Address)?;
    let web = matches!(url.scheme(), "http" | "https") && url.has_host();
    let anonymous = url.username().is_empty() && url.password().is_none();
    if web && anonymous && url.query().is_none() && url.fragment().is_none() {
        return Ok(url.as_str().trim_end_matches('/').to_owned());
    }
    Err(BadBaseUrl::Address)
}
