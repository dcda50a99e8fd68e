//! An order with all its rows, as it is written if nothing speaks against it.

use super::PlaceRequest;
use super::lines::OrderLine;
use super::placed_order::PlacedOrder;
use crate::domain::id::OrderId;
use crate::domain::money::Fen;
use crate::domain::pricing::Quote;
use crate::domain::status::{OrderState, PayType};
use crate::flow::discount::DiscountedQuote;
use crate::infra::settings::ShopRules;
use crate::store::cart::purchased::PurchasedLine;
use crate::store::order::idempotency::IdempotencyKey;
use crate::store::order::{Order, OrderDiscount, OrderItem, OrderTimes, Receiver};
use crate::store::purchase_limit::LimitedPurchase;

pub(super) fn build_order(
    request: &PlaceRequest,
    rules: ShopRules,
    receiver: Receiver,
    wanted: &[OrderLine<'_>],
    bought: DiscountedQuote,
) -> PlacedOrder {
    let DiscountedQuote { priced, discount } = bought;
    let order = order_header(request, rules, receiver, priced.quote, discount);
    let items = wanted.iter().zip(priced.line_money).enumerate();
    let items = items.map(|(nth, (line, pay_money))| item(&order.id, nth, *line, pay_money)).collect();
    let limited = wanted.iter().filter_map(|line| {
        let (account, buyer_limit) = line.limit_usage(&request.username)?;
        Some(LimitedPurchase { account, order_id: order.id.clone(), num: line.num, buyer_limit })
    });
    let limited = limited.collect();
    let taken = purchased_lines(&order, wanted);
    let (origin, points, keys) = (request.goods.origin(), rules.points_per_order, idempotency_keys(request));
    PlacedOrder { order, items, origin, limited, taken, points, keys }
}

/// The lines that leave the cart with this order, where carts live in the cache.
fn purchased_lines(order: &Order, wanted: &[OrderLine<'_>]) -> Vec<PurchasedLine> {
    let stamped = wanted.iter().filter(|line| !line.stamp.is_empty());
    let taken = stamped.map(|line| PurchasedLine {
        username: order.username.clone(),
        sku_id: line.sku.id,
        stamp: line.stamp.to_owned(),
        order_id: order.id.clone(),
    });
    taken.collect()
}

fn idempotency_keys(request: &PlaceRequest) -> Vec<IdempotencyKey> {
    let key = |text: &String| IdempotencyKey {
        username: request.username.clone(),
        text: text.clone(),
        request_hash: request.hash.clone(),
        order_id: request.order_id.clone(),
    };
    request.keys.iter().map(key).collect()
}

fn order_header(
    request: &PlaceRequest,
    rules: ShopRules,
    receiver: Receiver,
    quote: Quote,
    discount: OrderDiscount,
) -> Order {
    // What costs nothing is paid by being ordered; there is nothing to ask WeChat for.
    let pay_type = if quote.pay_money == Fen::ZERO { PayType::OnDelivery } else { request.pay_type };
    let pay_by = match pay_type {
        PayType::Online => Some(request.now.plus(rules.pay_within)),
        PayType::OnDelivery => None,
    };
    let now = request.now.whole_second();
    Order {
        id: request.order_id.clone(),
        username: request.username.clone(),
        quote,
        discount,
        pay_type,
        state: OrderState::placed(pay_type),
        receiver,
        buyer_message: request.buyer_message.clone(),
        source_type: request.source_type.clone(),
        transaction_id: None,
        pay_by,
        close_reason: None,
        shipping_name: None,
        shipping_code: None,
        times: OrderTimes { create: now, update: now, ..OrderTimes::default() },
    }
}

/// The line's own name is its order's with its place behind it.
fn item(order: &OrderId, nth: usize, line: OrderLine<'_>, pay_money: Fen) -> OrderItem {
    let OrderLine { sku, num, .. } = line;
    OrderItem {
        id: format!("{order}-{:02}", nth + 1),
        order_id: order.clone(),
        sku_id: sku.id,
        spu_id: sku.facts.spu_id.clone(),
        category_id: sku.facts.category_id,
        name: sku.facts.name.clone(),
        price: sku.price,
        num,
        money: line.pricing_line().money(),
        pay_money,
        image: sku.facts.image.clone(),
        weight: sku.facts.weight.saturating_mul(num),
        is_returned: false,
    }
}
