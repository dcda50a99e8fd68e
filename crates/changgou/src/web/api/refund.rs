//! Money that goes back: what buyers ask for and operators decide.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::WebState;
use super::super::extractors::{Buyer, Operator};
use super::super::input::{Json, Params, PathOrder, PathText, text};
use super::super::openapi::refusals;
use super::super::openapi::schemas::{self, IdIn, RefundTab, Time};
use super::super::response::{ApiResult, done, ok};
use super::views;
use crate::domain::id::SkuId;
use crate::domain::limits::{ORDER_LINES_MAX, REFUND_REASON_MAX, REFUND_WORDS_MAX};
use crate::domain::message::FieldMessage;
use crate::domain::money::Fen;
use crate::domain::refusal::Refusal;
use crate::flow;
use crate::flow::refund::{RefundWant, RequestOutcome, Restock, WantedRefund};
use crate::store::payment::refund::RefundCause;
use crate::store::payment::refund::{Refund, RefundState};
use crate::store::payment::refund_request::RefundRequest;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = RefundReason)]
pub(in super::super) struct RefundReasonInput {
    #[schema(min_length = 1, max_length = 26)]
    reason: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Refund)]
pub(in super::super) struct AdminRefundView {
    out_refund_no: String,
    out_trade_no: String,
    order_id: String,
    #[schema(value_type = RefundCause)]
    cause: &'static str,
    reason: String,
    refund_fee: Fen,
    #[schema(value_type = RefundState)]
    state: &'static str,
    refund_id: Option<String>,
    told: Option<String>,
    actor: String,
    #[schema(value_type = Option<Time>)]
    arrived: Option<String>,
    #[schema(value_type = Option<Time>)]
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

/// 申请退款 / Ask for the money back
///
/// 未发货的订单立即全额退款；已发货的由商家决定（202） / An order that did not leave is given back at once; about goods that left the shop decides (202)
#[utoipa::path(
    post, path = "/api/order/{id}/refund", operation_id = "askRefund", tag = "退款 / Refunds",
    params(schemas::OrderIdPath),
    request_body = RefundReasonInput,
    responses(
        (status = 200, body = AdminRefundView),
        (status = 202, description = "等待商家处理 / The shop decides"),
        refusals::Body, refusals::Access, refusals::NotFound, refusals::WrongState, refusals::Failure,
    ),
    security(("bearer" = ["buyer"]), ("cookie" = ["buyer"])),
)]
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

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RefundNote)]
pub(in super::super) struct RefundNoteInput {
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = NewRefund)]
pub(in super::super) struct RefundInput {
    #[schema(min_items = 1, max_items = 100)]
    items: Option<Vec<Pieces>>,
    #[schema(minimum = 1)]
    amount: Option<i64>,
    #[schema(min_length = 1, max_length = 26)]
    reason: String,
    restock: Option<bool>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = RefundPieces)]
struct Pieces {
    #[schema(value_type = IdIn)]
    sku_id: SkuId,
    #[schema(minimum = 1)]
    num: i64,
}

/// 退款 / Give an order back, or a part of it
///
/// items 与 amount 都不给即全部；items 按件退，amount 只退款不退货（分）；合计不超过实付；restock 为 false 时不回库 / Neither items nor amount: all of it. items gives pieces back, amount (fen) gives money without goods. Never more than was paid. With restock false the goods are not sold again
#[utoipa::path(
    post, path = "/api/admin/order/{id}/refund", operation_id = "giveRefund", tag = "退款 / Refunds",
    params(schemas::OrderIdPath, ("Idempotency-Key" = Option<String>, Header, description = "1 到 64 个可见 ASCII 字符；同键即同一退款 / 1 to 64 visible ASCII characters; the same key is the same refund", min_length = 1, max_length = 64, pattern = "^[!-~]+$")),
    request_body = RefundInput,
    responses(
        (status = 200, body = AdminRefundView),
        refusals::Body, refusals::Access, refusals::NotFound, refusals::WrongState, refusals::Failure,
    ),
    security(("bearer" = ["operator"])),
)]
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

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct RefundFilter {
    #[param(value_type = Option<RefundTab>)]
    state: Option<String>,
}

/// 退款列表 / Refunds
///
/// state：trouble（默认，需人工）、underway、done、closed；最多各 500 条 / trouble (default: needs a person), underway, done or closed; at most 500 of each
#[utoipa::path(
    get, path = "/api/admin/refund", operation_id = "listRefunds", tag = "退款 / Refunds",
    params(RefundFilter),
    responses((status = 200, body = Vec<AdminRefundView>), refusals::Input, refusals::Access, refusals::Failure),
    security(("bearer" = ["operator"])),
)]
pub(in super::super) async fn list(
    State(web): State<WebState>,
    _by: Operator,
    Params(filter): Params<RefundFilter>,
) -> ApiResult {
    let states: &'static [RefundState] = match filter.state.as_deref() {
        None | Some("trouble") => &[RefundState::Refused, RefundState::Abnormal],
        Some("underway") => &[RefundState::Opened, RefundState::Processing],
        Some("done") => &[RefundState::Done],
        Some("closed") => &[RefundState::Closed],
        Some(_) => {
            let allowed = &["trouble", "underway", "done", "closed"];
            return Err(Refusal::new(FieldMessage::NotOneOf { field: "state".into(), allowed }).into());
        }
    };
    let list = flow::refund::list_refunds(&web.app, states).await?;
    Ok(ok("查询成功", "Here you are", list.into_iter().map(refund).collect::<Vec<_>>()))
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RefundRequest)]
struct RefundRequestView {
    id: String,
    order_id: String,
    reason: String,
    #[schema(value_type = Option<Time>)]
    at: Option<String>,
}

/// 等待处理的退款申请 / What buyers wait for
///
/// 最多 500 条，最早的在前 / At most 500, the longest first
#[utoipa::path(
    get, path = "/api/admin/refund/requests", operation_id = "listRefundRequests", tag = "退款 / Refunds",
    responses((status = 200, body = Vec<RefundRequestView>), refusals::Access, refusals::Failure),
    security(("bearer" = ["operator"])),
)]
pub(in super::super) async fn requests(State(web): State<WebState>, _by: Operator) -> ApiResult {
    let view = |RefundRequest { id, order_id, reason, at, .. }: RefundRequest| RefundRequestView {
        id: id.to_string(),
        order_id: order_id.0,
        reason,
        at: views::time(Some(at)),
    };
    let list: Vec<RefundRequestView> =
        flow::refund::list_requests(&web.app).await?.into_iter().map(view).collect();
    Ok(ok("查询成功", "Here you are", list))
}

/// 拒绝退款申请 / Deny what a buyer asked for
///
/// 原因写入订单记录 / The reason goes into the order's history
#[utoipa::path(
    post, path = "/api/admin/order/{id}/refund/deny", operation_id = "denyRefund", tag = "退款 / Refunds",
    params(schemas::OrderIdPath),
    request_body = RefundNoteInput,
    responses((status = 200), refusals::Body, refusals::Access, refusals::NotFound, refusals::Failure),
    security(("bearer" = ["operator"])),
)]
pub(in super::super) async fn deny(
    State(web): State<WebState>,
    Operator(operator): Operator,
    PathOrder(id): PathOrder,
    Json(asked): Json<RefundNoteInput>,
) -> ApiResult {
    let words = text("reason", &asked.reason, 1, REFUND_WORDS_MAX)?;
    flow::refund::deny_request(&web.app, &operator.username, &id, &words).await?;
    Ok(done("已拒绝退款申请", "The request is denied"))
}

/// 以新单号重新退款 / Ask again under a new number
///
/// 只对需人工处理的退款 / For refunds that need a person
#[utoipa::path(
    post, path = "/api/admin/refund/{number}/again", operation_id = "refundAgain", tag = "退款 / Refunds",
    params(("number" = String, Path, description = "商户退款单号 / The refund's number (out_refund_no)", min_length = 1, max_length = 64)),
    responses(
        (status = 200, body = AdminRefundView),
        refusals::Access, refusals::NotFound, refusals::WrongState, refusals::Failure,
    ),
    security(("bearer" = ["operator"])),
)]
pub(in super::super) async fn again(
    State(web): State<WebState>,
    Operator(operator): Operator,
    PathText(number): PathText,
) -> ApiResult {
    let fresh = flow::refund::retry_by_operator(&web.app, &operator.username, &number).await?;
    Ok(ok("已重新发起退款", "Asked for under a new number", refund(fresh)))
}

/// 登记线下已退 / Note that it was paid out by hand
///
/// reason 说明如何退的 / reason tells how
#[utoipa::path(
    post, path = "/api/admin/refund/{number}/paid-out", operation_id = "refundPaidOut", tag = "退款 / Refunds",
    params(("number" = String, Path, description = "商户退款单号 / The refund's number (out_refund_no)", min_length = 1, max_length = 64)),
    request_body = RefundNoteInput,
    responses(
        (status = 200),
        refusals::Body, refusals::Access, refusals::NotFound, refusals::WrongState, refusals::Failure,
    ),
    security(("bearer" = ["operator"])),
)]
pub(in super::super) async fn paid_out(
    State(web): State<WebState>,
    Operator(operator): Operator,
    PathText(number): PathText,
    Json(asked): Json<RefundNoteInput>,
) -> ApiResult {
    let words = text("reason", &asked.reason, 1, REFUND_WORDS_MAX)?;
    flow::refund::mark_paid_out(&web.app, &operator.username, &number, &words).await?;
    Ok(done("已登记为线下退款", "Noted as paid out by hand"))
}

/// 退回待处理款项 / Give money back that pays no order
///
/// 重复调用得到同一退款 / Calling again gives the same refund
#[utoipa::path(
    post, path = "/api/admin/payment/{number}/refund", operation_id = "refundHeld", tag = "退款 / Refunds",
    params(("number" = String, Path, description = "商户订单号 / The attempt's number (out_trade_no)", min_length = 1, max_length = 64)),
    responses(
        (status = 200, body = AdminRefundView),
        refusals::Access, refusals::NotFound, refusals::WrongState, refusals::Failure,
    ),
    security(("bearer" = ["operator"])),
)]
pub(in super::super) async fn held(
    State(web): State<WebState>,
    Operator(operator): Operator,
    PathText(number): PathText,
) -> ApiResult {
    let given = flow::refund::refund_flagged(&web.app, &operator.username, &number).await?;
    Ok(ok("退款已受理", "The money is on its way back", refund(given)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = FlagSeen)]
pub(in super::super) struct FlagSeenInput {
    /// 微信交易单号 / WeChat's number of the payment
    #[schema(min_length = 1, max_length = 32)]
    transaction_id: String,
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
}

/// 登记待处理款项的处理结果 / Note how money that does not fit was seen to
///
/// 仅限与订单不符的款项，例如已在商户平台处理；原因会保存 / Only for money that does not fit, for instance seen to on the merchant platform; the reason is kept
#[utoipa::path(
    post, path = "/api/admin/payment/{number}/seen-to", operation_id = "seenTo", tag = "退款 / Refunds",
    params(("number" = String, Path, description = "商户订单号 / The attempt's number (out_trade_no)", min_length = 1, max_length = 64)),
    request_body = FlagSeenInput,
    responses((status = 200), refusals::Body, refusals::Access, refusals::NotFound, refusals::Failure),
    security(("bearer" = ["operator"])),
)]
pub(in super::super) async fn seen_to(
    State(web): State<WebState>,
    Operator(operator): Operator,
    PathText(number): PathText,
    Json(asked): Json<FlagSeenInput>,
) -> ApiResult {
    let words = text("reason", &asked.reason, 1, REFUND_WORDS_MAX)?;
    let money = (number.as_str(), asked.transaction_id.as_str());
    flow::settle::mark_handled(&web.app, &operator.username, money, &words).await?;
    Ok(done("已登记处理结果", "Noted how it was seen to"))
}
