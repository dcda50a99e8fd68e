//! `/pay/{order}/events`: tells an open page what becomes of the payment.

use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderName;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc::{self, Sender};
use tokio::time::{Instant, sleep};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;

use super::super::WebState;
use super::super::extractors::Buyer;
use super::super::input::PathOrder;
use super::super::response::ApiProblem;
use crate::domain::id::OrderId;
use crate::domain::status::OrderState;
use crate::flow;

/// After that a page that is still open asks anew.
const LIFE: Duration = Duration::from_secs(600);

/// How soon a page learns what happened on another node.
const LOOK_EVERY: Duration = Duration::from_secs(3);

/// How soon a node that shuts down lets go of its pages.
const TICK: Duration = Duration::from_secs(1);

/// What a page is told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum News {
    Waiting,
    Paid,
    Closed,
}

/// Who watches what.
struct Watch {
    web: WebState,
    username: String,
    id: OrderId,
    changes: Receiver<OrderId>,
    tell: Sender<News>,
}

pub(in super::super) async fn stream(
    State(web): State<WebState>,
    Buyer(login): Buyer,
    PathOrder(id): PathOrder,
) -> Result<Response, ApiProblem> {
    let (tell, told) = mpsc::channel(4);
    // Listened to before the first look, so that nothing falls between.
    let changes = web.app.changes();
    let username = login.username;
    let watch = Watch { web, username, id, changes, tell };
    let first = watch.look().await?;
    tokio::spawn(watch.run(first));
    let events = ReceiverStream::new(told).map(|news| Ok::<_, std::convert::Infallible>(event(news)));
    let unbuffered = [(HeaderName::from_static("x-accel-buffering"), "no")];
    Ok((unbuffered, Sse::new(events).keep_alive(KeepAlive::default())).into_response())
}

fn event(news: News) -> Event {
    Event::default().event("payment").data(match news {
        News::Waiting => "waiting",
        News::Paid => "paid",
        News::Closed => "closed",
    })
}

impl Watch {
    /// Tells what is new until nothing more can be, or time is up.
    async fn run(mut self, first: News) {
        let until = Instant::now() + LIFE;
        let mut last = first;
        if self.tell.send(last).await.is_err() {
            return;
        }
        while last == News::Waiting && Instant::now() < until && self.wait().await {
            let Ok(now) = self.look().await else { continue };
            if now != last && self.tell.send(now).await.is_err() {
                return;
            }
            last = now;
        }
    }

    /// Waits until it is worth looking again; `false` when nobody should wait any longer.
    async fn wait(&mut self) -> bool {
        let look_at = Instant::now() + LOOK_EVERY;
        while Instant::now() < look_at {
            if self.web.is_draining() {
                return false;
            }
            tokio::select! {
                () = self.tell.closed() => return false,
                changed = self.changes.recv() => match changed {
                    Ok(id) if id != self.id => {}
                    Ok(_) | Err(RecvError::Lagged(_)) => return true,
                    Err(RecvError::Closed) => return false,
                },
                () = sleep(TICK) => {}
            }
        }
        true
    }

    async fn look(&self) -> flow::Outcome<News> {
        let order = flow::fulfil::order(&self.web.app, &self.username, &self.id).await?;
        Ok(match order.state {
            OrderState::AwaitingPayment => News::Waiting,
            OrderState::Closed => News::Closed,
            OrderState::AwaitingShipment
            | OrderState::Shipped
            | OrderState::Completed
            | OrderState::Returned
            | OrderState::Refunded => News::Paid,
        })
    }
}
