//! One client of a run: its connection, and the statistics of its requests. A
//! connection that is lost is counted and opened again, because a run goes on
//! while a shop fails.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use changgou::cli::CommandError;
use tokio::time::Instant;

use crate::http::{Connection, Request};
use crate::json_scan;
use crate::stats::Stats;

/// How long to wait after a connection could not be opened.
const RECONNECT_DELAY: Duration = Duration::from_millis(50);

/// A client with a connection of its own.
pub struct Client {
    address: SocketAddr,
    connection: Option<Connection>,
    pub stats: Stats,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Success,
    /// A status of 400 or more; the body says why.
    Refused,
    /// No response.
    Lost,
}

impl Client {
    pub async fn connect(address: SocketAddr) -> Result<Client, CommandError> {
        let connection = Connection::open(address).await.map_err(lost)?;
        Ok(Client { address, connection: Some(connection), stats: Stats::default() })
    }

    /// Sends a request and records its latency from now.
    pub async fn send(&mut self, kind: &'static str, request: Request<'_>) -> Outcome {
        self.send_at(kind, Instant::now(), request).await
    }

    /// Sends a request and records its latency from when it was due.
    pub async fn send_at(&mut self, kind: &'static str, due: Instant, request: Request<'_>) -> Outcome {
        match self.exchange(request).await {
            Some(status) if status < 400 => {
                self.stats.success(kind, due.elapsed());
                Outcome::Success
            }
            Some(status) => {
                let body = self.connection.as_ref().map(Connection::body).unwrap_or_default();
                let code = status.to_string();
                let reason = json_scan::first(body, "reason").unwrap_or(&code);
                self.stats.refused(kind, due.elapsed(), status, reason);
                Outcome::Refused
            }
            None => {
                self.stats.lost(kind);
                Outcome::Lost
            }
        }
    }

    /// Sends a request of the preparation, which must succeed.
    pub async fn must(&mut self, request: Request<'_>) -> Result<(), CommandError> {
        match self.send("setup", request).await {
            Outcome::Success => Ok(()),
            Outcome::Refused | Outcome::Lost => Err(self.unexpected(request)),
        }
    }

    /// The failure of a request of the preparation, with the body of its response.
    pub fn unexpected(&self, request: Request<'_>) -> CommandError {
        let body = String::from_utf8_lossy(self.body());
        CommandError::message(format!("{} {}: {body}", request.method, request.path))
    }

    /// The body of the last response.
    pub fn body(&self) -> &[u8] {
        self.connection.as_ref().map(Connection::body).unwrap_or_default()
    }

    async fn exchange(&mut self, request: Request<'_>) -> Option<u16> {
        let connection = self.connected().await?;
        let status = connection.send(request).await.ok();
        if status.is_none() {
            self.connection = None;
        }
        status
    }

    async fn connected(&mut self) -> Option<&mut Connection> {
        if self.connection.is_none() {
            self.connection = Connection::open(self.address).await.ok();
        }
        if self.connection.is_none() {
            tokio::time::sleep(RECONNECT_DELAY).await;
        }
        self.connection.as_mut()
    }
}

fn lost(error: io::Error) -> CommandError {
    CommandError::Io("the connection to the shop".to_owned(), error)
}
