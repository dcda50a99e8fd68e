//! `/pay/{order}/events`: server-sent events that tell an open page the state of the payment.
//! A stream ends with the login that opened it.

use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc::{self, Sender};
use tokio::time::{Instant, sleep};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;

use super::super::WebState;
use super::super::extractors::{Buyer, Caller, login_of, login_required, token_of};
use super::super::input::PathOrder;
use super::super::response::ApiProblem;
use super::super::streams::StreamSlot;
use crate::domain::id::OrderId;
use crate::domain::status::OrderState;
use crate::flow;

/// How often the login and the order are read, for changes made by another node.
const LOOK_EVERY: Duration = Duration::from_secs(3);

/// How often a stream checks whether the node shuts down.
const TICK: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, PartialEq, Eq)]
enum PaymentNews {
    Waiting,
    Paid,
    Closed,
}

struct Watch {
    web: WebState,
    token: String,
    username: String,
    id: OrderId,
    changes: Receiver<OrderId>,
    tell: Sender<PaymentNews>,
    _slot: StreamSlot,
}

pub(in super::super) async fn stream(
    State(web): State<WebState>,
    Buyer(login): Buyer,
    Caller(address): Caller,
    PathOrder(id): PathOrder,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    let slot = web.streams.open(&login.username, address, web.app.settings.http)?;
    let (tell, told) = mpsc::channel(4);
    // Subscribed before the order is read, so that no change is missed.
    let changes = web.app.changes();
    let token = token_of(&web, &headers).ok_or_else(login_required)?;
    let username = login.username;
    let watch = Watch { web, token, username, id, changes, tell, _slot: slot };
    let first = watch.payment_state().await?;
    tokio::spawn(watch.run(first));
    let events = ReceiverStream::new(told).map(|news| Ok::<_, std::convert::Infallible>(event(news)));
    let unbuffered = [(HeaderName::from_static("x-accel-buffering"), "no")];
    Ok((unbuffered, Sse::new(events).keep_alive(KeepAlive::default())).into_response())
}

fn event(news: PaymentNews) -> Event {
    Event::default().event("payment").data(match news {
        PaymentNews::Waiting => "waiting",
        PaymentNews::Paid => "paid",
        PaymentNews::Closed => "closed",
    })
}

impl Watch {
    /// Sends each change until the payment is final, the login has ended or the time is
    /// over; a page that is still open connects again.
    async fn run(mut self, first: PaymentNews) {
        let until = Instant::now() + self.web.app.settings.http.stream;
        let mut last = first;
        if self.tell.send(last).await.is_err() {
            return;
        }
        while last == PaymentNews::Waiting && Instant::now() < until && self.wait_for_change().await {
            if !self.is_logged_in().await {
                return;
            }
            let Ok(now) = self.payment_state().await else { continue };
            if now != last && self.tell.send(now).await.is_err() {
                return;
            }
            last = now;
        }
    }

    /// Waits until the order may have changed; `false` if the stream should end.
    async fn wait_for_change(&mut self) -> bool {
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

    /// Whether the login is still valid. One that cannot be looked up now is looked up again.
    async fn is_logged_in(&self) -> bool {
        login_of(&self.web, &self.token).await.map_or(true, |login| login.is_some())
    }

    async fn payment_state(&self) -> flow::Outcome<PaymentNews> {
        let order = flow::fulfil::find_order(&self.web.app, &self.username, &self.id).await?;
        Ok(match order.state {
            OrderState::AwaitingPayment => PaymentNews::Waiting,
            OrderState::Closed => PaymentNews::Closed,
            OrderState::AwaitingShipment
            | OrderState::Shipped
            | OrderState::Completed
            | OrderState::Returned
            | OrderState::Refunded => PaymentNews::Paid,
        })
    }
}
