//! Who gets what. A pure function of what the transaction has read and of the
//! requests in the order they arrived: no I/O, no clock, no randomness.

use std::collections::{BTreeMap, HashMap};

use serde_json::json;

use super::{ReceiverChoice, Request};
use crate::ground::settings::Rules;
use crate::nouns::address::Address;
use crate::nouns::cart;
use crate::nouns::catalog::{Shelf, Sku};
use crate::nouns::order::key::Key;
use crate::nouns::order::{Item, Order, Receiver, Times};
use crate::values::id::{AddressId, OrderId, SkuId};
use crate::values::money::Fen;
use crate::values::pricing::{self, Quote};
use crate::values::refusal::{Reason, Refusal};
use crate::values::status::{OrderState, PayType};

/// What the transaction has read, and what is left of it as orders are decided.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// The carts of the buyers.
    pub carts: HashMap<String, Vec<cart::Line>>,
    /// The SKUs in those carts.
    pub skus: BTreeMap<SkuId, Sku>,
    /// The addresses that were named, whoever owns them.
    pub addresses: HashMap<AddressId, Address>,
    /// The default addresses of those who named none.
    pub defaults: HashMap<String, Address>,
    /// The keys that were used before, by buyer and key.
    pub keys: HashMap<(String, String), Key>,
}

/// What becomes of a request that is not refused.
#[derive(Clone, Debug)]
pub enum Decision {
    /// An order, with all its rows.
    Placed(Box<PlacedOrder>),
    /// The order an earlier request with the same key placed.
    Repeat(OrderId),
}

/// An order and everything that is written with it.
#[derive(Clone, Debug)]
pub struct PlacedOrder {
    /// The order.
    pub order: Order,
    /// Its lines, sorted by SKU.
    pub items: Vec<Item>,
    /// Points earned.
    pub points: i64,
    /// The keys it answers to.
    pub keys: Vec<Key>,
}

/// Decides each request in turn; what one takes, the next no longer finds.
pub fn decide(mut state: State, rules: Rules, requests: &[Request]) -> Vec<Result<Decision, Refusal>> {
    requests.iter().map(|request| decide_one(&mut state, rules, request)).collect()
}

fn decide_one(state: &mut State, rules: Rules, request: &Request) -> Result<Decision, Refusal> {
    if let Some(earlier) = earlier(state, request)? {
        return Ok(Decision::Repeat(earlier));
    }
    let lines = chosen_lines(state, request)?;
    let skus = on_sale(state, &lines)?;
    let receiver = receiver(state, request)?;
    enough_stock(&lines, &skus)?;
    let quote = quote(&lines, &skus, rules)?;
    as_the_buyer_saw_it(request, quote)?;

    let placed = placed(request, rules, quote, receiver, &lines, &skus);
    take(state, request, &placed);
    Ok(Decision::Placed(Box::new(placed)))
}

/// The order one of the request's keys stands for. The same key with another
/// request is refused: one of the two is a mistake.
fn earlier(state: &State, request: &Request) -> Result<Option<OrderId>, Refusal> {
    let known = |text: &String| state.keys.get(&(request.username.clone(), text.clone()));
    let Some(key) = request.keys.iter().find_map(known) else {
        return Ok(None);
    };
    if key.request_hash != request.hash {
        let zh = "这个幂等键或结算令牌已用于另一个请求，请刷新结算页后重试";
        let en = "This key or settlement token was used for another request; reload the settlement page.";
        return Err(Refusal::new(Reason::KeyReused, zh, en));
    }
    Ok(Some(key.order_id.clone()))
}

fn chosen_lines(state: &State, request: &Request) -> Result<Vec<cart::Line>, Refusal> {
    let cart = state.carts.get(&request.username).map_or(&[][..], Vec::as_slice);
    let chosen: Vec<cart::Line> = match &request.sku_ids {
        None => cart.iter().filter(|line| line.selected).cloned().collect(),
        Some(ids) => cart.iter().filter(|line| ids.contains(&line.sku_id)).cloned().collect(),
    };
    let absent = |id: &&SkuId| chosen.iter().all(|line| line.sku_id != **id);
    let absent: Vec<&SkuId> = request.sku_ids.iter().flatten().filter(absent).collect();
    if !absent.is_empty() {
        let refusal = Refusal::new(
            Reason::NotInCart,
            "有商品已不在购物车中，请返回购物车确认",
            "Some of these items are no longer in the cart; please check the cart.",
        );
        return Err(refusal.with(json!({ "skuIds": absent })));
    }
    if chosen.is_empty() {
        let refusal = Refusal::new(
            Reason::CartEmpty,
            "购物车中没有要购买的商品",
            "There is nothing in the cart to buy.",
        );
        return Err(refusal);
    }
    Ok(chosen)
}

/// The SKUs of the lines, all of which must be on sale; each line keeps its place.
fn on_sale(state: &State, lines: &[cart::Line]) -> Result<Vec<Sku>, Refusal> {
    let sold =
        |line: &&cart::Line| state.skus.get(&line.sku_id).is_some_and(|sku| sku.shelf == Shelf::OnSale);
    let gone: Vec<_> =
        lines.iter().filter(|line| !sold(line)).map(|line| name_of(state, line.sku_id)).collect();
    if !gone.is_empty() {
        let refusal = Refusal::new(
            Reason::OffShelf,
            "有商品已下架，请从购物车移除后再下单",
            "Some items are no longer sold; please remove them from the cart.",
        );
        return Err(refusal.with(json!({ "items": gone })));
    }
    Ok(lines.iter().filter_map(|line| state.skus.get(&line.sku_id).cloned()).collect())
}

fn name_of(state: &State, id: SkuId) -> serde_json::Value {
    let name = state.skus.get(&id).map(|sku| sku.facts.name.as_str());
    json!({ "skuId": id, "name": name })
}

fn receiver(state: &State, request: &Request) -> Result<Receiver, Refusal> {
    let address = match &request.receiver {
        ReceiverChoice::Given(receiver) => return Ok(receiver.clone()),
        ReceiverChoice::Address(id) => {
            let own = state.addresses.get(id).filter(|address| address.username == request.username);
            own.ok_or_else(|| Refusal::not_found("收货地址", "address"))?
        }
        ReceiverChoice::Default => state.defaults.get(&request.username).ok_or_else(|| {
            Refusal::bad_request(
                "请选择收货地址，或填写收货人、手机和地址",
                "Choose an address (addressId), or give receiverContact, receiverMobile and receiverAddress.",
            )
        })?,
    };
    Ok(Receiver {
        contact: address.words.contact.clone(),
        mobile: address.words.phone.clone(),
        address: address.line(),
    })
}

/// Short stock refuses the whole order and names every short SKU.
fn enough_stock(lines: &[cart::Line], skus: &[Sku]) -> Result<(), Refusal> {
    let short: Vec<_> = lines
        .iter()
        .zip(skus)
        .filter(|(line, sku)| sku.num < line.num)
        .map(|(line, sku)| json!({ "skuId": sku.id, "name": sku.facts.name, "asked": line.num, "num": sku.num }))
        .collect();
    if short.is_empty() {
        return Ok(());
    }
    let refusal = Refusal::new(
        Reason::StockShort,
        "库存不足，请减少数量或移除商品后再下单",
        "Not enough stock; please take fewer or remove the item.",
    );
    Err(refusal.with(json!({ "items": short })))
}

fn quote(lines: &[cart::Line], skus: &[Sku], rules: Rules) -> Result<Quote, Refusal> {
    let priced = lines.iter().zip(skus);
    let priced = priced.map(|(line, sku)| pricing::Line { sku_id: sku.id, price: sku.price, num: line.num });
    pricing::quote(&priced.collect::<Vec<_>>(), rules.postage).map_err(|_| {
        Refusal::bad_request("订单金额过大，请分开下单", "The order is worth too much; please split it.")
    })
}

fn as_the_buyer_saw_it(request: &Request, quote: Quote) -> Result<(), Refusal> {
    match request.pay_money {
        Some(seen) if seen != quote.pay_money => {
            let zh = format!("价格有变动，应付金额现为 ¥{}，请确认后重新提交", quote.pay_money);
            let en = format!(
                "The price has changed: the total is now ¥{}. Please check and submit again.",
                quote.pay_money
            );
            let facts = json!({ "payMoney": quote.pay_money, "totalMoney": quote.total_money, "postFee": quote.post_fee });
            Err(Refusal::new(Reason::PriceChanged, zh, en).with(facts))
        }
        Some(_) | None => Ok(()),
    }
}

fn placed(
    request: &Request,
    rules: Rules,
    quote: Quote,
    receiver: Receiver,
    lines: &[cart::Line],
    skus: &[Sku],
) -> PlacedOrder {
    let order = order(request, rules, quote, receiver);
    let items = lines.iter().zip(skus).enumerate();
    let items = items.map(|(nth, (line, sku))| item(&order.id, nth, line, sku)).collect();
    let key = |text: &String| Key {
        username: request.username.clone(),
        text: text.clone(),
        request_hash: request.hash.clone(),
        order_id: order.id.clone(),
    };
    PlacedOrder { items, points: rules.points_per_order, keys: request.keys.iter().map(key).collect(), order }
}

fn order(request: &Request, rules: Rules, quote: Quote, receiver: Receiver) -> Order {
    // What costs nothing is paid by being ordered; there is nothing to ask WeChat for.
    let pay_type = if quote.pay_money == Fen::ZERO { PayType::OnDelivery } else { request.pay_type };
    let pay_by = match pay_type {
        PayType::Online => Some(request.now.plus(rules.pay_within)),
        PayType::OnDelivery => None,
    };
    Order {
        id: request.order_id.clone(),
        username: request.username.clone(),
        quote,
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
        times: Times {
            create: request.now.whole_second(),
            update: request.now.whole_second(),
            ..Times::default()
        },
    }
}

/// The line's own name is its order's with its place behind it.
fn item(order: &OrderId, nth: usize, line: &cart::Line, sku: &Sku) -> Item {
    let money = sku.price.times(line.num).unwrap_or_default();
    Item {
        id: format!("{order}-{:02}", nth + 1),
        order_id: order.clone(),
        sku_id: sku.id,
        spu_id: sku.facts.spu_id.clone(),
        category_id: sku.facts.category_id,
        name: sku.facts.name.clone(),
        price: sku.price,
        num: line.num,
        money,
        pay_money: money,
        image: sku.facts.image.clone(),
        weight: sku.facts.weight.saturating_mul(line.num),
    }
}

/// Takes what the order took, so that the next request finds less.
fn take(state: &mut State, request: &Request, placed: &PlacedOrder) {
    for item in &placed.items {
        if let Some(sku) = state.skus.get_mut(&item.sku_id) {
            sku.num -= item.num;
        }
    }
    if let Some(cart) = state.carts.get_mut(&request.username) {
        cart.retain(|line| placed.items.iter().all(|item| item.sku_id != line.sku_id));
    }
    let named = placed.keys.iter().map(|key| ((key.username.clone(), key.text.clone()), key.clone()));
    state.keys.extend(named);
}
