//! Who gets what. A pure function of what the transaction has read and of the
//! requests in the order they arrived: no I/O, no clock, no randomness.

use serde_json::json;

use super::lines::{self, OrderLine};
use super::{OrderOrigin, OrderedGoods, PlaceRequest, ReceiverChoice, draft};
use crate::domain::id::OrderId;
use crate::domain::message::{NotFound, OrderMessage};
use crate::domain::money::Fen;
use crate::domain::pricing::{self, Postage, Quote};
use crate::domain::refusal::Refusal;
use crate::domain::status::PayType;
use crate::flow::discount::{DiscountRequest, DiscountedQuote, apply_discount, check_owner, total_too_large};
use crate::flow::error::cart_unavailable;
use crate::infra::settings::{OnDelivery, ShopRules};
use crate::store::coupon::Coupon;
use crate::store::order::Receiver;

pub use super::batch_state::{BatchState, CartAccess};
pub use super::placed_order::{PlaceDecision, PlacedOrder};

/// Decides each request in turn; what one takes, the next no longer finds.
pub fn decide_batch(
    state: &mut BatchState,
    rules: ShopRules,
    requests: &[PlaceRequest],
) -> Vec<Result<PlaceDecision, Refusal>> {
    requests.iter().map(|request| decide_one(state, rules, request)).collect()
}

fn decide_one(
    state: &mut BatchState,
    rules: ShopRules,
    request: &PlaceRequest,
) -> Result<PlaceDecision, Refusal> {
    if let Some(earlier) = find_earlier_order(state, request)? {
        return Ok(PlaceDecision::Repeat(earlier));
    }
    check_cart_access(state, request)?;
    check_open_orders(state, rules, request)?;
    let wanted = lines::order_lines(state, request)?;
    lines::check_sale_time(&wanted, request.now)?;
    lines::check_limits(state, &request.username, &wanted)?;
    let (receiver, postage) = choose_receiver(state, rules, request)?;
    lines::check_stock(&wanted)?;
    let bought = price_order(state, ShopRules { postage, ..rules }, request, &wanted)?;
    check_not_free(request, bought.priced.quote)?;
    check_on_delivery(rules, request, bought.priced.quote)?;
    check_seen_price(request, bought.priced.quote)?;

    let placed = draft::build_order(request, rules, receiver, &wanted, bought);
    reserve_goods(state, &placed);
    Ok(PlaceDecision::Placed(Box::new(placed)))
}

/// The order one of the request's keys stands for. The same key with another
/// request is refused: one of the two is a mistake.
fn find_earlier_order(state: &BatchState, request: &PlaceRequest) -> Result<Option<OrderId>, Refusal> {
    if state.existing.contains(&request.order_id) {
        return Ok(Some(request.order_id.clone()));
    }
    let known = |text: &String| state.keys.get(&(request.username.clone(), text.clone()));
    let Some(key) = request.keys.iter().find_map(known) else {
        return Ok(None);
    };
    if key.request_hash != request.hash {
        return Err(Refusal::new(OrderMessage::KeyReused));
    }
    Ok(Some(key.order_id.clone()))
}

/// Who buys without a cart needs none.
fn check_cart_access(state: &BatchState, request: &PlaceRequest) -> Result<(), Refusal> {
    match (state.reach, &request.goods) {
        (CartAccess::Away, OrderedGoods::Cart(_)) => Err(cart_unavailable()),
        (CartAccess::Read, _) | (CartAccess::Away, OrderedGoods::Direct { .. }) => Ok(()),
    }
}

/// Orders that brought no money yet hold goods and coupons, so one buyer has only so many.
fn check_open_orders(state: &BatchState, rules: ShopRules, request: &PlaceRequest) -> Result<(), Refusal> {
    let max = match request.pay_type {
        PayType::Online => rules.open_orders_max,
        PayType::OnDelivery => rules.open_orders_max.min(rules.on_delivery.open_max()),
    };
    let open = state.open_orders.get(&request.username).copied().unwrap_or(0);
    if open < max { Ok(()) } else { Err(Refusal::new(OrderMessage::TooManyOpen { max })) }
}

fn check_on_delivery(rules: ShopRules, request: &PlaceRequest, quote: Quote) -> Result<(), Refusal> {
    match (request.pay_type, rules.on_delivery) {
        (PayType::Online, _) => Ok(()),
        (PayType::OnDelivery, OnDelivery::Off) => Err(Refusal::new(OrderMessage::OnDeliveryOff)),
        (PayType::OnDelivery, OnDelivery::UpTo { amount, .. }) if quote.pay_money > amount => {
            Err(Refusal::new(OrderMessage::OnDeliveryTooMuch { max: amount }))
        }
        (PayType::OnDelivery, OnDelivery::UpTo { .. }) => Ok(()),
    }
}

/// Who receives the order, and on what terms it is sent there.
fn choose_receiver(
    state: &BatchState,
    rules: ShopRules,
    request: &PlaceRequest,
) -> Result<(Receiver, Postage), Refusal> {
    let address = match &request.receiver {
        ReceiverChoice::Given(receiver) => return Ok((receiver.clone(), rules.postage)),
        ReceiverChoice::DefaultElse(collected) => match state.defaults.get(&request.username) {
            Some(address) => address,
            None => return Ok((collected.clone(), Postage::NONE)),
        },
        ReceiverChoice::Address(id) => {
            let own = state.addresses.get(id).filter(|address| address.username == request.username);
            own.ok_or_else(|| Refusal::new(NotFound::Address))?
        }
        ReceiverChoice::Default => state
            .defaults
            .get(&request.username)
            .ok_or_else(|| Refusal::new(OrderMessage::ReceiverMissing))?,
    };
    let (contact, mobile) = (address.words.contact.clone(), address.words.phone.clone());
    Ok((Receiver { contact, mobile, address: address.one_line() }, rules.postage))
}

fn price_order(
    state: &BatchState,
    rules: ShopRules,
    request: &PlaceRequest,
    wanted: &[OrderLine<'_>],
) -> Result<DiscountedQuote, Refusal> {
    let lines: Vec<pricing::PricingLine> = wanted.iter().map(|line| line.pricing_line()).collect();
    let quote = pricing::quote(&lines, rules.postage).map_err(|_| total_too_large())?;
    let balance = state.balances.get(&request.username).copied().unwrap_or(0);
    let wish = DiscountRequest { coupon: find_coupon(state, request)?, points: request.points, balance };
    apply_discount(quote, &lines, wish, rules.points, request.now)
}

fn find_coupon<'s>(state: &'s BatchState, request: &PlaceRequest) -> Result<Option<&'s Coupon>, Refusal> {
    let named = request.coupon_id;
    named.map(|id| check_owner(state.coupons.get(&id), &request.username)).transpose()
}

/// What costs nothing is an order as soon as it is asked for: where nobody has
/// to fill a cart first, that would be one with every asking.
fn check_not_free(request: &PlaceRequest, quote: Quote) -> Result<(), Refusal> {
    match request.goods {
        OrderedGoods::Direct { .. } if quote.pay_money == Fen::ZERO => {
            Err(Refusal::new(OrderMessage::NothingToPay))
        }
        OrderedGoods::Direct { .. } | OrderedGoods::Cart(_) => Ok(()),
    }
}

fn check_seen_price(request: &PlaceRequest, quote: Quote) -> Result<(), Refusal> {
    match request.pay_money {
        Some(seen) if seen != quote.pay_money => {
            let facts = json!({ "payMoney": quote.pay_money, "totalMoney": quote.total_money, "postFee": quote.post_fee });
            Err(Refusal::new(OrderMessage::PriceChanged { pay_money: quote.pay_money }).with(facts))
        }
        Some(_) | None => Ok(()),
    }
}

/// Takes what the order took, so that the next request finds less.
fn reserve_goods(state: &mut BatchState, placed: &PlacedOrder) {
    let order = &placed.order;
    for item in &placed.items {
        if let Some(sku) = state.skus.get_mut(&item.sku_id) {
            sku.num -= item.num;
        }
    }
    match (placed.origin, state.carts.get_mut(&order.username)) {
        (OrderOrigin::Cart, Some(cart)) => {
            cart.retain(|line| placed.items.iter().all(|item| item.sku_id != line.sku_id));
        }
        (OrderOrigin::Cart, None) | (OrderOrigin::Shelf, _) => {}
    }
    if let Some(coupon) = order.discount.coupon_id.and_then(|id| state.coupons.get_mut(&id)) {
        coupon.order_id = Some(order.id.clone());
    }
    if let Some(balance) = state.balances.get_mut(&order.username) {
        *balance -= order.discount.points_used;
    }
    *state.open_orders.entry(order.username.clone()).or_default() += 1;
    for purchase in &placed.limited {
        *state.limited.entry(purchase.account.clone()).or_default() += purchase.num;
    }
    let named = placed.keys.iter().map(|key| ((key.username.clone(), key.text.clone()), key.clone()));
    state.keys.extend(named);
}
