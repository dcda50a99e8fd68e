//! Orders in JSON, with their lines, history and refunds.

use serde::Serialize;
use utoipa::ToSchema;

use super::super::openapi::schemas::{ConsignStatus, OrderStatus, PayStatus, Time, YesNo};
use super::views::time;
use crate::domain::id::Id;
use crate::domain::id::OrderId;
use crate::domain::money::Fen;
use crate::domain::status::PayType;
use crate::flow::fulfil::OrderWithItems;
use crate::store::order::history::HistoryKind;
use crate::store::order::{self, history};
use crate::store::payment::refund;
use crate::store::payment::refund::RefundState;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Order)]
pub(super) struct OrderView {
    #[schema(value_type = OrderId)]
    id: String,
    /// 件数 / Pieces
    #[schema(minimum = 1)]
    total_num: i64,
    total_money: Fen,
    /// 优惠券与积分共减多少 / Taken off by coupon and points together
    pre_money: Fen,
    /// 所用的优惠券 / The coupon that is used
    coupon_id: Option<Id>,
    /// 优惠券减多少 / Taken off by the coupon
    coupon_money: Fen,
    /// 所用的积分 / Points that are used
    #[schema(minimum = 0)]
    points_used: i64,
    /// 积分抵多少 / Taken off by points
    points_money: Fen,
    post_fee: Fen,
    pay_money: Fen,
    /// 1 在线支付，0 货到付款 / 1 online, 0 on delivery
    #[schema(value_type = PayType)]
    pay_type: &'static str,
    #[schema(value_type = Time)]
    create_time: Option<String>,
    #[schema(value_type = Time)]
    update_time: Option<String>,
    #[schema(value_type = Option<Time>)]
    pay_time: Option<String>,
    #[schema(value_type = Option<Time>)]
    consign_time: Option<String>,
    #[schema(value_type = Option<Time>)]
    end_time: Option<String>,
    #[schema(value_type = Option<Time>)]
    close_time: Option<String>,
    /// buyer 或 expired / buyer or expired
    close_reason: Option<String>,
    /// 须在此前支付；货到付款为 null / Until when it may be paid; null if paid on delivery
    #[schema(value_type = Option<Time>)]
    pay_by: Option<String>,
    shipping_name: Option<String>,
    shipping_code: Option<String>,
    username: String,
    buyer_message: Option<String>,
    #[schema(pattern = "^0$")]
    buyer_rate: &'static str,
    receiver_contact: String,
    receiver_mobile: String,
    receiver_address: String,
    source_type: String,
    /// 微信支付订单号 / WeChat's number of the payment
    transaction_id: Option<String>,
    /// 0 未完成，1 已完成，2 已退货，3 已关闭 / 0 open, 1 completed, 2 returned, 3 closed
    #[schema(value_type = OrderStatus)]
    order_status: &'static str,
    /// 0 未支付，1 已支付 / 0 not paid, 1 paid
    #[schema(value_type = PayStatus)]
    pay_status: &'static str,
    /// 0 未发货，1 已发货，2 已收货 / 0 not shipped, 1 shipped, 2 received
    #[schema(value_type = ConsignStatus)]
    consign_status: &'static str,
    #[schema(pattern = "^0$")]
    is_delete: &'static str,
    items: Vec<OrderItemView>,
    /// 只在查询单个订单时给出 / Only when one order is asked for
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<OrderEventView>, required = false)]
    events: Option<Vec<OrderEventView>>,
    /// 已退或正在退的款项，只在查询单个订单时给出 / Money that goes or went back; only when one order is asked for
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<RefundView>, required = false)]
    refunds: Option<Vec<RefundView>>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OrderItem)]
pub(super) struct OrderItemView {
    id: String,
    category_id3: Option<i64>,
    spu_id: Option<String>,
    sku_id: Id,
    #[schema(value_type = OrderId)]
    order_id: String,
    name: String,
    price: Fen,
    #[schema(minimum = 1)]
    num: i64,
    money: Fen,
    pay_money: Fen,
    image: String,
    /// 克，按数量合计 / Grams, all pieces
    weight: i64,
    #[schema(value_type = i64, minimum = 0, maximum = 0)]
    post_fee: Fen,
    #[schema(value_type = YesNo)]
    is_return: &'static str,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OrderEvent)]
pub(super) struct OrderEventView {
    #[schema(value_type = HistoryKind)]
    kind: String,
    /// 用户名、wechat 或 shop / A username, wechat or shop
    actor: String,
    detail: Option<String>,
    #[schema(value_type = Time)]
    at: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OrderRefund)]
pub(super) struct RefundView {
    out_refund_no: String,
    refund_fee: Fen,
    /// opened 待微信受理，processing 退款中，done 已到账，closed 已由另一笔退款代替，abnormal、refused 等待人工处理 / opened: WeChat is being asked; processing: on its way; done: it arrived; closed: another took its place; abnormal and refused: a person looks
    #[schema(value_type = RefundState)]
    state: &'static str,
    reason: String,
    #[schema(value_type = Time)]
    created: String,
    #[schema(value_type = Option<Time>)]
    arrived: Option<String>,
}

/// An order with its lines, its history and its refunds, as the route of one order answers.
pub(super) fn whole(from: OrderWithItems) -> OrderView {
    OrderView {
        events: Some(from.events.into_iter().map(|one| event(one, &from.order.username)).collect()),
        refunds: Some(from.refunds.into_iter().map(refund).collect()),
        ..order(from.order, from.items)
    }
}

pub(super) fn order(from: order::Order, items: Vec<order::OrderItem>) -> OrderView {
    let order::Order { quote, discount, times, receiver, .. } = &from;
    let letters = from.state.letters(from.pay_type);
    let letter = |of: fn(&crate::domain::status::StatusLetters<'static>) -> &'static str| {
        letters.as_ref().map_or("", of)
    };
    OrderView {
        total_num: quote.total_num,
        total_money: quote.total_money,
        pre_money: quote.pre_money,
        coupon_id: discount.coupon_id,
        coupon_money: discount.coupon_money,
        points_used: discount.points_used,
        points_money: discount.points_money,
        post_fee: quote.post_fee,
        pay_money: quote.pay_money,
        pay_type: from.pay_type.word(),
        create_time: Some(times.create.rfc3339()),
        update_time: Some(times.update.rfc3339()),
        pay_time: time(times.pay),
        consign_time: time(times.consign),
        end_time: time(times.end),
        close_time: time(times.close),
        pay_by: time(from.pay_by),
        receiver_contact: receiver.contact.clone(),
        receiver_mobile: receiver.mobile.clone(),
        receiver_address: receiver.address.clone(),
        order_status: letter(|letters| letters.order),
        pay_status: letter(|letters| letters.pay),
        consign_status: letter(|letters| letters.consign),
        buyer_rate: "0",
        is_delete: "0",
        items: items.into_iter().map(item).collect(),
        events: None,
        refunds: None,
        id: from.id.0,
        close_reason: from.close_reason,
        shipping_name: from.shipping_name,
        shipping_code: from.shipping_code,
        username: from.username,
        buyer_message: from.buyer_message,
        source_type: from.source_type,
        transaction_id: from.transaction_id,
    }
}

fn item(from: order::OrderItem) -> OrderItemView {
    OrderItemView {
        id: from.id,
        category_id3: from.category_id,
        spu_id: from.spu_id,
        sku_id: from.sku_id,
        order_id: from.order_id.0,
        name: from.name,
        price: from.price,
        num: from.num,
        money: from.money,
        pay_money: from.pay_money,
        image: from.image,
        weight: from.weight,
        post_fee: Fen::ZERO,
        is_return: if from.is_returned { "1" } else { "0" },
    }
}

/// Buyers are not told the login names of operators.
fn event(from: history::HistoryEvent, buyer: &str) -> OrderEventView {
    let is_told = from.actor == buyer || from.actor == "wechat";
    let actor = if is_told { from.actor } else { "shop".to_owned() };
    OrderEventView { kind: from.kind, actor, detail: from.detail, at: from.at.rfc3339() }
}

fn refund(from: refund::Refund) -> RefundView {
    RefundView {
        out_refund_no: from.out_refund_no,
        refund_fee: from.refund_fee,
        state: from.state.word(),
        reason: from.reason,
        created: from.created.rfc3339(),
        arrived: time(from.arrived),
    }
}
