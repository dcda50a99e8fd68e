//! Refund requests of buyers. An order that was not shipped is refunded at once; about
//! goods that were shipped an operator decides.

use super::overview::refunds_in;
use super::{RefundWant, Restock, SHOWN_MAX, WantedRefund, not_paid, refund_in_tx, request_key};
use crate::domain::id::{Id, OrderId};
use crate::domain::message::{NotFound, RefundMessage};
use crate::domain::refusal::Refusal;
use crate::domain::status::{OrderState, PayType};
use crate::flow::unit_of_work::{OrderEvent, UnitOfWork};
use crate::flow::{App, Error, Outcome};
use crate::store::order::history::HistoryKind;
use crate::store::order::{self, Order};
use crate::store::payment::refund::{self, Refund, RefundState};
use crate::store::payment::refund_request::{self, RefundDecision, RefundRequest};

#[derive(Clone, Debug)]
pub enum RequestOutcome {
    Refunded(Box<Refund>),
    /// An operator will decide.
    Waits,
}

/// A buyer requests a refund of an order. A repeat changes nothing.
pub async fn request_refund(
    app: &App,
    username: &str,
    id: &OrderId,
    reason: &str,
) -> Outcome<RequestOutcome> {
    let (username, id, reason) = (username.to_owned(), id.clone(), reason.to_owned());
    app.write(async move |work| {
        let order = order::lock_for_user(work.tx, &username, &id).await?;
        let order = order.ok_or_else(|| Refusal::new(NotFound::Order))?;
        match (order.state, order.pay_type) {
            (OrderState::AwaitingShipment | OrderState::Refunded, PayType::Online) => {
                let (want, restock, key) = (RefundWant::Whole, Restock::Yes, Some("buyer".to_owned()));
                let wanted = WantedRefund { want, restock, reason: reason.clone(), key };
                let refund = refund_in_tx(work, &username, &order, &wanted).await?;
                Ok(RequestOutcome::Refunded(Box::new(refund)))
            }
            (OrderState::Shipped | OrderState::Completed, _) => {
                add_request(work, &order, &reason).await?;
                Ok(RequestOutcome::Waits)
            }
            (OrderState::AwaitingShipment, PayType::OnDelivery)
            | (OrderState::AwaitingPayment | OrderState::Closed, _)
            | (OrderState::Refunded, PayType::OnDelivery) => Err(Error::from(not_paid())),
            (OrderState::Returned, _) => Err(Refusal::new(RefundMessage::AlreadyReturned).into()),
        }
    })
    .await
}

/// Adds a request unless one is waiting.
async fn add_request(work: &mut UnitOfWork<'_, '_>, order: &Order, reason: &str) -> Outcome<()> {
    if refund_request::find_open(work.tx, &order.id).await?.is_some() {
        return Ok(());
    }
    let id = work.next_id();
    refund_request::insert(work.tx, id, &order.id, reason, work.now).await?;
    let (kind, actor, detail) = (HistoryKind::RefundAsked, order.username.as_str(), Some(reason.to_owned()));
    Ok(work.record(OrderEvent { order, kind, actor, detail, payment: None }).await?)
}

/// An operator grants a request: the order is refunded in full. One request leads to
/// one refund, even if it is granted twice.
pub async fn grant_request(
    app: &App,
    operator: &str,
    id: &OrderId,
    request_id: Id,
    restock: Restock,
) -> Outcome<Refund> {
    let (actor, id) = (operator.to_owned(), id.clone());
    app.write(async move |work| {
        let order = order::lock(work.tx, &id).await?.ok_or_else(no_request)?;
        let requests = refund_request::list_for_order(work.tx, &id).await?;
        let request = requests.into_iter().find(|one| one.id == request_id).ok_or_else(no_request)?;
        let key = format!("wish:{request_id}");
        if !request.is_open() {
            let earlier = refund::find_by_request_key(work.tx, &request_key(&id, &key)).await?;
            return earlier.ok_or_else(|| already_decided().into());
        }
        let (want, reason, key) = (RefundWant::Whole, request.reason, Some(key));
        refund_in_tx(work, &actor, &order, &WantedRefund { want, restock, reason, key }).await
    })
    .await
}

/// An operator denies a request.
pub async fn deny_request(app: &App, operator: &str, id: &OrderId, words: &str) -> Outcome<()> {
    let (actor, id, words) = (operator.to_owned(), id.clone(), words.to_owned());
    app.write(async move |work| {
        let order = order::lock(work.tx, &id).await?.ok_or_else(no_request)?;
        if !refund_request::decide(work.tx, &id, RefundDecision::Denied(&words), work.now).await? {
            return Err(Error::from(no_request()));
        }
        let (kind, detail) = (HistoryKind::RefundDenied, Some(words.clone()));
        let event = OrderEvent { order: &order, kind, actor: &actor, detail, payment: None };
        Ok(work.record(event).await?)
    })
    .await
}

/// The request for this order that waits for a decision, if there is one.
pub async fn find_request(app: &App, id: &OrderId) -> Outcome<Option<RefundRequest>> {
    let id = id.clone();
    app.db.read(async move |tx| Ok(refund_request::find_open(tx, &id).await?)).await
}

/// Requests that wait for a decision, the oldest first.
pub async fn list_requests(app: &App) -> Outcome<Vec<RefundRequest>> {
    app.db.read(async move |tx| Ok(refund_request::list_open(tx, SHOWN_MAX).await?)).await
}

/// Refunds in these states, the oldest first.
pub async fn list_refunds(app: &App, states: &'static [RefundState]) -> Outcome<Vec<Refund>> {
    app.db.read(async move |tx| Ok(refunds_in(tx, states).await?)).await
}

fn no_request() -> Refusal {
    Refusal::new(NotFound::RefundRequest)
}

fn already_decided() -> Refusal {
    Refusal::new(RefundMessage::AlreadyDecided)
}
