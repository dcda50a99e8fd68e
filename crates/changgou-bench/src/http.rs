//! An HTTP/1.1 client for load tests: one kept-alive connection that uses as
//! little of the machine as it can, because the shop runs on the same one. It
//! reuses its buffers and parses only what it needs of a response.

use std::io::{self, Write as _};
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Bytes of the largest response that is read.
const RESPONSE_MAX: usize = 4 * 1024 * 1024;

/// A request.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub method: &'a str,
    /// Path and query.
    pub path: &'a str,
    /// The login; empty for none.
    pub token: &'a str,
    pub body: &'a str,
}

impl<'a> Request<'a> {
    pub fn get(path: &'a str, token: &'a str) -> Request<'a> {
        Request { method: "GET", path, token, body: "" }
    }

    pub fn post(path: &'a str, token: &'a str, body: &'a str) -> Request<'a> {
        Request { method: "POST", path, token, body }
    }

    pub fn put(path: &'a str, token: &'a str, body: &'a str) -> Request<'a> {
        Request { method: "PUT", path, token, body }
    }
}

/// A connection to the shop.
pub struct Connection {
    stream: TcpStream,
    request: Vec<u8>,
    response: Vec<u8>,
    body: (usize, usize),
}

impl Connection {
    pub async fn open(address: SocketAddr) -> io::Result<Connection> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (request, response) = (Vec::with_capacity(1024), Vec::with_capacity(16 * 1024));
        Ok(Connection { stream, request, response, body: (0, 0) })
    }

    /// Sends a request and reads its response: the status. The body stays until the next request.
    pub async fn send(&mut self, request: Request<'_>) -> io::Result<u16> {
        self.encode(request)?;
        self.stream.write_all(&self.request).await?;
        self.response.clear();
        let (start, length) = self.read_head().await?;
        while self.response.len() < start + length {
            self.read_more().await?;
        }
        self.body = (start, start + length);
        let digits = self.response.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok());
        digits.and_then(|digits| digits.parse().ok()).ok_or_else(|| invalid("no status"))
    }

    /// The body of the last response.
    pub fn body(&self) -> &[u8] {
        self.response.get(self.body.0..self.body.1).unwrap_or_default()
    }

    fn encode(&mut self, request: Request<'_>) -> io::Result<()> {
        let Request { method, path, token, body } = request;
        let content_type = if body.starts_with('<') { "text/xml" } else { "application/json" };
        self.request.clear();
        write!(self.request, "{method} {path} HTTP/1.1\r\nhost: shop\r\n")?;
        if !token.is_empty() {
            write!(self.request, "authorization: Bearer {token}\r\n")?;
        }
        let length = body.len();
        write!(self.request, "content-type: {content_type}\r\ncontent-length: {length}\r\n\r\n{body}")
    }

    /// Reads the head of a response: the start of its body, and its length.
    async fn read_head(&mut self) -> io::Result<(usize, usize)> {
        let mut searched = 0;
        loop {
            if let Some(end) = self.response[searched..].windows(4).position(|four| four == b"\r\n\r\n") {
                let head = &self.response[..searched + end];
                let length = content_length(head).ok_or_else(|| invalid("no content-length"))?;
                return Ok((searched + end + 4, length));
            }
            searched = self.response.len().saturating_sub(3);
            self.read_more().await?;
        }
    }

    async fn read_more(&mut self) -> io::Result<()> {
        if self.response.len() > RESPONSE_MAX {
            return Err(invalid("the response is too large"));
        }
        match self.stream.read_buf(&mut self.response).await? {
            0 => Err(invalid("the shop closed the connection")),
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

fn invalid(problem: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_length_is_found_in_any_case() {
        let head = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\nx: content-length: 3";
        assert_eq!(content_length(head), Some(12));
        assert_eq!(content_length(b"HTTP/1.1 200 OK\r\ncontent-length:"), None);
    }
}
