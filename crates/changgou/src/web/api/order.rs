//! `/api/order`: placing, and a buyer's orders.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::WebState;
use super::super::extractors::Buyer;
use super::super::input::{Json, PageOf, Params, PathOrder, phone, text};
use super::super::openapi::refusals;
use super::super::openapi::schemas::{self, IdIn, OrderTab, SourceType};
use super::super::response::{ApiResult, done, ok};
use super::{order_views, views};
use crate::domain::id::{Id, OrderId};
use crate::domain::message::{FieldMessage, OrderMessage};
use crate::domain::money::Fen;
use crate::domain::refusal::Refusal;
use crate::domain::status::{OrderState, PayType};
use crate::flow;
use crate::flow::close::CancelOutcome;
use crate::flow::fulfil::OrderWithItems;
use crate::flow::place::{OrderedGoods, PlaceRequest, ReceiverChoice, Replayed};
use crate::infra::secret::sha256_hex;
use crate::store::order::{OrderFilter, Receiver};

/// 三种收货方式：addressId；receiver* 三项都给；都不给，则用默认地址 / The receiver is addressId, or all three of receiver*, or neither: the default address
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = NewOrder)]
pub(in super::super) struct PlaceOrderInput {
    /// 要买的购物车商品；不给则买选中的 / Cart lines to buy; without it, those that are selected
    #[schema(value_type = Option<Vec<IdIn>>)]
    sku_ids: Option<Vec<Id>>,
    /// 自己的收货地址，给了它就不看 receiver* / One of the buyer's addresses; with it, receiver* is not looked at
    #[schema(value_type = Option<IdIn>)]
    address_id: Option<Id>,
    receiver_contact: Option<String>,
    receiver_mobile: Option<String>,
    receiver_address: Option<String>,
    /// 1 在线支付（默认），0 货到付款；应付为 0 的订单无需支付，一律为 0 / 1 online (the default), 0 on delivery; an order that costs nothing has nothing to pay and is always 0
    #[schema(value_type = Option<PayType>)]
    pay_type: Option<String>,
    /// 留言，空白等于没有 / A message; blank is none
    #[schema(max_length = 1000, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    buyer_message: Option<String>,
    /// 要用的优惠券 / The coupon to use
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<IdIn>)]
    coupon_id: Option<Id>,
    /// 要用的积分，没有用处的不扣 / Points to pay with; what pays no fen is not taken
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0)]
    points: Option<i64>,
    /// 1 网页（默认）2 APP 3 公众号 4 小程序 5 H5 / 1 web (the default), 2 app, 3 official account, 4 mini program, 5 H5
    #[schema(value_type = Option<SourceType>)]
    source_type: Option<String>,
    /// 结算页给的令牌 / The token of the settlement
    #[schema(pattern = "^[!-~]{1,200}$")]
    token: Option<String>,
    /// 买家看到的应付金额，分；不同则拒绝 / The total the buyer saw, in fen; the order is refused if it is another
    #[schema(value_type = Option<i64>)]
    pay_money: Option<Fen>,
}

/// 下单 / Place an order
///
/// 从购物车下单：扣库存、加积分、移出购物车，一次完成或什么也不做 / Orders from the cart: takes stock, gives points, empties the cart, all or nothing
#[utoipa::path(
    post, path = "/api/order", operation_id = "placeOrder", tag = "订单 / Orders",
    params(("Idempotency-Key" = Option<String>, Header, description = "同一买家用同一个键重发同样的请求，只会有一个订单；保留 7 天 / The same key with the same request gives the same order; kept for 7 days", pattern = "^[!-~]{1,200}$")),
    request_body = PlaceOrderInput,
    responses(
        (status = 200, body = order_views::OrderView, headers(("Idempotent-Replayed" = String))),
        refusals::Body, refusals::Access, refusals::NotFound, refusals::Placing, refusals::CartFailure,
    ),
    security(("bearer" = ["buyer"]), ("cookie" = ["buyer"])),
)]
pub(in super::super) async fn add(
    State(web): State<WebState>,
    Buyer(login): Buyer,
    headers: HeaderMap,
    Json(new): Json<PlaceOrderInput>,
) -> ApiResult {
    let request = request(&web, login.username, &headers, new)?;
    let placed = flow::place::place_order(&web.app, request).await?;
    let answer = ok("添加成功", "Ordered", order_views::order(placed.order, placed.items));
    Ok(match placed.repeat {
        Replayed::First => answer,
        Replayed::Again => {
            answer.header(HeaderName::from_static("idempotent-replayed"), HeaderValue::from_static("true"))
        }
    })
}

fn request(
    web: &WebState,
    username: String,
    headers: &HeaderMap,
    new: PlaceOrderInput,
) -> Result<PlaceRequest, Refusal> {
    let asked = serde_json::to_vec(&new).expect("a request is plain data");
    let keys = keys(headers, new.token.as_deref())?;
    let message = new.buyer_message.as_deref().filter(|message| !message.trim().is_empty());
    Ok(PlaceRequest {
        username,
        receiver: receiver(&new)?,
        coupon_id: new.coupon_id,
        points: new.points.unwrap_or(0),
        pay_type: pay_type(new.pay_type.as_deref())?,
        buyer_message: message.map(|message| text("buyerMessage", message, 1, 1000)).transpose()?,
        source_type: source_type(new.source_type)?,
        goods: OrderedGoods::Cart(new.sku_ids),
        pay_money: new.pay_money,
        hash: sha256_hex(&asked),
        keys,
        order_id: OrderId::from_id(web.app.id()),
        now: web.app.now(),
    })
}

/// The names under which a repeat of the request is recognised.
fn keys(headers: &HeaderMap, token: Option<&str>) -> Result<Vec<String>, Refusal> {
    let header = headers.get("idempotency-key").map(|value| value.to_str().unwrap_or_default());
    let named = header.map(|key| ("key", key)).into_iter().chain(token.map(|token| ("token", token)));
    let checked = named.map(|(scope, key)| {
        let plain = (1..=200).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
        let field = if scope == "key" { "Idempotency-Key" } else { "token" };
        let wrong = || Refusal::new(FieldMessage::VisibleAscii { field: field.into(), most: 200 });
        plain.then(|| format!("{scope}:{key}")).ok_or_else(wrong)
    });
    checked.collect()
}

fn receiver(new: &PlaceOrderInput) -> Result<ReceiverChoice, Refusal> {
    let given = [&new.receiver_contact, &new.receiver_mobile, &new.receiver_address];
    match (new.address_id, given) {
        (Some(id), _) => Ok(ReceiverChoice::Address(id)),
        (None, [None, None, None]) => Ok(ReceiverChoice::Default),
        (None, [Some(contact), Some(mobile), Some(address)]) => Ok(ReceiverChoice::Given(Receiver {
            contact: text("receiverContact", contact, 1, 50)?,
            mobile: phone("receiverMobile", mobile)?,
            address: text("receiverAddress", address, 1, 200)?,
        })),
        (None, _) => Err(Refusal::new(OrderMessage::ReceiverIncomplete)),
    }
}

pub(in super::super) fn pay_type(letter: Option<&str>) -> Result<PayType, Refusal> {
    let wrong = || Refusal::new(FieldMessage::PayTypeInvalid);
    letter.map_or(Ok(PayType::Online), |letter| PayType::parse(letter).ok_or_else(wrong))
}

fn source_type(letter: Option<String>) -> Result<String, Refusal> {
    let letter = letter.unwrap_or_else(|| "1".to_owned());
    if ["1", "2", "3", "4", "5"].contains(&letter.as_str()) {
        return Ok(letter);
    }
    Err(Refusal::new(FieldMessage::NotInRange { field: "sourceType".into(), least: 1, most: 5 }))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct OrderListQuery {
    /// 第几页，从 1 起 / Which page, from 1
    #[param(minimum = 1, maximum = 10_000, default = 1, example = 1)]
    page: Option<i64>,
    /// 每页条数 / Rows of a page
    #[param(minimum = 1, maximum = 100, default = 20, example = 20)]
    size: Option<i64>,
    /// 状态；空与 all 为全部 / Which; empty and all mean every one
    #[param(value_type = Option<OrderTab>, example = "all")]
    status: Option<String>,
}

/// 我的订单 / My orders
///
/// 新的在前 / Newest first
#[utoipa::path(
    get, path = "/api/order/user/list", operation_id = "listOrders", tag = "订单 / Orders",
    params(OrderListQuery),
    responses(
        (status = 200, body = views::PageView<order_views::OrderView>),
        refusals::Input, refusals::Login, refusals::Failure,
    ),
    security(("bearer" = ["buyer"]), ("cookie" = ["buyer"])),
)]
pub(in super::super) async fn list(
    State(web): State<WebState>,
    Buyer(login): Buyer,
    Params(which): Params<OrderListQuery>,
) -> ApiResult {
    let (page, size) = PageOf::new(which.page, which.size).bounds()?;
    let filter = filter(which.status.as_deref())?;
    let (total, list) = flow::fulfil::order_page(&web.app, login.username, filter, page, size).await?;
    let list = list.into_iter().map(|(order, items)| order_views::order(order, items)).collect();
    Ok(ok("查询成功", "Here you are", views::PageView { total, list }))
}

/// The tabs of the original's order list.
pub(in super::super) fn filter(word: Option<&str>) -> Result<OrderFilter, Refusal> {
    Ok(OrderFilter::In(match word {
        None | Some("" | "all") => return Ok(OrderFilter::All),
        Some("unpaid") => OrderState::AwaitingPayment,
        Some("unshipped") => OrderState::AwaitingShipment,
        Some("shipped") => OrderState::Shipped,
        Some("completed") => OrderState::Completed,
        Some("closed") => OrderState::Closed,
        Some("returned") => OrderState::Returned,
        Some("refunded") => OrderState::Refunded,
        Some(_) => {
            let allowed =
                &["all", "unpaid", "unshipped", "shipped", "completed", "closed", "returned", "refunded"];
            return Err(Refusal::new(FieldMessage::NotOneOf { field: "status".into(), allowed }));
        }
    }))
}

/// 查询一个订单 / One order
///
/// 附全部经过 / With everything that happened to it
#[utoipa::path(
    get, path = "/api/order/{id}", operation_id = "getOrder", tag = "订单 / Orders",
    params(schemas::OrderIdPath),
    responses(
        (status = 200, body = order_views::OrderView),
        refusals::Input, refusals::Login, refusals::NotFound, refusals::WrongMethod, refusals::Failure,
    ),
    security(("bearer" = ["buyer"]), ("cookie" = ["buyer"])),
)]
pub(in super::super) async fn one(
    State(web): State<WebState>,
    Buyer(login): Buyer,
    PathOrder(id): PathOrder,
) -> ApiResult {
    let whole = flow::fulfil::find_order_with_items(&web.app, login.username, id).await?;
    Ok(ok("查询成功", "Here you are", order_views::whole(whole)))
}

/// 取消未支付的订单 / Cancel an unpaid order
///
/// 先在微信关单，确认后才归还库存与积分；取消前已支付的订单照常返回 / Closed at WeChat first, and only then are stock and points given back; an order that was paid meanwhile is given back as it stands
#[utoipa::path(
    put, path = "/api/order/{id}/cancel", operation_id = "cancelOrder", tag = "订单 / Orders",
    params(schemas::OrderIdPath),
    responses(
        (status = 200, description = "已关闭 / Closed", body = order_views::OrderView),
        (status = 202, description = "等待微信支付确认 / WeChat Pay has to confirm", body = order_views::OrderView),
        refusals::Input, refusals::Access, refusals::NotFound, refusals::WrongState, refusals::Failure,
    ),
    security(("bearer" = ["buyer"]), ("cookie" = ["buyer"])),
)]
pub(in super::super) async fn cancel(
    State(web): State<WebState>,
    Buyer(login): Buyer,
    PathOrder(id): PathOrder,
) -> ApiResult {
    let cancelled = flow::close::cancel_order(&web.app, &login.username, &id).await?;
    let OrderWithItems { order, items, .. } =
        flow::fulfil::find_order_with_items(&web.app, login.username, id).await?;
    let order = order_views::order(order, items);
    Ok(match cancelled {
        CancelOutcome::Closed => ok("订单已取消", "The order is cancelled", order),
        CancelOutcome::Asked => {
            ok("正在取消，等待微信支付确认", "Being cancelled; WeChat Pay has to confirm", order)
                .status(StatusCode::ACCEPTED)
        }
    })
}

/// 确认收货 / Confirm receipt
#[utoipa::path(
    put, path = "/api/order/{id}/receive", operation_id = "receiveOrder", tag = "订单 / Orders",
    params(schemas::OrderIdPath),
    responses(
        (status = 200, body = order_views::OrderView),
        refusals::Input, refusals::Access, refusals::NotFound, refusals::WrongState, refusals::Failure,
    ),
    security(("bearer" = ["buyer"]), ("cookie" = ["buyer"])),
)]
pub(in super::super) async fn receive(
    State(web): State<WebState>,
    Buyer(login): Buyer,
    PathOrder(id): PathOrder,
) -> ApiResult {
    flow::fulfil::receive(&web.app, login.username.clone(), id.clone()).await?;
    let OrderWithItems { order, items, .. } =
        flow::fulfil::find_order_with_items(&web.app, login.username, id).await?;
    Ok(ok("已确认收货", "Received", order_views::order(order, items)))
}

/// 从列表中删除 / Remove from the list
///
/// 只能删除已结束的订单 / Only an order that is over
#[utoipa::path(
    delete, path = "/api/order/{id}", operation_id = "hideOrder", tag = "订单 / Orders",
    params(schemas::OrderIdPath),
    responses(
        (status = 200),
        refusals::Input, refusals::Access, refusals::NotFound, refusals::WrongMethod, refusals::WrongState,
        refusals::Failure,
    ),
    security(("bearer" = ["buyer"]), ("cookie" = ["buyer"])),
)]
pub(in super::super) async fn hide(
    State(web): State<WebState>,
    Buyer(login): Buyer,
    PathOrder(id): PathOrder,
) -> ApiResult {
    flow::fulfil::hide(&web.app, login.username, id).await?;
    Ok(done("订单已删除", "The order is removed from the list"))
}
