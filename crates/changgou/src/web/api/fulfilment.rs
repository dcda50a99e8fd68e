//! What operators do with orders: shipping, and looking at money that waits for a person.

use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::super::Web;
use super::super::extract::Operator;
use super::super::input::{Json, order_id, text};
use super::super::response::{Reply, ok};
use super::views;
use crate::domain::money::Fen;
use crate::domain::refusal::Refusal;
use crate::flow;
use crate::flow::fulfil::Parcel;
use crate::store::payment::flag::Flag;

/// Parcels one call may ship.
const PARCELS_MAX: usize = 500;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in super::super) struct Shipped {
    id: String,
    shipping_name: String,
    shipping_code: String,
}

#[derive(Serialize)]
struct Count {
    shipped: usize,
}

pub(in super::super) async fn ship(
    State(web): State<Web>,
    Operator(operator): Operator,
    Json(shipped): Json<Vec<Shipped>>,
) -> Reply {
    if shipped.is_empty() || shipped.len() > PARCELS_MAX {
        let zh = format!("每次发货 1 到 {PARCELS_MAX} 个订单");
        return Err(Refusal::bad_request(zh, format!("Ship 1 to {PARCELS_MAX} orders at a time.")).into());
    }
    let parcels = shipped.iter().map(parcel).collect::<Result<Vec<_>, _>>()?;
    let shipped = flow::fulfil::ship(&web.app, operator.username, parcels).await?;
    Ok(ok("发货成功", "Shipped", Count { shipped }))
}

fn parcel(shipped: &Shipped) -> Result<Parcel, Refusal> {
    Ok(Parcel {
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

pub(in super::super) async fn flags(State(web): State<Web>, _by: Operator) -> Reply {
    let list: Vec<FlagOut> = flow::settle::waiting(&web.app).await?.into_iter().map(flag).collect();
    Ok(ok("查询成功", "Here you are", list))
}

fn flag(from: Flag) -> FlagOut {
    let at = views::time(Some(from.at));
    let Flag { kind, out_trade_no, transaction_id, order_id, total_fee, detail, .. } = from;
    FlagOut { kind, out_trade_no, transaction_id, order_id, total_fee, detail, at }
}
