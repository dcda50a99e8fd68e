//! Ends connections whose client does not read. Time spent waiting for the client uses up a
//! patience that each byte it reads renews, so one that reads a byte now and then ends too.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

use crate::domain::limits::WRITE_BYTES_PER_SECOND_MIN;

pub(super) struct WriteTimeout {
    stream: TcpStream,
    most: Duration,
    patience: Duration,
    blocked: Option<Blocked>,
}

struct Blocked {
    since: Instant,
    over: Pin<Box<Sleep>>,
}

impl WriteTimeout {
    pub(super) fn new(stream: TcpStream, patience: Duration) -> WriteTimeout {
        WriteTimeout { stream, most: patience, patience, blocked: None }
    }

    fn after(&mut self, task: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match written {
            Poll::Pending => self.poll_patience(task),
            Poll::Ready(written) => {
                self.renew(*written.as_ref().unwrap_or(&0));
                Poll::Ready(written)
            }
        }
    }

    fn poll_patience(&mut self, task: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let patience = self.patience;
        let blocked = self
            .blocked
            .get_or_insert_with(|| Blocked { since: Instant::now(), over: Box::pin(sleep(patience)) });
        ready!(blocked.over.as_mut().poll(task));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client does not read")))
    }

    fn renew(&mut self, bytes: usize) {
        if let Some(blocked) = self.blocked.take() {
            self.patience = self.patience.saturating_sub(blocked.since.elapsed());
        }
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let earned = Duration::from_millis(bytes.saturating_mul(1000) / WRITE_BYTES_PER_SECOND_MIN);
        self.patience = self.patience.saturating_add(earned).min(self.most);
    }
}

impl AsyncWrite for WriteTimeout {
    fn poll_write(mut self: Pin<&mut Self>, task: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(task, bytes);
        self.after(task, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(task, bytes);
        self.after(task, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(task)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(task)
    }
}

impl AsyncRead for WriteTimeout {
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(task, buffer)
    }
}
