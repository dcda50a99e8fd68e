//! One connection and what is asked through it. A connection that is lost is
//! counted and opened again: a shop that stumbles is measured, not given up.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::Instant;

use super::client::{Ask, Connection};
use super::json_scan;
use super::tally::Tally;

/// How long to wait before a connection that could not be opened is tried again.
const BREATH: Duration = Duration::from_millis(50);

/// Where one client sits.
pub(super) struct Seat {
    address: SocketAddr,
    connection: Option<Connection>,
    pub(super) tally: Tally,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// It did what it should.
    Good,
    /// The shop said no; the body says why.
    Refused,
    /// There was no answer.
    Lost,
}

impl Seat {
    pub(super) async fn take(address: SocketAddr) -> io::Result<Seat> {
        let connection = Some(Connection::open(address).await?);
        Ok(Seat { address, connection, tally: Tally::default() })
    }

    /// Asks, and counts the answer from now.
    pub(super) async fn asks(&mut self, kind: &'static str, ask: Ask<'_>) -> Heard {
        self.asks_since(kind, Instant::now(), ask).await
    }

    /// Asks, and counts the answer from when it was due.
    pub(super) async fn asks_since(&mut self, kind: &'static str, since: Instant, ask: Ask<'_>) -> Heard {
        match self.sends(ask).await {
            Some(status) if status < 400 => {
                self.tally.good(kind, since.elapsed());
                Heard::Good
            }
            Some(status) => {
                let body = self.connection.as_ref().map(Connection::body).unwrap_or_default();
                let code = status.to_string();
                let reason = json_scan::first(body, "reason").unwrap_or(&code);
                self.tally.refused(kind, since.elapsed(), status, reason);
                Heard::Refused
            }
            None => {
                self.tally.lost(kind);
                Heard::Lost
            }
        }
    }

    /// The body of the answer that came last.
    pub(super) fn body(&self) -> &[u8] {
        self.connection.as_ref().map(Connection::body).unwrap_or_default()
    }

    async fn sends(&mut self, ask: Ask<'_>) -> Option<u16> {
        let connection = self.connected().await?;
        let status = connection.ask(ask).await.ok();
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
            tokio::time::sleep(BREATH).await;
        }
        self.connection.as_mut()
    }
}
