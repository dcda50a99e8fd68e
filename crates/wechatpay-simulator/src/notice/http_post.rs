//! One HTTP POST to a merchant.

use std::time::Duration;

use reqwest::{Client, ClientBuilder, header, redirect};

use super::delivery_log::DeliveryOutcome;
use super::{AckRule, OutgoingMessage};
use crate::v2::xml;

/// WeChat waits five seconds for the merchant's answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
const MAX_ANSWER_BYTES: usize = 64 * 1024;
const LOGGED_ANSWER_BYTES: usize = 2048;

/// The HTTP client that posts to merchants.
#[derive(Debug)]
pub struct HttpPoster(Client);

impl HttpPoster {
    /// A client that keeps at most `max_idle` connections open for each merchant.
    pub fn new(max_idle: usize) -> Result<Self, reqwest::Error> {
        // On a machine without root certificates, notices can still be sent over plain http.
        let without_tls = || client_builder(max_idle).tls_certs_only([]).build();
        client_builder(max_idle).build().or_else(|_| without_tls()).map(Self)
    }

    /// Posts a message once and judges the answer.
    pub async fn post(&self, url: &str, message: &OutgoingMessage) -> DeliveryOutcome {
        match self.exchange(url, message).await {
            Ok((status, answer)) => judge(status, &answer, message.ack_rule),
            Err(error) => DeliveryOutcome::Failed { why: reason(&error).to_owned() },
        }
    }

    /// Posts a message once. Returns the status and the beginning of the body.
    pub async fn exchange(
        &self,
        url: &str,
        message: &OutgoingMessage,
    ) -> Result<(u16, Vec<u8>), reqwest::Error> {
        let mut request = self.0.post(url).header(header::USER_AGENT, "Mozilla/4.0");
        for (name, value) in &message.headers {
            request = request.header(*name, value);
        }
        let mut response = request.body(message.body.to_string()).send().await?;
        let mut answer = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            answer.extend_from_slice(&chunk);
            if answer.len() > MAX_ANSWER_BYTES {
                break;
            }
        }
        Ok((response.status().as_u16(), answer))
    }
}

fn client_builder(max_idle: usize) -> ClientBuilder {
    Client::builder()
        .timeout(ANSWER_TIMEOUT)
        .redirect(redirect::Policy::none())
        .pool_max_idle_per_host(max_idle)
        .tcp_nodelay(true)
        .http1_title_case_headers()
        .no_proxy()
}

/// Only the acknowledgement that the API asks for ends the retries.
fn judge(status: u16, answer: &[u8], ack_rule: AckRule) -> DeliveryOutcome {
    let text = String::from_utf8_lossy(answer);
    let is_success = match ack_rule {
        AckRule::Xml => {
            let read = xml::read(&text).ok().filter(|_| status < 300 && answer.len() <= MAX_ANSWER_BYTES);
            read.is_some_and(|fields| fields.get("return_code").is_some_and(|code| code == "SUCCESS"))
        }
        AckRule::Status => matches!(status, 200 | 204),
    };
    let text = beginning(&text);
    if is_success {
        DeliveryOutcome::Acknowledged { status, text }
    } else {
        DeliveryOutcome::Refused { status, text }
    }
}

fn beginning(text: &str) -> String {
    text[..text.floor_char_boundary(LOGGED_ANSWER_BYTES)].to_owned()
}

fn reason(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "no answer within five seconds"
    } else if error.is_connect() {
        "no connection"
    } else if error.is_builder() {
        "notify_url is not a URL"
    } else {
        "the connection was lost"
    }
}
