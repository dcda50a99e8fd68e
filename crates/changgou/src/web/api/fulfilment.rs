//! What operators do with orders: shipping, and looking at money that waits for a person.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::WebState;
use super::super::extractors::Operator;
use super::super::input::{Json, PathOrder, order_id, text};
use super::super::openapi::refusals;
use super::super::openapi::schemas::{self, FlagKind, Time};
use super::super::response::{ApiResult, done, ok};
use super::views;
use crate::domain::id::OrderId;
use crate::domain::message::FieldMessage;
use crate::domain::money::Fen;
use crate::domain::refusal::Refusal;
use crate::flow;
use crate::flow::close::CancelOutcome;
use crate::flow::fulfil::Shipment;
use crate::store::payment::flag::PaymentFlag;

/// Parcels one call may ship.
const PARCELS_MAX: usize = 500;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = Parcel)]
pub(in super::super) struct ShipInput {
    #[schema(value_type = OrderId)]
    id: String,
    /// 物流公司 / Who carries it
    #[schema(min_length = 1, max_length = 20, pattern = "TEXT")]
    shipping_name: String,
    /// 物流单号 / The carrier's number
    #[schema(min_length = 1, max_length = 20, pattern = "TEXT")]
    shipping_code: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Shipped)]
struct ShippedCount {
    #[schema(minimum = 1, maximum = 500)]
    shipped: usize,
}

/// 批量发货 / Ship orders
///
/// 全部发出或一个不发 / All of them or none
#[utoipa::path(
    post, path = "/api/order/batchSend", operation_id = "shipOrders", tag = "运营 / Operator",
    request_body = Vec<ShipInput>,
    responses(
        (status = 200, body = ShippedCount),
        refusals::Body, refusals::Access, refusals::NotFound, refusals::WrongState, refusals::Failure,
    ),
    security(("bearer" = ["operator"]), ("cookie" = ["operator"])),
)]
pub(in super::super) async fn ship(
    State(web): State<WebState>,
    Operator(operator): Operator,
    Json(shipped): Json<Vec<ShipInput>>,
) -> ApiResult {
    if shipped.is_empty() || shipped.len() > PARCELS_MAX {
        return Err(Refusal::new(FieldMessage::TooManyParcels { max: PARCELS_MAX }).into());
    }
    let parcels = shipped.iter().map(parcel).collect::<Result<Vec<_>, _>>()?;
    let shipped = flow::fulfil::ship(&web.app, operator.username, parcels).await?;
    Ok(ok("发货成功", "Shipped", ShippedCount { shipped }))
}

fn parcel(shipped: &ShipInput) -> Result<Shipment, Refusal> {
    Ok(Shipment {
        id: order_id(&shipped.id)?,
        shipping_name: text("shippingName", &shipped.shipping_name, 1, 20)?,
        shipping_code: text("shippingCode", &shipped.shipping_code, 1, 20)?,
    })
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CloseNote)]
pub(in super::super) struct CloseInput {
    /// 写入订单记录，买家可见 / Goes into the order's history, where the buyer sees it
    #[schema(min_length = 1, max_length = 100, pattern = "TEXT")]
    reason: String,
}

/// 关闭未收款的订单 / Close an order that brought no money
///
/// 未支付的订单、未发货的货到付款订单、被拒收的货到付款订单；库存、优惠券、积分归还。已付款的订单请退款 / An unpaid order, or one paid on delivery that is not shipped or was refused at the door; stock, coupon and points are given back. Refund an order that is paid
#[utoipa::path(
    post, path = "/api/admin/order/{id}/close", operation_id = "closeOrder", tag = "运营 / Operator",
    params(schemas::OrderIdPath),
    request_body = CloseInput,
    responses(
        (status = 200, description = "已关闭 / Closed"),
        (status = 202, description = "等待微信支付确认 / WeChat Pay has to confirm"),
        refusals::Body, refusals::Access, refusals::NotFound, refusals::WrongState, refusals::Failure,
    ),
    security(("bearer" = ["operator"])),
)]
pub(in super::super) async fn close(
    State(web): State<WebState>,
    Operator(operator): Operator,
    PathOrder(id): PathOrder,
    Json(asked): Json<CloseInput>,
) -> ApiResult {
    let note = text("reason", &asked.reason, 1, 100)?;
    Ok(match flow::close::close_by_operator(&web.app, operator.username, &id, note).await? {
        CancelOutcome::Closed => done("订单已关闭", "The order is closed"),
        CancelOutcome::Asked => done("正在关闭，等待微信支付确认", "Being closed; WeChat Pay has to confirm")
            .status(StatusCode::ACCEPTED),
    })
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Flag)]
struct FlagOut {
    #[schema(value_type = FlagKind)]
    kind: String,
    out_trade_no: String,
    transaction_id: String,
    order_id: Option<String>,
    /// 分 / Fen
    #[schema(value_type = i64)]
    total_fee: Fen,
    detail: String,
    #[schema(value_type = Time)]
    at: Option<String>,
}

/// 等待人工处理的款项 / Money that waits for a person
///
/// 最多 500 条，最早的在前；只认 Bearer / At most 500, the longest first; with a Bearer header only
#[utoipa::path(
    get, path = "/api/admin/payment/flags", operation_id = "listFlags", tag = "运营 / Operator",
    responses((status = 200, body = Vec<FlagOut>), refusals::Access, refusals::Failure),
    security(("bearer" = ["operator"])),
)]
pub(in super::super) async fn flags(State(web): State<WebState>, _by: Operator) -> ApiResult {
    let list: Vec<FlagOut> = flow::settle::list_open_flags(&web.app).await?.into_iter().map(flag).collect();
    Ok(ok("查询成功", "Here you are", list))
}

fn flag(from: PaymentFlag) -> FlagOut {
    let at = views::time(Some(from.at));
    let PaymentFlag { kind, out_trade_no, transaction_id, order_id, total_fee, detail, .. } = from;
    FlagOut { kind, out_trade_no, transaction_id, order_id, total_fee, detail, at }
}
