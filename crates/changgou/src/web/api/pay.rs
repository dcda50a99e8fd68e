//! `/api/weixin/pay`: the code a buyer scans, and whether it was paid. The
//! amount always comes from the order.

use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::super::WebState;
use super::super::extract::{BearerBuyer, Buyer, Caller};
use super::super::input::{Params, order_id};
use super::super::response::{ApiResult, ok};
use super::views;
use crate::domain::money::Fen;
use crate::domain::status::{OrderState, PayType};
use crate::flow;
use crate::flow::attempt::PaymentStanding;
use crate::store::payment::attempt::AttemptState;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct PayOrderQuery {
    outtradeno: String,
}

#[derive(Serialize)]
struct PaymentCodeView {
    code_url: String,
    out_trade_no: String,
    total_fee: Fen,
    #[serde(rename = "payBy")]
    pay_by: Option<String>,
}

pub(in super::super) async fn create(
    State(web): State<WebState>,
    BearerBuyer(login): BearerBuyer,
    Caller(address): Caller,
    Params(which): Params<PayOrderQuery>,
) -> ApiResult {
    let id = order_id(&which.outtradeno)?;
    let ticket = flow::pay::prepare(&web.app, &login.username, &id, &address.to_string()).await?;
    let pay_by = views::time(ticket.pay_by);
    let code = PaymentCodeView {
        code_url: ticket.code.url,
        out_trade_no: ticket.out_trade_no,
        total_fee: ticket.total_fee,
        pay_by,
    };
    Ok(ok("创建二维码预付订单成功！", "Scan the code to pay", code))
}

#[derive(Serialize)]
struct PaymentStatusView {
    trade_state: &'static str,
    #[serde(rename = "payStatus")]
    pay_status: &'static str,
    #[serde(rename = "orderStatus")]
    order_status: &'static str,
    out_trade_no: Option<String>,
    transaction_id: Option<String>,
    total_fee: Fen,
    #[serde(rename = "payTime")]
    pay_time: Option<String>,
    /// Money for this order waits for a person.
    flagged: bool,
}

/// Asks WeChat where our own books do not say paid yet: this is what a buyer
/// who has just paid asks for.
pub(in super::super) async fn status(
    State(web): State<WebState>,
    Buyer(login): Buyer,
    Params(which): Params<PayOrderQuery>,
) -> ApiResult {
    let id = order_id(&which.outtradeno)?;
    let standing = flow::attempt::query_standing(&web.app, &login.username, &id).await?;
    Ok(ok("查询支付状态成功！", "Here you are", status_of(&standing)))
}

fn status_of(standing: &PaymentStanding) -> PaymentStatusView {
    let PaymentStanding { order, attempt, flagged } = standing;
    let letters = order.state.letters(order.pay_type);
    PaymentStatusView {
        trade_state: trade_state(standing),
        pay_status: letters.map_or("", |letters| letters.pay),
        order_status: letters.map_or("", |letters| letters.order),
        out_trade_no: attempt.as_ref().map(|attempt| attempt.out_trade_no.clone()),
        transaction_id: order.transaction_id.clone(),
        total_fee: order.quote.pay_money,
        pay_time: views::time(order.times.pay),
        flagged: *flagged,
    }
}

/// The word WeChat would use for the order as a whole.
fn trade_state(standing: &PaymentStanding) -> &'static str {
    let paid_late = standing.attempt.as_ref().is_some_and(|attempt| attempt.state == AttemptState::PaidLate);
    match (standing.order.state, standing.order.pay_type) {
        (OrderState::Closed, _) if paid_late => "SUCCESS",
        (OrderState::Closed, _) => "CLOSED",
        (OrderState::AwaitingPayment, _)
        | (OrderState::AwaitingShipment | OrderState::Shipped, PayType::OnDelivery) => "NOTPAY",
        (OrderState::AwaitingShipment | OrderState::Shipped, PayType::Online)
        | (OrderState::Completed, _) => "SUCCESS",
        (OrderState::Returned | OrderState::Refunded, _) => "REFUND",
    }
}
