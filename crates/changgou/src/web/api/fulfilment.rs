//! What operators do with orders: shipping, and looking at money that waits for a person.

use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::super::WebState;
use super::super::extract::Operator;
use super::super::input::{Json, order_id, text};
use super::super::response::{ApiResult, ok};
use super::views;
use crate::domain::message::FieldMessage;
use crate::domain::money::Fen;
use crate::domain::refusal::Refusal;
use crate::flow;
use crate::flow::fulfil::Shipment;
use crate::store::payment::flag::PaymentFlag;

/// Parcels one call may ship.
const PARCELS_MAX: usize = 500;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in super::super) struct ShipInput {
    id: String,
    shipping_name: String,
    shipping_code: String,
}

#[derive(Serialize)]
struct ShippedCount {
    shipped: usize,
}

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

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FlagOut {
    kind: String,
    out_trade_no: String,
    transaction_id: String,
    order_id: Option<String>,
    total_fee: Fen,
    detail: String,
    at: Option<String>,
}

pub(in super::super) async fn flags(State(web): State<WebState>, _by: Operator) -> ApiResult {
    let list: Vec<FlagOut> = flow::settle::waiting_flags(&web.app).await?.into_iter().map(flag).collect();
    Ok(ok("查询成功", "Here you are", list))
}

fn flag(from: PaymentFlag) -> FlagOut {
    let at = views::time(Some(from.at));
    let PaymentFlag { kind, out_trade_no, transaction_id, order_id, total_fee, detail, .. } = from;
    FlagOut { kind, out_trade_no, transaction_id, order_id, total_fee, detail, at }
}
