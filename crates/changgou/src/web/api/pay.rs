//! `/api/weixin/pay`: the code a buyer scans, and whether it was paid. The
//! amount always comes from the order.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::WebState;
use super::super::extractors::{BearerBuyer, Buyer, Caller};
use super::super::input::{Params, order_id};
use super::super::openapi::refusals;
use super::super::openapi::schemas::{OrderStatus, PayStatus, Time, TradeState};
use super::super::response::{ApiResult, ok};
use super::views;
use crate::domain::id::OrderId;
use crate::domain::money::Fen;
use crate::domain::status::{OrderState, PayType};
use crate::flow;
use crate::flow::attempt::PaymentStatus;
use crate::store::payment::attempt::AttemptState;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct PayOrderQuery {
    /// 订单号 / Id of the order
    #[param(value_type = OrderId, example = "NO.1234567890123456789")]
    outtradeno: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PayCode)]
struct PaymentCodeView {
    /// 二维码的内容，如 `weixin://wxpay/…` / The text of the QR code
    code_url: String,
    /// 这次支付尝试的商户订单号 / The attempt's own number
    #[schema(max_length = 32)]
    out_trade_no: String,
    /// 分 / Fen
    #[schema(value_type = i64, minimum = 1)]
    total_fee: Fen,
    #[serde(rename = "payBy")]
    #[schema(value_type = Option<Time>)]
    pay_by: Option<String>,
}

/// 取支付二维码 / Get the code to pay
///
/// 金额取自订单；有效期内重复请求得到同一个码 / The amount comes from the order; while the code is good, everyone gets the same
#[utoipa::path(
    post, path = "/api/weixin/pay/create/native", operation_id = "createNativePay", tag = "支付 / Payment",
    params(PayOrderQuery),
    responses(
        (status = 200, body = PaymentCodeView),
        refusals::Input, refusals::Access, refusals::NotFound, refusals::Paying, refusals::PaymentFailure,
    ),
    security(("bearer" = ["buyer"]), ("cookie" = ["buyer"])),
)]
pub(in super::super) async fn create(
    State(web): State<WebState>,
    BearerBuyer(login): BearerBuyer,
    Caller(address): Caller,
    Params(which): Params<PayOrderQuery>,
) -> ApiResult {
    let id = order_id(&which.outtradeno)?;
    let ticket = flow::pay::prepare_payment(&web.app, &login.username, &id, &address.to_string()).await?;
    let pay_by = views::time(ticket.pay_by);
    let code = PaymentCodeView {
        code_url: ticket.code.url,
        out_trade_no: ticket.out_trade_no,
        total_fee: ticket.total_fee,
        pay_by,
    };
    Ok(ok("创建二维码预付订单成功！", "Scan the code to pay", code))
}

/// 取支付二维码（GET） / Get the code to pay by GET
///
/// 原系统的方式，只认 Bearer / As in the original; with a Bearer header only
#[utoipa::path(
    get, path = "/api/weixin/pay/create/native", operation_id = "createNativePayByGet", tag = "支付 / Payment",
    params(PayOrderQuery),
    responses(
        (status = 200, body = PaymentCodeView),
        refusals::Input, refusals::Access, refusals::NotFound, refusals::Paying, refusals::PaymentFailure,
    ),
    security(("bearer" = ["buyer"])),
)]
pub(in super::super) async fn create_by_get(
    web: State<WebState>,
    buyer: BearerBuyer,
    caller: Caller,
    which: Params<PayOrderQuery>,
) -> ApiResult {
    create(web, buyer, caller, which).await
}

#[derive(Serialize, ToSchema)]
#[schema(as = PayStanding)]
struct PaymentStatusView {
    #[schema(value_type = TradeState)]
    trade_state: &'static str,
    #[serde(rename = "payStatus")]
    #[schema(value_type = PayStatus)]
    pay_status: &'static str,
    #[serde(rename = "orderStatus")]
    #[schema(value_type = OrderStatus)]
    order_status: &'static str,
    out_trade_no: Option<String>,
    transaction_id: Option<String>,
    total_fee: Fen,
    #[serde(rename = "payTime")]
    #[schema(value_type = Option<Time>)]
    pay_time: Option<String>,
    /// 有款项等待人工处理 / Money for this order waits for a person
    flagged: bool,
}

/// 查询支付状态 / Ask whether it is paid
///
/// 本店账上未支付时，当场向微信查询 / Asks WeChat where our own books do not say paid yet
#[utoipa::path(
    get, path = "/api/weixin/pay/status/query", operation_id = "queryPay", tag = "支付 / Payment",
    params(PayOrderQuery),
    responses(
        (status = 200, body = PaymentStatusView),
        refusals::Input, refusals::Login, refusals::NotFound, refusals::Failure,
    ),
    security(("bearer" = ["buyer"]), ("cookie" = ["buyer"])),
)]
// Queries WeChat if the order is not paid here yet: buyers call this right after paying.
pub(in super::super) async fn status(
    State(web): State<WebState>,
    Buyer(login): Buyer,
    Params(which): Params<PayOrderQuery>,
) -> ApiResult {
    let id = order_id(&which.outtradeno)?;
    let standing = flow::attempt::query_payment_status(&web.app, &login.username, &id).await?;
    Ok(ok("查询支付状态成功！", "Here you are", status_of(&standing)))
}

fn status_of(standing: &PaymentStatus) -> PaymentStatusView {
    let PaymentStatus { order, attempt, flagged } = standing;
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
fn trade_state(standing: &PaymentStatus) -> &'static str {
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
