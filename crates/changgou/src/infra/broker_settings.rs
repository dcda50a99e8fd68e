//! The address of the broker, shared by the settings and the queue.

#[derive(Clone)]
pub struct AmqpSettings {
    /// With the password; a secret.
    pub url: String,
    /// Prefix of all exchanges and queues.
    pub prefix: String,
}

impl std::fmt::Debug for AmqpSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AmqpSettings(prefix {:?})", self.prefix)
    }
}

/// The URL is not usable.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}; write amqp://USER:PASSWORD@HOST:5672/VHOST, or amqps:// with TLS")]
pub struct BadBrokerUrl(String);

impl BadBrokerUrl {
    pub(crate) fn new(problem: impl Into<String>) -> BadBrokerUrl {
        BadBrokerUrl(problem.into())
    }
}

/// Refuses a URL that the AMQP library would read as another host or port.
pub fn check_url(url: &str) -> Result<(), BadBrokerUrl> {
    let Some(("amqp" | "amqps", rest)) = url.split_once("://") else {
        return Err(BadBrokerUrl::new("it does not begin with amqp:// or amqps://"));
    };
    let host = rest.split(['/', '?']).next().unwrap_or_default().rsplit('@').next().unwrap_or_default();
    if host.is_empty() || host.starts_with(':') {
        return Err(BadBrokerUrl::new("it names no host"));
    }
    if host.starts_with('[') {
        return Err(BadBrokerUrl::new("an IPv6 address needs a name in /etc/hosts or in the DNS"));
    }
    match host.split_once(':') {
        Some((_, port)) if port.parse::<u16>().is_err() => {
            Err(BadBrokerUrl::new(format!("{port:?} is not a port")))
        }
        Some(_) | None => Ok(()),
    }
}
