//! A browser for benchmarks: one kept-alive HTTP/1.1 connection that costs the
//! machine as little as can be, since it shares it with the shop.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Bytes of the largest answer that is read.
const ANSWER_MAX: usize = 4 * 1024 * 1024;

/// A connection to the shop.
pub(super) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer: its status and its body.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
}

impl Connection {
    pub(super) async fn open(address: SocketAddr) -> io::Result<Connection> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, buffer: Vec::with_capacity(16 * 1024) })
    }

    /// Sends a request and reads its answer.
    pub(super) async fn ask(
        &mut self,
        method: &str,
        path: &str,
        token: &str,
        body: &str,
    ) -> io::Result<Answer> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: shop\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await?;
        self.buffer.clear();
        let (head, length) = self.head().await?;
        while self.buffer.len() < head + length {
            self.more().await?;
        }
        let status = std::str::from_utf8(&self.buffer[9..12]).ok().and_then(|digits| digits.parse().ok());
        let body = String::from_utf8_lossy(&self.buffer[head..head + length]).into_owned();
        Ok(Answer { status: status.ok_or_else(|| strange("no status"))?, body })
    }

    /// Where the body begins, and how long it is.
    async fn head(&mut self) -> io::Result<(usize, usize)> {
        loop {
            if let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                let length =
                    content_length(&self.buffer[..end]).ok_or_else(|| strange("no content-length"))?;
                return Ok((end + 4, length));
            }
            self.more().await?;
        }
    }

    async fn more(&mut self) -> io::Result<()> {
        if self.buffer.len() > ANSWER_MAX {
            return Err(strange("a giant answer"));
        }
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(strange("the shop hung up")),
            _ => Ok(()),
        }
    }
}

fn content_length(head: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(head).ok()?;
    let pairs = text.lines().filter_map(|line| line.split_once(':'));
    let mut lengths = pairs.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    lengths.next()?.1.trim().parse().ok()
}

fn strange(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
