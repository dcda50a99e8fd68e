//! What buyers ask for. An order that did not leave is given back at once;
//! about goods that left an operator decides.

use super::overview::standing;
use super::{
    RefundIds, RefundOpening, RefundWant, Restock, SHOWN_MAX, WantedRefund, give_in, not_paid, request_key,
};
use crate::domain::id::{Id, OrderId};
use crate::domain::message::{NotFound, RefundMessage};
use crate::domain::refusal::Refusal;
use crate::domain::status::{OrderState, PayType};
use crate::flow::events::{OrderHappening, tell};
use crate::flow::{App, Error, Outcome};
use crate::store::order;
use crate::store::order::history::HistoryKind;
use crate::store::payment::refund::{self, Refund, RefundState};
use crate::store::payment::refund_request::{self, RefundDecision, RefundRequest};

/// What becomes of a buyer's wish.
#[derive(Clone, Debug)]
pub enum RequestOutcome {
    /// The money is on its way.
    Given(Box<Refund>),
    /// An operator will decide.
    Asked,
}

/// A buyer wants an order given back. Asking again changes nothing.
pub async fn ask(app: &App, username: &str, id: &OrderId, reason: &str) -> Outcome<RequestOutcome> {
    let (username, id, reason) = (username.to_owned(), id.clone(), reason.to_owned());
    let (numbers, outlet, now) = (RefundIds::of(app), app.outlet.clone(), app.now());
    let order_id = id.clone();
    let wish_id = app.id();
    let answer = app
        .db
        .write(async move |tx| {
            let order = order::lock_of(tx, &username, &id).await?;
            let order = order.ok_or_else(|| Refusal::new(NotFound::Order))?;
            let opening = RefundOpening { outlet: &outlet, actor: &username, numbers, now };
            match (order.state, order.pay_type) {
                (OrderState::AwaitingShipment | OrderState::Refunded, PayType::Online) => {
                    let (want, restock, key) = (RefundWant::Whole, Restock::Yes, Some("buyer".to_owned()));
                    let wanted = WantedRefund { want, restock, reason: reason.clone(), key };
                    Ok(RequestOutcome::Given(Box::new(give_in(tx, &order, &wanted, &opening).await?)))
                }
                (OrderState::Shipped | OrderState::Completed, _) => {
                    if refund_request::waiting_for(tx, &id).await?.is_none() {
                        refund_request::ask(tx, wish_id, &id, &reason, now).await?;
                        let (id, kind, actor) = (numbers.event, HistoryKind::RefundAsked, username.as_str());
                        let detail = Some(reason.clone());
                        let told = OrderHappening { id, order: &order, kind, actor, detail, payment: None };
                        tell(tx, &outlet, &[told], now).await?;
                    }
                    Ok(RequestOutcome::Asked)
                }
                (OrderState::AwaitingShipment, PayType::OnDelivery)
                | (OrderState::AwaitingPayment | OrderState::Closed, _)
                | (OrderState::Refunded, PayType::OnDelivery) => Err(Error::from(not_paid())),
                (OrderState::Returned, _) => Err(Refusal::new(RefundMessage::AlreadyReturned).into()),
            }
        })
        .await?;
    app.outlet.wake();
    app.changed(&order_id);
    Ok(answer)
}

/// An operator gives an order back whole because its buyer asked for it. One wish
/// is one refund; what was decided otherwise meanwhile is not given.
pub async fn grant(app: &App, operator: &str, id: &OrderId, wish: Id, restock: Restock) -> Outcome<Refund> {
    let (actor, id, numbers) = (operator.to_owned(), id.clone(), RefundIds::of(app));
    let (outlet, now) = (app.outlet.clone(), app.now());
    let given = app
        .db
        .write(async move |tx| {
            let order = order::lock(tx, &id).await?.ok_or_else(no_wish)?;
            let all = refund_request::of(tx, &id).await?;
            let asked = all.into_iter().find(|one| one.id == wish).ok_or_else(no_wish)?;
            let key = format!("wish:{wish}");
            if !asked.waits() {
                let before = refund::by_key(tx, &request_key(&id, &key)).await?;
                return before.ok_or_else(|| decided().into());
            }
            let opening = RefundOpening { outlet: &outlet, actor: &actor, numbers, now };
            let wanted =
                WantedRefund { want: RefundWant::Whole, restock, reason: asked.reason, key: Some(key) };
            give_in(tx, &order, &wanted, &opening).await
        })
        .await?;
    app.outlet.wake();
    app.changed(&given.order_id);
    Ok(given)
}

/// An operator does not give what a buyer asked for.
pub async fn deny(app: &App, operator: &str, id: &OrderId, words: &str) -> Outcome<()> {
    let (actor, id, words) = (operator.to_owned(), id.clone(), words.to_owned());
    let (event, outlet, now) = (app.id(), app.outlet.clone(), app.now());
    app.db
        .write(async move |tx| {
            let order = order::lock(tx, &id).await?.ok_or_else(no_wish)?;
            if !refund_request::decide(tx, &id, RefundDecision::Denied(&words), now).await? {
                return Err(Error::from(no_wish()));
            }
            let (kind, detail) = (HistoryKind::RefundDenied, Some(words.clone()));
            let told =
                OrderHappening { id: event, order: &order, kind, actor: &actor, detail, payment: None };
            Ok(tell(tx, &outlet, &[told], now).await?)
        })
        .await?;
    app.outlet.wake();
    Ok(())
}

/// What a buyer asked for of this order, if nobody has decided it yet.
pub async fn waiting_for(app: &App, id: &OrderId) -> Outcome<Option<RefundRequest>> {
    let id = id.clone();
    app.db.read(async move |tx| Ok(refund_request::waiting_for(tx, &id).await?)).await
}

/// What buyers wait for, the longest first.
pub async fn wishes(app: &App) -> Outcome<Vec<RefundRequest>> {
    app.db.read(async move |tx| Ok(refund_request::waiting(tx, SHOWN_MAX).await?)).await
}

/// Refunds that stand there, the oldest first; those that are not under way and
/// not done need a person.
pub async fn troubles(app: &App, states: &'static [RefundState]) -> Outcome<Vec<Refund>> {
    app.db.read(async move |tx| Ok(standing(tx, states).await?)).await
}

fn no_wish() -> Refusal {
    Refusal::new(NotFound::RefundRequest)
}

fn decided() -> Refusal {
    Refusal::new(RefundMessage::AlreadyDecided)
}
