//! Money that goes back: what buyers ask for and operators decide.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};

use super::super::WebState;
use super::super::extract::{Buyer, Operator};
use super::super::input::{Json, Params, PathOrder, text};
use super::super::response::{ApiResult, done, ok};
use super::views;
use crate::domain::id::SkuId;
use crate::domain::limits::{ORDER_LINES_MAX, REFUND_REASON_MAX, REFUND_WORDS_MAX};
use crate::domain::message::FieldMessage;
use crate::domain::money::Fen;
use crate::domain::refusal::Refusal;
use crate::flow;
use crate::flow::refund::{RefundWant, RequestOutcome, Restock, WantedRefund};
use crate::store::payment::refund::{Refund, RefundState as Stands};
use crate::store::payment::refund_request::RefundRequest;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in super::super) struct RefundReasonInput {
    reason: String,
}

/// A refund as it leaves.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct AdminRefundView {
    out_refund_no: String,
    out_trade_no: String,
    order_id: String,
    cause: &'static str,
    reason: String,
    refund_fee: Fen,
    state: &'static str,
    refund_id: Option<String>,
    told: Option<String>,
    actor: String,
    arrived: Option<String>,
    created: Option<String>,
}

pub(super) fn refund(from: Refund) -> AdminRefundView {
    AdminRefundView {
        out_refund_no: from.out_refund_no,
        out_trade_no: from.out_trade_no,
        order_id: from.order_id.0,
        cause: from.cause.word(),
        reason: from.reason,
        refund_fee: from.refund_fee,
        state: from.state.word(),
        refund_id: from.refund_id,
        told: from.told,
        actor: from.actor,
        arrived: views::time(from.arrived),
        created: views::time(Some(from.created)),
    }
}

/// `POST /api/order/{id}/refund`
pub(in super::super) async fn ask(
    State(web): State<WebState>,
    Buyer(login): Buyer,
    PathOrder(id): PathOrder,
    Json(asked): Json<RefundReasonInput>,
) -> ApiResult {
    let reason = text("reason", &asked.reason, 1, REFUND_REASON_MAX)?;
    Ok(match flow::refund::request_refund(&web.app, &login.username, &id, &reason).await? {
        RequestOutcome::Refunded(given) => {
            ok("订单已取消，款项原路退回", "The money is on its way back", refund(*given))
        }
        RequestOutcome::Waits => {
            done("已申请退款，等待商家处理", "Asked for; the shop will decide").status(StatusCode::ACCEPTED)
        }
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in super::super) struct RefundInput {
    items: Option<Vec<Pieces>>,
    amount: Option<i64>,
    reason: String,
    restock: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Pieces {
    sku_id: SkuId,
    num: i64,
}

/// `POST /api/admin/order/{id}/refund`
pub(in super::super) async fn give(
    State(web): State<WebState>,
    Operator(operator): Operator,
    PathOrder(id): PathOrder,
    headers: HeaderMap,
    Json(given): Json<RefundInput>,
) -> ApiResult {
    let wanted = WantedRefund {
        want: want(&given)?,
        restock: if given.restock.unwrap_or(true) { Restock::Yes } else { Restock::No },
        reason: text("reason", &given.reason, 1, REFUND_REASON_MAX)?,
        key: key(&headers)?,
    };
    let given = flow::refund::refund_order(&web.app, &operator.username, &id, wanted).await?;
    Ok(ok("退款已受理", "The money is on its way back", refund(given)))
}

fn want(given: &RefundInput) -> Result<RefundWant, Refusal> {
    match (&given.items, given.amount) {
        (None, None) => Ok(RefundWant::Whole),
        (None, Some(fen)) => Ok(RefundWant::Money(Fen(fen))),
        (Some(items), None) if (1..=ORDER_LINES_MAX).contains(&items.len()) => {
            Ok(RefundWant::Pieces(items.iter().map(|one| (one.sku_id, one.num)).collect()))
        }
        (Some(_), None) => {
            Err(Refusal::new(FieldMessage::TooFewOrMany { field: "items".into(), most: ORDER_LINES_MAX }))
        }
        (Some(_), Some(_)) => Err(Refusal::new(FieldMessage::ItemsAndAmount)),
    }
}

/// The caller's own name for a refund, so that a repeated request is one refund.
fn key(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().unwrap_or_default();
    if (1..=64).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(Some(key.to_owned()));
    }
    Err(Refusal::new(FieldMessage::VisibleAscii { field: "Idempotency-Key".into(), most: 64 }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct RefundFilter {
    state: Option<String>,
}

/// `GET /api/admin/refund?state=trouble|underway|done`
pub(in super::super) async fn list(
    State(web): State<WebState>,
    _by: Operator,
    Params(filter): Params<RefundFilter>,
) -> ApiResult {
    let states: &'static [Stands] = match filter.state.as_deref() {
        None | Some("trouble") => &[Stands::Refused, Stands::Abnormal],
        Some("underway") => &[Stands::Opened, Stands::Processing],
        Some("done") => &[Stands::Done],
        Some("closed") => &[Stands::Closed],
        Some(_) => {
            let allowed = &["trouble", "underway", "done", "closed"];
            return Err(Refusal::new(FieldMessage::NotOneOf { field: "state".into(), allowed }).into());
        }
    };
    let list = flow::refund::list_refunds(&web.app, states).await?;
    Ok(ok("查询成功", "Here you are", list.into_iter().map(refund).collect::<Vec<_>>()))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WishOut {
    id: String,
    order_id: String,
    reason: String,
    at: Option<String>,
}

/// `GET /api/admin/refund/requests`
pub(in super::super) async fn wishes(State(web): State<WebState>, _by: Operator) -> ApiResult {
    let wish = |RefundRequest { id, order_id, reason, at, .. }: RefundRequest| WishOut {
        id: id.to_string(),
        order_id: order_id.0,
        reason,
        at: views::time(Some(at)),
    };
    let list: Vec<WishOut> = flow::refund::list_requests(&web.app).await?.into_iter().map(wish).collect();
    Ok(ok("查询成功", "Here you are", list))
}

/// `POST /api/admin/order/{id}/refund/deny`
pub(in super::super) async fn deny(
    State(web): State<WebState>,
    Operator(operator): Operator,
    PathOrder(id): PathOrder,
    Json(asked): Json<RefundReasonInput>,
) -> ApiResult {
    let words = text("reason", &asked.reason, 1, REFUND_WORDS_MAX)?;
    flow::refund::deny_request(&web.app, &operator.username, &id, &words).await?;
    Ok(done("已拒绝退款申请", "The request is denied"))
}

/// `POST /api/admin/refund/{outRefundNo}/again`
pub(in super::super) async fn again(
    State(web): State<WebState>,
    Operator(operator): Operator,
    Path(number): Path<String>,
) -> ApiResult {
    let fresh = flow::refund::retry_by_operator(&web.app, &operator.username, &number).await?;
    Ok(ok("已重新发起退款", "Asked for under a new number", refund(fresh)))
}

/// `POST /api/admin/refund/{outRefundNo}/paid-out`
pub(in super::super) async fn paid_out(
    State(web): State<WebState>,
    Operator(operator): Operator,
    Path(number): Path<String>,
    Json(asked): Json<RefundReasonInput>,
) -> ApiResult {
    let words = text("reason", &asked.reason, 1, REFUND_WORDS_MAX)?;
    flow::refund::mark_paid_out(&web.app, &operator.username, &number, &words).await?;
    Ok(done("已登记为线下退款", "Noted as paid out by hand"))
}

/// `POST /api/admin/payment/{outTradeNo}/refund`
pub(in super::super) async fn held(
    State(web): State<WebState>,
    Operator(operator): Operator,
    Path(number): Path<String>,
) -> ApiResult {
    let given = flow::refund::refund_flagged(&web.app, &operator.username, &number).await?;
    Ok(ok("退款已受理", "The money is on its way back", refund(given)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in super::super) struct FlagSeenInput {
    transaction_id: String,
    reason: String,
}

/// `POST /api/admin/payment/{outTradeNo}/seen-to`
pub(in super::super) async fn seen_to(
    State(web): State<WebState>,
    Operator(operator): Operator,
    Path(number): Path<String>,
    Json(asked): Json<FlagSeenInput>,
) -> ApiResult {
    let words = text("reason", &asked.reason, 1, REFUND_WORDS_MAX)?;
    let money = (number.as_str(), asked.transaction_id.as_str());
    flow::settle::mark_handled(&web.app, &operator.username, money, &words).await?;
    Ok(done("已登记处理结果", "Noted how it was seen to"))
}
