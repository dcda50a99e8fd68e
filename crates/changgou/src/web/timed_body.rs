//! Bounds the time of a body: as a whole, and between two pieces. A body that is late ends
//! with an error, and the request is answered 408 whatever its handler makes of that.

use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use axum::body::Bytes;
use axum::extract::Request;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use super::connections::Activity;
use crate::infra::settings::HttpLimits;

/// Says after the handler whether the body of a request was late.
#[derive(Clone, Default)]
pub(super) struct BodyClock(Arc<AtomicBool>);

impl BodyClock {
    pub(super) fn of(request: &Request) -> BodyClock {
        request.extensions().get().cloned().unwrap_or_default()
    }

    pub(super) fn was_late(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the body did not arrive in time")]
struct LateBody;

pub(super) struct TimedBody {
    body: Incoming,
    limits: HttpLimits,
    clock: BodyClock,
    activity: Arc<Activity>,
    began: Instant,
    last_piece: Instant,
    /// Made when the body is waited for, which most bodies need not be.
    over: Option<Pin<Box<Sleep>>>,
}

impl TimedBody {
    pub(super) fn new(
        body: Incoming,
        limits: HttpLimits,
        clock: BodyClock,
        activity: Arc<Activity>,
    ) -> TimedBody {
        let now = Instant::now();
        TimedBody { body, limits, clock, activity, began: now, last_piece: now, over: None }
    }

    /// Ready when the time is over.
    fn poll_over(&mut self, task: &mut Context<'_>) -> Poll<LateBody> {
        self.activity.waits();
        let until = (self.began + self.limits.body).min(self.last_piece + self.limits.body_pause);
        let over = self.over.get_or_insert_with(|| Box::pin(sleep_until(until)));
        if over.deadline() != until {
            over.as_mut().reset(until);
        }
        ready!(over.as_mut().poll(task));
        self.clock.0.store(true, Ordering::Relaxed);
        Poll::Ready(LateBody)
    }
}

impl Body for TimedBody {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(task) {
            self.activity.works();
            self.last_piece = Instant::now();
            let is_over = self.last_piece >= self.began + self.limits.body;
            if !is_over || !matches!(frame, Some(Ok(_))) {
                return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
            }
        }
        let late = ready!(self.poll_over(task));
        self.activity.works();
        Poll::Ready(Some(Err(late.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
