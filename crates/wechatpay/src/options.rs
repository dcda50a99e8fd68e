//! The connection options of the clients.

use std::time::Duration;

use reqwest::Url;

/// The timeouts of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientOptions {
    /// The limit for connecting, TLS included. Default: 3 s.
    pub connect_timeout: Duration,
    /// The limit for a whole call, connecting included. Default: 10 s.
    pub total_timeout: Duration,
    /// The limit for downloading a bill. Default: 5 min.
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

/// Why a client cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum ClientBuildError {
    /// The text is not an http(s) address, or it has a user, a query or a fragment.
    #[error("the base URL is not a plain http or https address")]
    Address,
    /// One address uses https and the other does not.
    #[error("both addresses must use the same scheme")]
    Mixed,
    /// The HTTP client could not be built, usually because of TLS.
    #[error(
        "cannot build the HTTP client ({0}); if root certificates are missing, install the package ca-certificates"
    )]
    Http(#[source] reqwest::Error),
}

/// Parses a base URL and removes its trailing slash.
pub(crate) fn parse_base_url(text: &str) -> Result<String, ClientBuildError> {
    let url = Url::parse(text).map_err(|_| ClientBuildError::Address)?;
    let web = matches!(url.scheme(), "http" | "https") && url.has_host();
    let anonymous = url.username().is_empty() && url.password().is_none();
    if web && anonymous && url.query().is_none() && url.fragment().is_none() {
        return Ok(url.as_str().trim_end_matches('/').to_owned());
    }
    Err(ClientBuildError::Address)
}
