//! `POST /order`: places the order the checkout page showed, or recalculates it
//! with other choices. A refusal shows the page again with the new total and
//! everything that was typed.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use super::super::WebState;
use super::super::input::{Form, id, ids, text};
use super::super::response::{ApiProblem, status};
use super::checkout::{PageReply, page};
use super::checkout_choices::{self, CheckoutChoices};
use super::flash::{Flash, into_refusal};
use super::page_context::{BuyerContext, PageContext};
use super::render::{PageResult, see_other};
use crate::domain::id::{OrderId, SkuId};
use crate::domain::message::{FieldName, OrderMessage};
use crate::domain::money::Fen;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::status::{OrderState, PayType};
use crate::flow;
use crate::flow::checkout::{CheckoutSelection, CouponChoice, build_checkout};
use crate::flow::place::{OrderedGoods, PlaceRequest, PlacedResult, ReceiverChoice};
use crate::infra::secret::sha256_hex;
use crate::store::coupon::CouponId;

#[derive(Deserialize, Clone)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct CheckoutForm {
    /// The button, unless it is the one that places the order.
    act: Option<CheckoutAction>,
    sku_ids: String,
    address_id: Option<String>,
    coupon_id: Option<String>,
    points: Option<String>,
    pay_type: String,
    #[serde(default)]
    buyer_message: String,
    token: String,
    pay_money: i64,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum CheckoutAction {
    /// Show the total with this coupon and these points.
    Recalculate,
    /// The same with as many points as can be spent.
    Points,
}

pub(in super::super) async fn submit(
    State(web): State<WebState>,
    BuyerContext { username, frame }: BuyerContext,
    Form(sent): Form<CheckoutForm>,
) -> PageResult {
    if let Some(act) = sent.act {
        return recalculated(&web, frame, username, sent, act).await;
    }
    match place(&web, &username, &sent).await {
        Ok(placed) => Ok(see_other(&next_page(&placed))),
        Err(problem) => refused(&web, frame, username, sent, into_refusal(problem)?).await,
    }
}

/// The page after the order is placed: the payment page if it is paid online.
fn next_page(placed: &PlacedResult) -> String {
    let id = &placed.order.id;
    match placed.order.state {
        OrderState::AwaitingPayment => format!("/pay/{id}"),
        OrderState::AwaitingShipment
        | OrderState::Shipped
        | OrderState::Completed
        | OrderState::Closed
        | OrderState::Returned
        | OrderState::Refunded => format!("/orders/{id}?done=placed"),
    }
}

async fn place(web: &WebState, username: &str, sent: &CheckoutForm) -> Result<PlacedResult, ApiProblem> {
    let message = text(FieldName::BuyerMessage, &sent.buyer_message, 0, 1000)?;
    let address = sent.address_id.as_deref().ok_or_else(no_address)?;
    let sku_ids = ids(&sent.sku_ids)?;
    let request = PlaceRequest {
        username: username.to_owned(),
        receiver: ReceiverChoice::Address(id(address)?),
        coupon_id: coupon(web, username, &sku_ids, sent).await?,
        points: checkout_choices::points(sent.points.as_deref())?,
        goods: OrderedGoods::Cart(Some(sku_ids)),
        pay_type: pay_type(&sent.pay_type)?,
        buyer_message: Some(message).filter(|message| !message.is_empty()),
        source_type: "1".to_owned(),
        keys: vec![format!("token:{}", token(&sent.token)?)],
        hash: hash(sent),
        pay_money: Some(Fen(sent.pay_money)),
        order_id: OrderId::from_id(web.app.id()),
        now: web.app.now(),
    };
    Ok(flow::place::place_order(&web.app, request).await?)
}

/// The coupon to use. A form without the field uses the suggested coupon; the
/// total in the form shows whether that is still the one the buyer saw.
async fn coupon(
    web: &WebState,
    username: &str,
    sku_ids: &[SkuId],
    sent: &CheckoutForm,
) -> Result<Option<CouponId>, ApiProblem> {
    match checkout_choices::coupon(sent.coupon_id.as_deref())? {
        CouponChoice::None => Ok(None),
        CouponChoice::This(id) => Ok(Some(id)),
        CouponChoice::Best => {
            let chosen =
                CheckoutSelection { sku_ids: Some(sku_ids.to_vec()), coupon: CouponChoice::Best, points: 0 };
            Ok(build_checkout(&web.app, username.to_owned(), chosen).await?.discount.coupon_id)
        }
    }
}

async fn recalculated(
    web: &WebState,
    frame: PageContext,
    username: String,
    sent: CheckoutForm,
    act: CheckoutAction,
) -> PageResult {
    let wrong = checkout_choices::points(sent.points.as_deref()).err();
    let notice = wrong.map(|refusal| Flash::refused(&refusal, frame.lang));
    let mut choices = chosen(sent);
    match act {
        CheckoutAction::Recalculate => {}
        CheckoutAction::Points => choices.points = most_points(web, &username, &choices).await?,
    }
    page(web, frame, username, choices, PageReply { status: StatusCode::OK, notice }).await
}

/// The most points that can be spent together with the chosen coupon.
async fn most_points(web: &WebState, username: &str, choices: &CheckoutChoices) -> Result<i64, ApiProblem> {
    let mut without = CheckoutChoices { points: 0, ..choices.clone() };
    Ok(checkout_choices::load_checkout(web, username, &mut without).await?.0.points_usable)
}

async fn refused(
    web: &WebState,
    frame: PageContext,
    username: String,
    sent: CheckoutForm,
    refusal: Refusal,
) -> PageResult {
    let mut choices = chosen(sent);
    if refusal.reason == Reason::KeyReused {
        // A token that named another purchase cannot name this one too.
        choices.token = None;
    }
    let answered =
        PageReply { status: status(refusal.reason), notice: Some(Flash::refused(&refusal, frame.lang)) };
    page(web, frame, username, choices, answered).await
}

/// The choices that were sent, as far as they can be read.
fn chosen(sent: CheckoutForm) -> CheckoutChoices {
    CheckoutChoices {
        sku_ids: ids(&sent.sku_ids).ok(),
        address_id: sent.address_id.as_deref().and_then(|address| id(address).ok()),
        coupon: checkout_choices::coupon(sent.coupon_id.as_deref()).unwrap_or_default(),
        points: checkout_choices::points(sent.points.as_deref()).unwrap_or_default(),
        pay_type: pay_type(&sent.pay_type).unwrap_or(PayType::Online),
        message: sent.buyer_message,
        token: Some(sent.token),
    }
}

/// A hash of the whole request, to tell a repeat from another request.
fn hash(sent: &CheckoutForm) -> String {
    let CheckoutForm {
        act: _,
        sku_ids,
        address_id,
        coupon_id,
        points,
        pay_type,
        buyer_message,
        token: _,
        pay_money,
    } = sent;
    let all = (sku_ids, address_id, coupon_id, points, pay_type, buyer_message, pay_money);
    sha256_hex(&serde_json::to_vec(&all).expect("texts and a number are plain data"))
}

fn token(text: &str) -> Result<&str, Refusal> {
    let plain = (1..=200).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    let wrong = || Refusal::new(OrderMessage::TokenInvalid);
    plain.then_some(text).ok_or_else(wrong)
}

fn pay_type(letter: &str) -> Result<PayType, Refusal> {
    let wrong = || Refusal::new(OrderMessage::PayTypeMissing);
    PayType::parse(letter).ok_or_else(wrong)
}

fn no_address() -> Refusal {
    Refusal::new(OrderMessage::AddressMissing)
}
