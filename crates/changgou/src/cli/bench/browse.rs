//! Buyers who look.

use super::client::Ask;
use super::connection::Seat;
use super::purchase::put;
use super::world::World;

/// Lines of the settlement that is looked at.
const LINES: usize = 3;

/// The front page, the list, a SKU and the settlement in turn, one a turn.
pub(super) async fn browse(world: &World, seat: &mut Seat) {
    let (token, settlement) = settles(world, seat).await;
    while let Some(turn) = world.pace.turn().await {
        let sku = format!("/api/sku/{}", world.sku(turn.nth));
        let (kind, path) = match turn.nth % 4 {
            0 => ("home", "/"),
            1 => ("list", "/api/sku?size=20"),
            2 => ("sku", sku.as_str()),
            _ => ("settlement", settlement.as_str()),
        };
        seat.asks_since(kind, turn.since, Ask { method: "GET", path, token, body: "" }).await;
    }
}

/// The front page alone.
pub(super) async fn home(world: &World, seat: &mut Seat) {
    while let Some(turn) = world.pace.turn().await {
        let ask = Ask { method: "GET", path: "/", token: world.buyer(turn.nth), body: "" };
        seat.asks_since("home", turn.since, ask).await;
    }
}

/// The settlement of three lines alone.
pub(super) async fn settlement(world: &World, seat: &mut Seat) {
    let (token, path) = settles(world, seat).await;
    while let Some(turn) = world.pace.turn().await {
        let ask = Ask { method: "GET", path: &path, token, body: "" };
        seat.asks_since("settlement", turn.since, ask).await;
    }
}

/// A buyer with three lines in the cart, and where their settlement is looked at.
async fn settles<'w>(world: &'w World, seat: &mut Seat) -> (&'w str, String) {
    let nth = world.next();
    let token = world.buyer(nth);
    let skus: Vec<&str> = (0..LINES.min(world.skus.len())).map(|line| world.sku(nth + line)).collect();
    for sku in &skus {
        put(seat, token, sku).await;
    }
    (token, format!("/api/order/settlement?skuIds={}", skus.join(",")))
}
