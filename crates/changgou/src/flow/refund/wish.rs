//! What buyers ask for. An order that did not leave is given back at once;
//! about goods that left an operator decides.

use super::{Numbers, Opening, Restock, Want, Wanted, give_in, not_paid};
use crate::flow::tell::{Told, tell};
use crate::flow::{App, Error, Outcome};
use crate::nouns::order::event::Kind;
use crate::nouns::order::{self};
use crate::nouns::payment::refund::{self, Refund, State};
use crate::nouns::payment::request::{self, Decision, Wish};
use crate::values::id::OrderId;
use crate::values::refusal::{Reason, Refusal};
use crate::values::status::{OrderState, PayType};

/// Rows one list shows.
const SHOWN_MAX: i64 = 500;

/// What becomes of a buyer's wish.
#[derive(Clone, Debug)]
pub enum Answer {
    /// The money is on its way.
    Given(Box<Refund>),
    /// An operator will decide.
    Asked,
}

/// A buyer wants an order given back. Asking again changes nothing.
pub async fn ask(app: &App, username: &str, id: &OrderId, reason: &str) -> Outcome<Answer> {
    let (username, id, reason) = (username.to_owned(), id.clone(), reason.to_owned());
    let (numbers, outlet, now) = (Numbers::of(app), app.outlet.clone(), app.now());
    let order_id = id.clone();
    let wish_id = app.id();
    let answer = app
        .db
        .write(async move |tx| {
            let order = order::lock_of(tx, &username, &id).await?;
            let order = order.ok_or_else(|| Refusal::not_found("订单", "order"))?;
            let opening = Opening { outlet: &outlet, actor: &username, numbers, now };
            match (order.state, order.pay_type) {
                (OrderState::AwaitingShipment | OrderState::Refunded, PayType::Online) => {
                    let (want, restock, key) = (Want::Whole, Restock::Yes, Some("buyer".to_owned()));
                    let wanted = Wanted { want, restock, reason: reason.clone(), key };
                    Ok(Answer::Given(Box::new(give_in(tx, &order, &wanted, &opening).await?)))
                }
                (OrderState::Shipped | OrderState::Completed, _) => {
                    if request::waiting_for(tx, &id).await?.is_none() {
                        request::ask(tx, wish_id, &id, &reason, now).await?;
                        let (id, kind, actor) = (numbers.event, Kind::RefundAsked, username.as_str());
                        let detail = Some(reason.clone());
                        let told = Told { id, order: &order, kind, actor, detail, payment: None };
                        tell(tx, &outlet, &[told], now).await?;
                    }
                    Ok(Answer::Asked)
                }
                (OrderState::AwaitingShipment, PayType::OnDelivery)
                | (OrderState::AwaitingPayment | OrderState::Closed, _)
                | (OrderState::Refunded, PayType::OnDelivery) => Err(Error::from(not_paid())),
                (OrderState::Returned, _) => {
                    Err(Refusal::new(Reason::WrongState, "该订单已退货", "This order came back already.")
                        .into())
                }
            }
        })
        .await?;
    app.outlet.wake();
    app.changed(&order_id);
    Ok(answer)
}

/// An operator does not give what a buyer asked for.
pub async fn deny(app: &App, operator: &str, id: &OrderId, words: &str) -> Outcome<()> {
    let (actor, id, words) = (operator.to_owned(), id.clone(), words.to_owned());
    let (event, outlet, now) = (app.id(), app.outlet.clone(), app.now());
    app.db
        .write(async move |tx| {
            let none = || Refusal::not_found("退款申请", "refund request");
            let order = order::lock(tx, &id).await?.ok_or_else(none)?;
            if !request::decide(tx, &id, Decision::Denied(&words), now).await? {
                return Err(Error::from(none()));
            }
            let (kind, detail) = (Kind::RefundDenied, Some(words.clone()));
            let told = Told { id: event, order: &order, kind, actor: &actor, detail, payment: None };
            Ok(tell(tx, &outlet, &[told], now).await?)
        })
        .await?;
    app.outlet.wake();
    Ok(())
}

/// What buyers wait for, the longest first.
pub async fn wishes(app: &App) -> Outcome<Vec<Wish>> {
    app.db.read(async move |tx| Ok(request::waiting(tx, SHOWN_MAX).await?)).await
}

/// Refunds that stand there, the oldest first; those that are not under way and
/// not done need a person.
pub async fn troubles(app: &App, states: &'static [State]) -> Outcome<Vec<Refund>> {
    app.db
        .read(async move |tx| {
            let mut all = Vec::new();
            for state in states {
                all.extend(refund::standing(tx, *state, SHOWN_MAX).await?);
            }
            Ok(all)
        })
        .await
}
