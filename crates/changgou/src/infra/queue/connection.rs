//! Connections: how they come about, and what their errors mean.

use std::time::Duration;

use lapin::uri::{AMQPScheme, AMQPUri};
use lapin::{Channel, Connection, ConnectionProperties, ErrorKind};
use tokio::time::timeout;

use super::{BadBrokerUrl, Broker, BrokerError, topology};

/// How long a connection may take to come about, exchanges and queues included.
const CONNECT: Duration = Duration::from_secs(5);

/// How long a parting broker is waited for.
const PART: Duration = Duration::from_secs(2);

/// Seconds after which a silent peer is asked whether it lives, unless the URL says otherwise.
const HEARTBEAT_S: u16 = 10;

/// Numbers by which a broker says that it will not have this shop: access
/// refused, not allowed.
const REFUSALS: [u16; 2] = [403, 530];

/// A connection, and a channel of it on which the broker confirms what it takes.
pub(super) struct BrokerConnection {
    pub(super) connection: Connection,
    pub(super) channel: Channel,
}

impl BrokerConnection {
    pub(super) fn is_good(&self) -> bool {
        self.connection.status().connected() && self.channel.status().connected()
    }

    /// Whether the broker has asked for a pause, being short of memory or disk.
    pub(super) fn is_blocked(&self) -> bool {
        self.connection.status().blocked()
    }

    pub(super) async fn close(&self) {
        part(&self.connection).await;
    }
}

/// Says goodbye, to a broker that may no longer listen.
pub(super) async fn part(connection: &Connection) {
    match timeout(PART, connection.close(200, "OK".into())).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "the broker was gone already"),
        Err(_) => tracing::debug!("the broker did not say goodbye"),
    }
}

/// Reads a URL and refuses what would silently mean something else.
pub(super) fn read_url(url: &str) -> Result<AMQPUri, BadBrokerUrl> {
    let Some(("amqp" | "amqps", rest)) = url.split_once("://") else {
        return Err(BadBrokerUrl("it does not begin with amqp:// or amqps://".to_owned()));
    };
    let host = rest.split(['/', '?']).next().unwrap_or_default().rsplit('@').next().unwrap_or_default();
    if host.is_empty() || host.starts_with(':') {
        return Err(BadBrokerUrl("it names no host".to_owned()));
    }
    if host.starts_with('[') {
        return Err(BadBrokerUrl("an IPv6 address needs a name in /etc/hosts or in the DNS".to_owned()));
    }
    let mut uri: AMQPUri = url.parse().map_err(BadBrokerUrl)?;
    uri.query.heartbeat.get_or_insert(HEARTBEAT_S);
    Ok(uri)
}

/// The URL without its password.
pub(super) fn shown(uri: &AMQPUri) -> String {
    let scheme = match uri.scheme {
        AMQPScheme::AMQP => "amqp",
        AMQPScheme::AMQPS => "amqps",
    };
    let (authority, vhost) = (&uri.authority, uri.vhost.trim_start_matches('/'));
    format!("{scheme}://{}@{}:{}/{vhost}", authority.userinfo.username, authority.host, authority.port)
}

impl Broker {
    /// A connection with all exchanges and queues declared, and a confirming channel.
    pub(super) async fn connect(&self) -> Result<BrokerConnection, BrokerError> {
        let opening = async {
            let connection = self.dial().await?;
            self.declare(&connection).await?;
            let channel = connection.create_channel().await?;
            channel.confirm_select(lapin::options::ConfirmSelectOptions::default()).await?;
            Ok(BrokerConnection { connection, channel })
        };
        self.in_time(opening).await
    }

    /// A bare connection.
    pub(super) async fn dial(&self) -> Result<Connection, lapin::Error> {
        let named = ConnectionProperties::default().with_connection_name("changgou".into());
        Connection::connect_uri(self.0.uri.clone(), named).await
    }

    async fn declare(&self, connection: &Connection) -> Result<(), lapin::Error> {
        topology::all(connection, &self.0.names, &self.0.only_classic).await
    }

    /// The same, or why it did not come about in time.
    pub(super) async fn in_time<T>(
        &self,
        work: impl Future<Output = Result<T, lapin::Error>>,
    ) -> Result<T, BrokerError> {
        match timeout(CONNECT, work).await {
            Ok(done) => done.map_err(|error| self.trouble(&error)),
            Err(_) => Err(BrokerError::Away(format!(
                "{} did not answer within {} s",
                self.shown(),
                CONNECT.as_secs()
            ))),
        }
    }

    pub(super) fn trouble(&self, error: &lapin::Error) -> BrokerError {
        let told = format!("{}: {error}", self.shown());
        if number(error).is_some_and(|number| REFUSALS.contains(&number)) {
            return BrokerError::Refused(told);
        }
        BrokerError::Away(told)
    }
}

/// The number of an error the broker itself told.
pub(super) fn number(error: &lapin::Error) -> Option<u16> {
    if let ErrorKind::ProtocolError(told) = error.kind() { Some(told.get_id()) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_its_password() {
        let uri = read_url("amqp://shop:hunter2@mq.example/%2fchanggou").unwrap();
        assert_eq!(shown(&uri), "amqp://shop@mq.example:5672/changgou");
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
            let told = read_url(wrong).unwrap_err().to_string();
            assert!(told.contains(word) && told.contains("amqp://USER"), "{wrong}: {told}");
            assert!(!told.contains("hunter2"), "{told}");
        }
    }
}
