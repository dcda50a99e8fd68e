//! What leaves through the API: the original's field names, which are the
//! columns in camel case. Ids are strings, money is whole fen, times RFC 3339.

use serde::Serialize;

use crate::domain::clock::UtcMs;
use crate::domain::id::Id;
use crate::domain::money::Fen;
use crate::flow::cart::PricedCartLine;
use crate::flow::fulfil::OrderWithItems;
use crate::store::address;
use crate::store::catalog::{self, ShelfStatus};
use crate::store::order::{self, history};
use crate::store::payment::refund;

/// A moment as it leaves.
pub(super) fn time(at: Option<UtcMs>) -> Option<String> {
    at.map(UtcMs::rfc3339)
}

/// An address.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AddressView {
    id: Id,
    username: String,
    provinceid: String,
    cityid: String,
    areaid: String,
    phone: String,
    address: String,
    contact: String,
    is_default: &'static str,
    alias: Option<String>,
    full_address: String,
}

impl From<address::Address> for AddressView {
    fn from(from: address::Address) -> AddressView {
        let full_address = from.line();
        let address::AddressText { provinceid, cityid, areaid, phone, address, contact, alias } = from.words;
        let is_default = if from.is_default { "1" } else { "0" };
        let (id, username) = (from.id, from.username);
        AddressView {
            id,
            username,
            provinceid,
            cityid,
            areaid,
            phone,
            address,
            contact,
            is_default,
            alias,
            full_address,
        }
    }
}

/// A SKU.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SkuView {
    id: Id,
    sn: String,
    name: String,
    name_en: Option<String>,
    caption: Option<String>,
    caption_en: Option<String>,
    price: Fen,
    num: i64,
    alert_num: i64,
    image: String,
    weight: i64,
    spu_id: Option<String>,
    category_id: Option<i64>,
    category_name: Option<String>,
    brand_name: Option<String>,
    spec: Option<String>,
    sale_num: i64,
    comment_num: i64,
    status: &'static str,
    buyer_limit: Option<i64>,
    sale_from: Option<String>,
    sale_to: Option<String>,
}

impl From<catalog::Sku> for SkuView {
    fn from(from: catalog::Sku) -> SkuView {
        let facts = from.facts;
        SkuView {
            id: from.id,
            sn: facts.sn,
            name: facts.name,
            name_en: facts.name_en,
            caption: facts.caption,
            caption_en: facts.caption_en,
            price: from.price,
            num: from.num,
            alert_num: facts.alert_num,
            image: facts.image,
            weight: facts.weight,
            spu_id: facts.spu_id,
            category_id: facts.category_id,
            category_name: facts.category_name,
            brand_name: facts.brand_name,
            spec: facts.spec,
            sale_num: from.sale_num,
            comment_num: facts.comment_num,
            status: from.shelf.word(),
            buyer_limit: from.sale.buyer_limit,
            sale_from: time(from.sale.from),
            sale_to: time(from.sale.to),
        }
    }
}

/// A cart line, shaped like an order item, beside its SKU as it is now.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CartLineView {
    sku_id: Id,
    spu_id: Option<String>,
    category_id3: Option<i64>,
    name: Option<String>,
    image: Option<String>,
    price: Option<Fen>,
    num: i64,
    money: Fen,
    pay_money: Fen,
    weight: i64,
    selected: bool,
    /// Stock now.
    stock: i64,
    /// Whether it can be bought as it is.
    buyable: bool,
    on_sale: bool,
    stock_short: bool,
    price_changed: bool,
    /// The price when it was put in.
    price_seen: Fen,
    buyer_limit: Option<i64>,
    sale_from: Option<String>,
    sale_to: Option<String>,
}

/// A cart line as it leaves at `now`.
pub(super) fn cart_line(seen: PricedCartLine, now: UtcMs) -> CartLineView {
    let (money, buyable) = (seen.money(), seen.is_buyable(now));
    let PricedCartLine { line, sku } = seen;
    let sku = sku.as_ref();
    let stock = sku.map_or(0, |sku| sku.num);
    CartLineView {
        sku_id: line.sku_id,
        spu_id: sku.and_then(|sku| sku.facts.spu_id.clone()),
        category_id3: sku.and_then(|sku| sku.facts.category_id),
        name: sku.map(|sku| sku.facts.name.clone()),
        image: sku.map(|sku| sku.facts.image.clone()),
        price: sku.map(|sku| sku.price),
        num: line.num,
        money,
        pay_money: money,
        weight: sku.map_or(0, |sku| sku.facts.weight.saturating_mul(line.num)),
        selected: line.selected,
        stock,
        buyable,
        on_sale: sku.is_some_and(|sku| sku.shelf == ShelfStatus::OnSale),
        stock_short: stock < line.num,
        price_changed: sku.is_some_and(|sku| sku.price != line.price_seen),
        price_seen: line.price_seen,
        buyer_limit: sku.and_then(|sku| sku.sale.buyer_limit),
        sale_from: time(sku.and_then(|sku| sku.sale.from)),
        sale_to: time(sku.and_then(|sku| sku.sale.to)),
    }
}

/// An order with its lines.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderView {
    id: String,
    total_num: i64,
    total_money: Fen,
    pre_money: Fen,
    coupon_id: Option<Id>,
    coupon_money: Fen,
    points_used: i64,
    points_money: Fen,
    post_fee: Fen,
    pay_money: Fen,
    pay_type: &'static str,
    create_time: Option<String>,
    update_time: Option<String>,
    pay_time: Option<String>,
    consign_time: Option<String>,
    end_time: Option<String>,
    close_time: Option<String>,
    close_reason: Option<String>,
    /// Until when it may be paid.
    pay_by: Option<String>,
    shipping_name: Option<String>,
    shipping_code: Option<String>,
    username: String,
    buyer_message: Option<String>,
    buyer_rate: &'static str,
    receiver_contact: String,
    receiver_mobile: String,
    receiver_address: String,
    source_type: String,
    transaction_id: Option<String>,
    order_status: &'static str,
    pay_status: &'static str,
    consign_status: &'static str,
    is_delete: &'static str,
    items: Vec<OrderItemView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<Vec<OrderEventView>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refunds: Option<Vec<RefundView>>,
}

/// A line of an order.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderItemView {
    id: String,
    category_id3: Option<i64>,
    spu_id: Option<String>,
    sku_id: Id,
    order_id: String,
    name: String,
    price: Fen,
    num: i64,
    money: Fen,
    pay_money: Fen,
    image: String,
    weight: i64,
    post_fee: Fen,
    is_return: &'static str,
}

/// Something that happened to an order.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderEventView {
    kind: String,
    actor: String,
    detail: Option<String>,
    at: String,
}

/// Money that goes or went back, as its buyer sees it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RefundView {
    out_refund_no: String,
    refund_fee: Fen,
    state: &'static str,
    reason: String,
    created: String,
    arrived: Option<String>,
}

/// An order as it leaves when it alone is asked for: with its lines, its history and its refunds.
pub(super) fn whole(from: OrderWithItems) -> OrderView {
    OrderView {
        events: Some(from.events.into_iter().map(event).collect()),
        refunds: Some(from.refunds.into_iter().map(refund).collect()),
        ..order(from.order, from.items)
    }
}

/// An order as it leaves, with its lines.
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

fn event(from: history::HistoryEvent) -> OrderEventView {
    OrderEventView { kind: from.kind, actor: from.actor, detail: from.detail, at: from.at.rfc3339() }
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

/// A page of a list.
#[derive(Serialize)]
pub(super) struct PageView<T> {
    pub total: i64,
    pub list: Vec<T>,
}
