//! Buyers who order.

use serde_json::json;

use super::client::Ask;
use super::connection::{Heard, Seat};
use super::json_scan;
use super::pace::Turn;
use super::rng::Dice;
use super::world::World;

/// Lines of the largest shuffled cart.
const SHUFFLED_LINES_MAX: usize = 5;

/// Orders what is in the carts already, a few lines at a time, one cart after another.
pub(super) async fn place(world: &World, seat: &mut Seat) {
    while !world.pace.is_over()
        && let Some(token) = world.next_buyer()
    {
        seat.asks("cart", Ask { method: "GET", path: "/api/cart/list", token, body: "" }).await;
        let cart: Vec<String> = json_scan::each(seat.body(), "skuId").map(str::to_owned).collect();
        for chosen in cart.chunks_exact(world.plan.lines) {
            let Some(turn) = world.pace.turn().await else { return };
            let body = json!({ "skuIds": chosen }).to_string();
            orders(seat, turn, token, &body).await;
        }
    }
}

/// Orders what each buyer has chosen, whatever that is: what a client does that shows the cart itself.
pub(super) async fn whole(world: &World, seat: &mut Seat) {
    while let Some(turn) = world.pace.turn().await {
        let Some(token) = world.next_buyer() else { return };
        orders(seat, turn, token, "{}").await;
    }
}

async fn orders(seat: &mut Seat, turn: Turn, token: &str, body: &str) -> Heard {
    seat.asks_since("order", turn.since, Ask { method: "POST", path: "/api/order", token, body }).await
}

/// Puts SKUs into the cart, looks at the settlement and orders; SKUs take turns.
pub(super) async fn flow(world: &World, seat: &mut Seat) {
    while let Some(turn) = world.pace.turn().await {
        let lines = world.plan.lines.min(world.skus.len());
        let skus: Vec<&str> = (0..lines).map(|line| world.sku(turn.nth * lines + line)).collect();
        shops(world, seat, turn, &skus).await;
    }
}

/// The same, but everybody wants one SKU.
pub(super) async fn hot(world: &World, seat: &mut Seat) {
    while let Some(turn) = world.pace.turn().await {
        shops(world, seat, turn, &[world.sku(0)]).await;
    }
}

async fn shops(world: &World, seat: &mut Seat, turn: Turn, skus: &[&str]) {
    let token = world.buyer(turn.nth);
    for sku in skus {
        if put(seat, token, sku).await != Heard::Good {
            return;
        }
    }
    let path = format!("/api/order/settlement?skuIds={}", skus.join(","));
    if seat.asks("settlement", Ask { method: "GET", path: &path, token, body: "" }).await != Heard::Good {
        return;
    }
    let word = json_scan::first(seat.body(), "token").unwrap_or_default();
    let seen = json_scan::last(seat.body(), "payMoney").and_then(|fen| fen.parse::<i64>().ok());
    let body = json!({ "skuIds": skus, "token": word, "payMoney": seen }).to_string();
    if seat.asks("order", Ask { method: "POST", path: "/api/order", token, body: &body }).await == Heard::Good
    {
        seat.tally.good("flow", turn.since.elapsed());
    }
}

/// Puts one piece of a SKU into a cart.
pub(super) async fn put(seat: &mut Seat, token: &str, sku: &str) -> Heard {
    let path = format!("/api/cart/add?id={sku}&num=1");
    seat.asks("cart", Ask { method: "POST", path: &path, token, body: "" }).await
}

/// Carts of one to five SKUs, drawn at random and put in as they were drawn:
/// what deadlocks a shop that locks in the order of the cart.
pub(super) async fn shuffled(world: &World, seat: &mut Seat) {
    while let Some(turn) = world.pace.turn().await {
        let skus = drawn(world, turn.nth);
        let token = world.buyer(turn.nth);
        for sku in &skus {
            put(seat, token, sku).await;
        }
        let body = json!({ "skuIds": skus }).to_string();
        let ask = Ask { method: "POST", path: "/api/order", token, body: &body };
        if seat.asks("order", ask).await == Heard::Good {
            seat.tally.good("flow", turn.since.elapsed());
        }
    }
}

fn drawn(world: &World, nth: usize) -> Vec<&str> {
    let mut dice = Dice::new(nth as u64);
    let lines = 1 + dice.below(SHUFFLED_LINES_MAX);
    let mut skus: Vec<&str> = Vec::with_capacity(lines);
    for _ in 0..lines {
        let sku = world.sku(dice.below(world.skus.len()));
        if !skus.contains(&sku) {
            skus.push(sku);
        }
    }
    skus
}
