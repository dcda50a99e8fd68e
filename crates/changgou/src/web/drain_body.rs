//! Reads long bodies to their end. Most clients read the answer only after they have
//! sent everything: a refusal that comes earlier is lost with the connection.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, EXPECT, TRANSFER_ENCODING};
use tokio::time::timeout;
use tokio_stream::{Stream, StreamExt};

use crate::domain::limits::{BODY_BYTES_HEARD_MAX, BODY_BYTES_MAX};

/// How long the rest of a body may take.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// A body lent to a handler; what the handler leaves can still be read.
#[derive(Clone)]
pub(super) struct BorrowedBody(Arc<Mutex<BodyDataStream>>);

impl Stream for BorrowedBody {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut body = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Pin::new(&mut *body).poll_next(task)
    }
}

/// The request, and what may be left of its body if that is long.
pub(super) fn lend(request: Request) -> (Request, Option<BorrowedBody>) {
    if !is_long(request.headers()) {
        return (request, None);
    }
    let (head, body) = request.into_parts();
    let body = BorrowedBody(Arc::new(Mutex::new(body.into_data_stream())));
    (Request::from_parts(head, Body::from_stream(body.clone())), Some(body))
}

/// Reads what a handler left of a body. A client that sends more than the limit, or
/// takes longer, loses the answer.
pub(super) async fn drain(left: Option<BorrowedBody>) {
    if let Some(body) = left {
        let _ = timeout(DRAIN_TIMEOUT, rest(body)).await;
    }
}

async fn rest(mut body: BorrowedBody) {
    let mut read = 0;
    while read <= BODY_BYTES_HEARD_MAX
        && let Some(Ok(chunk)) = body.next().await
    {
        read += chunk.len();
    }
}

/// Whether a body may be refused before it is read. A client that sends `Expect` waits for
/// the answer first.
fn is_long(headers: &HeaderMap) -> bool {
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let is_long =
        length.map_or(headers.contains_key(TRANSFER_ENCODING), |length: u64| length > BODY_BYTES_MAX as u64);
    is_long && !headers.contains_key(EXPECT)
}
