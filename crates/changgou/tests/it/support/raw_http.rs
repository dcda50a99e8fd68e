//! HTTP by hand, for clients that send and read as none should.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Long enough for a shop on a busy machine; what should not happen happens sooner.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection on which a test sends a request in pieces and reads when it likes.
pub struct RawClient(TcpStream);

impl RawClient {
    pub async fn to(address: SocketAddr) -> RawClient {
        RawClient(TcpStream::connect(address).await.expect("the shop accepts"))
    }

    /// A connection that has sent this.
    pub async fn after(address: SocketAddr, text: &str) -> RawClient {
        let mut client = RawClient::to(address).await;
        client.send(text).await;
        client
    }

    /// Sends text; a shop that has closed the connection does not get it.
    pub async fn send(&mut self, text: &str) {
        let _ = self.0.write_all(text.as_bytes()).await;
    }

    /// All that arrives until the shop closes the connection; fails if it does not.
    pub async fn hears_to_the_end(&mut self) -> String {
        let mut heard = Vec::new();
        let mut piece = [0; 16 * 1024];
        loop {
            match timeout(PATIENCE, self.0.read(&mut piece)).await.expect("the shop closes the connection") {
                Ok(0) | Err(_) => return String::from_utf8_lossy(&heard).into_owned(),
                Ok(length) => heard.extend_from_slice(&piece[..length]),
            }
        }
    }

    /// Whether the connection is still open, with nothing to read.
    pub fn is_held(&self) -> bool {
        let mut byte = [0];
        matches!(self.0.try_read(&mut byte), Err(error) if error.kind() == std::io::ErrorKind::WouldBlock)
    }
}

/// The whole conversation of a request that is sent at once.
pub async fn conversation(address: SocketAddr, text: &str) -> String {
    RawClient::after(address, text).await.hears_to_the_end().await
}
