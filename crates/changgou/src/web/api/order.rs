//! `/api/order`: settlement, placing, and a buyer's orders.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};

use super::super::WebState;
use super::super::extract::{Buyer, CallerLang};
use super::super::input::{Json, PageOf, Params, PathOrder, ids, phone, text};
use super::super::response::{ApiResult, done, ok};
use super::coupon_views::{OfferedCouponView, offered};
use super::views;
use crate::domain::id::{Id, OrderId};
use crate::domain::message::{FieldMessage, OrderMessage};
use crate::domain::money::Fen;
use crate::domain::refusal::Refusal;
use crate::domain::status::{OrderState, PayType};
use crate::flow;
use crate::flow::checkout::{self, CouponChoice};
use crate::flow::close::CancelOutcome;
use crate::flow::fulfil::OrderWithItems;
use crate::flow::place::{OrderedGoods, PlaceRequest, ReceiverChoice, Replayed};
use crate::infra::secret::sha256_hex;
use crate::store::order::{OrderFilter, Receiver};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct CheckoutApiQuery {
    sku_ids: Option<String>,
    coupon_id: Option<Id>,
    points: Option<i64>,
}

impl CheckoutApiQuery {
    fn read(self) -> Result<checkout::CheckoutSelection, Refusal> {
        let coupon = self.coupon_id.map_or(CouponChoice::None, CouponChoice::This);
        Ok(checkout::CheckoutSelection {
            sku_ids: self.sku_ids.as_deref().map(ids).transpose()?,
            coupon,
            points: self.points.unwrap_or(0),
        })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SettlementOut {
    token: String,
    addresses: Vec<views::AddressView>,
    items: Vec<views::CartLineView>,
    coupons: Vec<OfferedCouponView>,
    points: i64,
    points_usable: i64,
    total_num: i64,
    total_money: Fen,
    pre_money: Fen,
    coupon_id: Option<Id>,
    coupon_money: Fen,
    points_used: i64,
    points_money: Fen,
    post_fee: Fen,
    pay_money: Fen,
}

pub(in super::super) async fn settlement(
    State(web): State<WebState>,
    Buyer(login): Buyer,
    CallerLang(lang): CallerLang,
    Params(chosen): Params<CheckoutApiQuery>,
) -> ApiResult {
    let now = web.app.now();
    let settled = checkout::settlement(&web.app, login.username, chosen.read()?).await?;
    let (quote, discount) = (settled.quote, settled.discount);
    let best = checkout::best(&settled.coupons).map(|best| best.coupon.id);
    let coupons = settled.coupons.into_iter();
    let settlement = SettlementOut {
        token: settled.token,
        addresses: settled.addresses.into_iter().map(Into::into).collect(),
        items: settled.items.into_iter().map(|seen| views::cart_line(seen, now)).collect(),
        coupons: coupons.map(|one| offered(one, best, lang)).collect(),
        points: settled.points,
        points_usable: settled.points_usable,
        total_num: quote.total_num,
        total_money: quote.total_money,
        pre_money: quote.pre_money,
        coupon_id: discount.coupon_id,
        coupon_money: discount.coupon_money,
        points_used: discount.points_used,
        points_money: discount.points_money,
        post_fee: quote.post_fee,
        pay_money: quote.pay_money,
    };
    Ok(ok("查询成功", "Here you are", settlement))
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in super::super) struct PlaceOrderInput {
    sku_ids: Option<Vec<Id>>,
    address_id: Option<Id>,
    receiver_contact: Option<String>,
    receiver_mobile: Option<String>,
    receiver_address: Option<String>,
    pay_type: Option<String>,
    buyer_message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    coupon_id: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    points: Option<i64>,
    source_type: Option<String>,
    token: Option<String>,
    pay_money: Option<Fen>,
}

pub(in super::super) async fn add(
    State(web): State<WebState>,
    Buyer(login): Buyer,
    headers: HeaderMap,
    Json(new): Json<PlaceOrderInput>,
) -> ApiResult {
    let request = request(&web, login.username, &headers, new)?;
    let placed = flow::place::place(&web.app, request).await?;
    let answer = ok("添加成功", "Ordered", views::order(placed.order, placed.items));
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
        buyer_message: message.map(|message| text("buyerMessage", message, 1, 500)).transpose()?,
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

#[derive(Deserialize)]
pub(in super::super) struct OrderListQuery {
    page: Option<i64>,
    size: Option<i64>,
    status: Option<String>,
}

pub(in super::super) async fn list(
    State(web): State<WebState>,
    Buyer(login): Buyer,
    Params(which): Params<OrderListQuery>,
) -> ApiResult {
    let (page, size) = PageOf::new(which.page, which.size).bounds()?;
    let filter = filter(which.status.as_deref())?;
    let (total, list) = flow::fulfil::page(&web.app, login.username, filter, page, size).await?;
    let list = list.into_iter().map(|(order, items)| views::order(order, items)).collect();
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

pub(in super::super) async fn one(
    State(web): State<WebState>,
    Buyer(login): Buyer,
    PathOrder(id): PathOrder,
) -> ApiResult {
    let whole = flow::fulfil::one(&web.app, login.username, id).await?;
    Ok(ok("查询成功", "Here you are", views::whole(whole)))
}

pub(in super::super) async fn cancel(
    State(web): State<WebState>,
    Buyer(login): Buyer,
    PathOrder(id): PathOrder,
) -> ApiResult {
    let cancelled = flow::close::cancel(&web.app, &login.username, &id).await?;
    let OrderWithItems { order, items, .. } = flow::fulfil::one(&web.app, login.username, id).await?;
    let order = views::order(order, items);
    Ok(match cancelled {
        CancelOutcome::Closed => ok("订单已取消", "The order is cancelled", order),
        CancelOutcome::Asked => {
            ok("正在取消，等待微信支付确认", "Being cancelled; WeChat Pay has to confirm", order)
                .status(StatusCode::ACCEPTED)
        }
    })
}

pub(in super::super) async fn receive(
    State(web): State<WebState>,
    Buyer(login): Buyer,
    PathOrder(id): PathOrder,
) -> ApiResult {
    flow::fulfil::receive(&web.app, login.username.clone(), id.clone()).await?;
    let OrderWithItems { order, items, .. } = flow::fulfil::one(&web.app, login.username, id).await?;
    Ok(ok("已确认收货", "Received", views::order(order, items)))
}

pub(in super::super) async fn hide(
    State(web): State<WebState>,
    Buyer(login): Buyer,
    PathOrder(id): PathOrder,
) -> ApiResult {
    flow::fulfil::hide(&web.app, login.username, id).await?;
    Ok(done("订单已删除", "The order is removed from the list"))
}
