//! A browser for benchmarks: one kept-alive HTTP/1.1 connection that costs the
//! machine as little as can be, since it shares it with the shop. Buffers are
//! kept, and of an answer only what is needed is looked at.

use std::io::{self, Write as _};
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Bytes of the largest answer that is read.
const ANSWER_MAX: usize = 4 * 1024 * 1024;

/// A request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ask<'a> {
    pub(super) method: &'a str,
    /// Path and query.
    pub(super) path: &'a str,
    /// Who asks; empty for nobody.
    pub(super) token: &'a str,
    pub(super) body: &'a str,
}

/// A connection to the shop.
pub(super) struct Connection {
    stream: TcpStream,
    request: Vec<u8>,
    answer: Vec<u8>,
    body: (usize, usize),
}

impl Connection {
    pub(super) async fn open(address: SocketAddr) -> io::Result<Connection> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (request, answer) = (Vec::with_capacity(1024), Vec::with_capacity(16 * 1024));
        Ok(Connection { stream, request, answer, body: (0, 0) })
    }

    /// Sends a request and reads its answer: the status. The body stays until the next request.
    pub(super) async fn ask(&mut self, ask: Ask<'_>) -> io::Result<u16> {
        self.write(ask)?;
        self.stream.write_all(&self.request).await?;
        self.answer.clear();
        let (head, length) = self.head().await?;
        while self.answer.len() < head + length {
            self.more().await?;
        }
        self.body = (head, head + length);
        let digits = self.answer.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok());
        digits.and_then(|digits| digits.parse().ok()).ok_or_else(|| strange("no status"))
    }

    /// The body of the answer that came last.
    pub(super) fn body(&self) -> &[u8] {
        self.answer.get(self.body.0..self.body.1).unwrap_or_default()
    }

    fn write(&mut self, ask: Ask<'_>) -> io::Result<()> {
        let Ask { method, path, token, body } = ask;
        let kind = if body.starts_with('<') { "text/xml" } else { "application/json" };
        self.request.clear();
        write!(self.request, "{method} {path} HTTP/1.1\r\nhost: shop\r\n")?;
        if !token.is_empty() {
            write!(self.request, "authorization: Bearer {token}\r\n")?;
        }
        write!(self.request, "content-type: {kind}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
    }

    /// Where the body begins, and how long it is.
    async fn head(&mut self) -> io::Result<(usize, usize)> {
        let mut looked = 0;
        loop {
            if let Some(end) = self.answer[looked..].windows(4).position(|four| four == b"\r\n\r\n") {
                let head = &self.answer[..looked + end];
                let length = content_length(head).ok_or_else(|| strange("no content-length"))?;
                return Ok((looked + end + 4, length));
            }
            looked = self.answer.len().saturating_sub(3);
            self.more().await?;
        }
    }

    async fn more(&mut self) -> io::Result<()> {
        if self.answer.len() > ANSWER_MAX {
            return Err(strange("a giant answer"));
        }
        match self.stream.read_buf(&mut self.answer).await? {
            0 => Err(strange("the shop hung up")),
            _ => Ok(()),
        }
    }
}

fn content_length(head: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    let mut lines = head.split(|byte| *byte == b'\n');
    let line = lines.find(|line| line.len() > NAME.len() && line[..NAME.len()].eq_ignore_ascii_case(NAME))?;
    std::str::from_utf8(&line[NAME.len()..]).ok()?.trim().parse().ok()
}

fn strange(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_is_found_in_whatever_case() {
        let head = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\nx: content-length: 3";
        assert_eq!(content_length(head), Some(12));
        assert_eq!(content_length(b"HTTP/1.1 200 OK\r\ncontent-length:"), None);
    }
}
