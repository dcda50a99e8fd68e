//! `POST /order`: placing what the settlement page showed, or working it out
//! anew with other choices. A refusal brings the page back with the new total
//! and everything that was typed.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use super::super::WebState;
use super::super::input::{Form, id, ids, text};
use super::super::response::{ApiProblem, status};
use super::checkout::{CheckoutOutcome, page};
use super::checkout_choices::{self, CheckoutChoices};
use super::flash::{Flash, tellable};
use super::page_context::{BuyerContext, PageContext};
use super::render::{PageResult, see_other};
use crate::domain::id::{OrderId, SkuId};
use crate::domain::money::Fen;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::status::{OrderState, PayType};
use crate::flow;
use crate::flow::checkout::{CheckoutSelection, CouponChoice, settlement};
use crate::flow::place::{OrderedGoods, PlaceRequest, PlacedResult, ReceiverChoice};
use crate::infra::secret::sha256_hex;
use crate::store::coupon::CouponId;

#[derive(Deserialize, Clone)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct CheckoutForm {
    /// The button, if it is another than the one that places the order.
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
    /// Show what it costs with this coupon and these points.
    Recalculate,
    /// The same with all points that can be spent.
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
        Ok(placed) => Ok(see_other(&next(&placed))),
        Err(problem) => refused(&web, frame, username, sent, tellable(problem)?).await,
    }
}

/// Where the buyer goes with a fresh order: to pay it, if it is to be paid now.
fn next(placed: &PlacedResult) -> String {
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
    let message = text("买家留言", &sent.buyer_message, 0, 500)?;
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
    Ok(flow::place::place(&web.app, request).await?)
}

/// The coupon to use. A form that says nothing about it takes what the page
/// had suggested; the total it names tells whether that is still the same.
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
            Ok(settlement(&web.app, username.to_owned(), chosen).await?.discount.coupon_id)
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
    page(web, frame, username, choices, CheckoutOutcome { status: StatusCode::OK, notice }).await
}

/// The most points that can be spent beside the coupon that is chosen.
async fn most_points(web: &WebState, username: &str, choices: &CheckoutChoices) -> Result<i64, ApiProblem> {
    let mut without = CheckoutChoices { points: 0, ..choices.clone() };
    Ok(checkout_choices::nearest(web, username, &mut without).await?.0.points_usable)
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
    let answered = CheckoutOutcome {
        status: status(refusal.reason),
        notice: Some(Flash::refused(&refusal, frame.lang)),
    };
    page(web, frame, username, choices, answered).await
}

/// What was sent, as far as it can be read.
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

/// All that was asked, to tell a repeat from another request.
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
    let wrong = || {
        Refusal::bad_request(
            "结算令牌有误，请刷新本页",
            "The settlement token is wrong; please reload the page.",
        )
    };
    plain.then_some(text).ok_or_else(wrong)
}

fn pay_type(letter: &str) -> Result<PayType, Refusal> {
    let wrong = || Refusal::bad_request("请选择支付方式", "Please choose how to pay.");
    PayType::parse(letter).ok_or_else(wrong)
}

fn no_address() -> Refusal {
    Refusal::new(Reason::BadRequest, "请先添加收货地址", "Please add an address first.")
}
