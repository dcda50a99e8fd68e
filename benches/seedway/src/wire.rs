//! HTTP/1.1 on persistent connections, with as little overhead as possible.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::Failed;

/// One connection to a service.
pub(crate) struct Wire(BufReader<TcpStream>);

impl Wire {
    pub(crate) async fn open(address: SocketAddr) -> Result<Wire, Failed> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Wire(BufReader::new(stream)))
    }

    /// Sends a request and reads the whole answer; anything but 200 is an error.
    pub(crate) async fn post(&mut self, path: &str, body: &str) -> Result<String, Failed> {
        let length = body.len();
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        self.0.get_mut().write_all(request.as_bytes()).await?;
        let (status, length) = self.head().await?;
        let mut answer = vec![0; length];
        self.0.read_exact(&mut answer).await?;
        let answer = String::from_utf8(answer)?;
        if status == "200" { Ok(answer) } else { Err(format!("{path}: {status} {answer}").into()) }
    }

    /// The status, and the length of the body.
    async fn head(&mut self) -> Result<(String, usize), Failed> {
        let (mut line, mut length) = (String::new(), 0);
        self.0.read_line(&mut line).await?;
        let status = line.split(' ').nth(1).ok_or("the connection was closed")?.to_owned();
        loop {
            line.clear();
            self.0.read_line(&mut line).await?;
            match line.trim_end().split_once(':') {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.trim().parse()?;
                }
                Some(_) => {}
                None => return Ok((status, length)),
            }
        }
    }
}

/// Connections to one service, reused for the next call.
pub(crate) struct Peers {
    address: SocketAddr,
    idle: Mutex<Vec<Wire>>,
}

impl Peers {
    pub(crate) fn new(address: SocketAddr) -> Peers {
        Peers { address, idle: Mutex::new(Vec::new()) }
    }

    /// An internal call.
    pub(crate) async fn post(&self, path: &str) -> Result<String, Failed> {
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut wire = match kept {
            Some(wire) => wire,
            None => Wire::open(self.address).await?,
        };
        let answer = wire.post(path, "").await?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(wire);
        Ok(answer)
    }
}
