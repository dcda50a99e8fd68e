//! `POST /order`: placing what the settlement page showed. A refusal brings
//! the page back with the new total and everything that was typed.

use axum::extract::State;
use serde::Deserialize;

use super::super::Web;
use super::super::answer::{Problem, status};
use super::super::input::{Form, id, ids, text};
use super::frame::{BuyerFrame, Frame};
use super::layout::{Shown, see_other};
use super::notice::{Notice, tellable};
use super::settlement::{Answered, Choices, page};
use crate::flow;
use crate::flow::place::{Placed, ReceiverChoice, Request};
use crate::ground::secret::sha256_hex;
use crate::values::id::OrderId;
use crate::values::money::Fen;
use crate::values::refusal::{Reason, Refusal};
use crate::values::status::{OrderState, PayType};

#[derive(Deserialize, Clone)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Sent {
    sku_ids: String,
    address_id: Option<String>,
    pay_type: String,
    #[serde(default)]
    buyer_message: String,
    token: String,
    pay_money: i64,
}

pub(in super::super) async fn submit(
    State(web): State<Web>,
    BuyerFrame { username, frame }: BuyerFrame,
    Form(sent): Form<Sent>,
) -> Shown {
    match place(&web, &username, &sent).await {
        Ok(placed) => Ok(see_other(&next(&placed))),
        Err(problem) => refused(&web, frame, username, sent, tellable(problem)?).await,
    }
}

/// Where the buyer goes with a fresh order: to pay it, if it is to be paid now.
fn next(placed: &Placed) -> String {
    let id = &placed.order.id;
    match placed.order.state {
        OrderState::AwaitingPayment => format!("/pay/{id}"),
        OrderState::AwaitingShipment
        | OrderState::Shipped
        | OrderState::Completed
        | OrderState::Closed
        | OrderState::Returned => format!("/orders/{id}?done=placed"),
    }
}

async fn place(web: &Web, username: &str, sent: &Sent) -> Result<Placed, Problem> {
    let message = text("买家留言", &sent.buyer_message, 0, 500)?;
    let address = sent.address_id.as_deref().ok_or_else(no_address)?;
    let request = Request {
        username: username.to_owned(),
        sku_ids: Some(ids(&sent.sku_ids)?),
        receiver: ReceiverChoice::Address(id(address)?),
        coupon_id: None,
        points: 0,
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

async fn refused(web: &Web, frame: Frame, username: String, sent: Sent, refusal: Refusal) -> Shown {
    // A token that named another purchase cannot name this one too.
    let token = (refusal.reason != Reason::KeyReused).then_some(sent.token);
    let choices = Choices {
        sku_ids: ids(&sent.sku_ids).ok(),
        address_id: sent.address_id.as_deref().and_then(|address| id(address).ok()),
        pay_type: pay_type(&sent.pay_type).unwrap_or(PayType::Online),
        message: sent.buyer_message,
        token,
    };
    let answered =
        Answered { status: status(refusal.reason), notice: Some(Notice::refused(&refusal, frame.lang)) };
    page(web, frame, username, choices, answered).await
}

/// All that was asked, to tell a repeat from another request.
fn hash(sent: &Sent) -> String {
    let Sent { sku_ids, address_id, pay_type, buyer_message, pay_money, .. } = sent;
    let all = (sku_ids, address_id, pay_type, buyer_message, pay_money);
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
    PayType::read(letter).ok_or_else(wrong)
}

fn no_address() -> Refusal {
    Refusal::new(Reason::BadRequest, "请先添加收货地址", "Please add an address first.")
}
