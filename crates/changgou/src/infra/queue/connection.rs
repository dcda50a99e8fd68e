//! Opening connections, and the meaning of their errors.

use std::time::Duration;

use lapin::uri::{AMQPScheme, AMQPUri};
use lapin::{Channel, Connection, ConnectionProperties};
use tokio::time::timeout;

use super::{Broker, BrokerError, error_number, topology};
use crate::infra::broker_settings::{BadBrokerUrl, check_url};

/// Timeout of connecting, including the declaration of exchanges and queues.
const CONNECT: Duration = Duration::from_secs(5);

/// Timeout of closing a connection.
const CLOSE: Duration = Duration::from_secs(2);

/// Heartbeat in seconds, unless the URL has one.
const HEARTBEAT_S: u16 = 10;

/// Reply codes for missing rights: access refused, not allowed.
const REFUSALS: [u16; 2] = [403, 530];

/// A connection with a channel in confirm mode.
pub(super) struct BrokerConnection {
    pub(super) connection: Connection,
    pub(super) channel: Channel,
}

impl BrokerConnection {
    pub(super) fn is_good(&self) -> bool {
        self.connection.status().connected() && self.channel.status().connected()
    }

    /// Whether the broker has blocked the connection because it is short of memory or disk space.
    pub(super) fn is_blocked(&self) -> bool {
        self.connection.status().blocked()
    }

    pub(super) async fn close(&self) {
        close_connection(&self.connection).await;
    }
}

/// The broker may no longer answer.
pub(super) async fn close_connection(connection: &Connection) {
    match timeout(CLOSE, connection.close(200, "OK".into())).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "the connection to the broker was closed already"),
        Err(_) => tracing::debug!("the broker did not answer the close"),
    }
}

/// The heartbeat is ours unless the URL has one.
pub(super) fn parse_url(url: &str) -> Result<AMQPUri, BadBrokerUrl> {
    check_url(url)?;
    let mut uri: AMQPUri = url.parse().map_err(BadBrokerUrl::new)?;
    uri.query.heartbeat.get_or_insert(HEARTBEAT_S);
    Ok(uri)
}

pub(super) fn redact_password(uri: &AMQPUri) -> String {
    let scheme = match uri.scheme {
        AMQPScheme::AMQP => "amqp",
        AMQPScheme::AMQPS => "amqps",
    };
    let (authority, vhost) = (&uri.authority, uri.vhost.trim_start_matches('/'));
    format!("{scheme}://{}@{}:{}/{vhost}", authority.userinfo.username, authority.host, authority.port)
}

impl Broker {
    /// Connects, declares all exchanges and queues and opens a channel in confirm mode.
    pub(super) async fn connect(&self) -> Result<BrokerConnection, BrokerError> {
        let opening = async {
            let connection = self.dial().await?;
            self.declare(&connection).await?;
            let channel = connection.create_channel().await?;
            channel.confirm_select(lapin::options::ConfirmSelectOptions::default()).await?;
            Ok(BrokerConnection { connection, channel })
        };
        self.with_timeout(opening).await
    }

    /// A connection without declarations.
    pub(super) async fn dial(&self) -> Result<Connection, lapin::Error> {
        let named = ConnectionProperties::default().with_connection_name("changgou".into());
        Connection::connect_uri(self.0.uri.clone(), named).await
    }

    async fn declare(&self, connection: &Connection) -> Result<(), lapin::Error> {
        topology::declare_all(connection, &self.0.names, &self.0.only_classic).await
    }

    /// Runs `work` with the connect timeout.
    pub(super) async fn with_timeout<T>(
        &self,
        work: impl Future<Output = Result<T, lapin::Error>>,
    ) -> Result<T, BrokerError> {
        match timeout(CONNECT, work).await {
            Ok(done) => done.map_err(|error| self.to_broker_error(&error)),
            Err(_) => Err(BrokerError::Away(format!(
                "{} did not answer within {} s",
                self.redacted_url(),
                CONNECT.as_secs()
            ))),
        }
    }

    pub(super) fn to_broker_error(&self, error: &lapin::Error) -> BrokerError {
        let told = format!("{}: {error}", self.redacted_url());
        if error_number(error).is_some_and(|number| REFUSALS.contains(&number)) {
            return BrokerError::Refused(told);
        }
        BrokerError::Away(told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_its_password() {
        let uri = parse_url("amqp://shop:hunter2@mq.example/%2fchanggou").unwrap();
        assert_eq!(redact_password(&uri), "amqp://shop@mq.example:5672/changgou");
        assert_eq!(uri.query.heartbeat, Some(HEARTBEAT_S));
    }

    #[test]
    fn what_would_mean_another_host_is_refused() {
        for (wrong, word) in [
            ("http://mq.example", "begin"),
            ("mq.example:5672", "begin"),
            ("amqp:shop:hunter2@mq.example", "begin"),
            ("amqp://", "no host"),
            ("amqp://shop:hunter2@", "no host"),
            ("amqp://:5672/shop", "no host"),
            ("amqp://shop:hunter2@[::1]:5672/", "IPv6"),
            ("amqp://mq.example:port/", "port"),
        ] {
            let told = parse_url(wrong).unwrap_err().to_string();
            assert!(told.contains(word) && told.contains("amqp://USER"), "{wrong}: {told}");
            assert!(!told.contains("hunter2"), "{told}");
        }
    }
}
