//! A sale that opens at a moment everybody waits for: buyers order before it
//! and after it, and exactly as many pieces leave as there are.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::client::Ask;
use super::connection::{Heard, Seat};
use super::purchase::put;
use super::report::Check;
use super::tally::Tally;
use super::world::World;
use super::{CommandError, json_scan};
use crate::domain::clock::Clock;

/// From the operator's word to the opening.
const OPENS_IN: Duration = Duration::from_secs(3);

/// What one piece costs, in fen.
const PRICE: i64 = 9900;

/// A sale that was announced.
pub(super) struct Sale {
    sku: String,
    /// The buyers who still try; each has the SKU in the cart.
    trying: Mutex<VecDeque<String>>,
    buyers: usize,
}

/// Puts up a SKU that opens soon, and into every buyer's cart.
pub(super) async fn announce(world: &Arc<World>) -> Result<Arc<Sale>, CommandError> {
    let operator = world.operator.as_ref();
    let operator =
        operator.ok_or_else(|| CommandError::told("the tokens file has no operator to open the sale"))?;
    let most = world.plan.count.and_then(|count| usize::try_from(count).ok()).unwrap_or(usize::MAX);
    let buyers: Vec<String> = world.buyers.iter().take(most).map(|login| login.token.clone()).collect();
    let mut seat = Seat::take(world.plan.address()).await.map_err(super::lost)?;
    let sku = put_up(&mut seat, &operator.token).await?;
    let sale = Sale { sku, buyers: buyers.len(), trying: Mutex::new(buyers.iter().cloned().collect()) };
    fill_carts(world, &sale.sku, buyers).await?;
    open_soon(&mut seat, &operator.token, &sale.sku, world.plan.stock).await?;
    Ok(Arc::new(sale))
}

/// A SKU of its own, so that nobody has bought it before.
async fn put_up(seat: &mut Seat, token: &str) -> Result<String, CommandError> {
    let body = json!({ "name": "限时抢购 flash sale", "price": PRICE, "num": 0 }).to_string();
    did(seat, Ask { method: "POST", path: "/api/sku", token, body: &body }).await?;
    let id = json_scan::first(seat.body(), "id");
    Ok(id.ok_or_else(|| CommandError::told("the shop did not say the new SKU's id"))?.to_owned())
}

async fn open_soon(seat: &mut Seat, token: &str, sku: &str, stock: usize) -> Result<(), CommandError> {
    let opens = Clock::System.now().plus(OPENS_IN).rfc3339();
    let body = json!({ "saleFrom": opens, "buyerLimit": 1, "num": stock }).to_string();
    did(seat, Ask { method: "PUT", path: &format!("/api/sku/{sku}"), token, body: &body }).await
}

async fn did(seat: &mut Seat, ask: Ask<'_>) -> Result<(), CommandError> {
    match seat.asks("setup", ask).await {
        Heard::Good => Ok(()),
        Heard::Refused | Heard::Lost => {
            let said = String::from_utf8_lossy(seat.body()).into_owned();
            Err(CommandError::told(format!("{} {}: {said}", ask.method, ask.path)))
        }
    }
}

async fn fill_carts(world: &World, sku: &str, buyers: Vec<String>) -> Result<(), CommandError> {
    let share = buyers.len().div_ceil(world.plan.clients).max(1);
    let mut filling = JoinSet::new();
    for part in buyers.chunks(share) {
        let (part, sku, address) = (part.to_vec(), sku.to_owned(), world.plan.address());
        filling.spawn(async move {
            let mut seat = Seat::take(address).await?;
            for token in &part {
                put(&mut seat, token, &sku).await;
            }
            Ok(seat.tally.good_of("cart") == part.len() as u64)
        });
    }
    let filled = filling.join_all().await.into_iter().collect::<std::io::Result<Vec<bool>>>();
    let all = filled.map_err(super::lost)?.into_iter().all(|filled| filled);
    if all { Ok(()) } else { Err(CommandError::told("not every cart takes the SKU of the sale")) }
}

impl Sale {
    fn next(&self) -> Option<String> {
        self.trying.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    fn again(&self, token: String) {
        self.trying.lock().unwrap_or_else(PoisonError::into_inner).push_back(token);
    }
}

/// Orders for one buyer after another until nobody tries any more.
pub(super) async fn hammer(world: &World, sale: &Sale, seat: &mut Seat) {
    let body = json!({ "skuIds": [sale.sku] }).to_string();
    let until = Instant::now() + OPENS_IN + world.plan.span;
    while Instant::now() < until
        && let Some(token) = sale.next()
    {
        let ask = Ask { method: "POST", path: "/api/order", token: &token, body: &body };
        match seat.asks("order", ask).await {
            Heard::Good => tries_again(sale, seat, &token, &body).await,
            Heard::Refused if is_final(json_scan::first(seat.body(), "reason")) => {}
            Heard::Refused | Heard::Lost => sale.again(token),
        }
    }
}

fn is_final(reason: Option<&str>) -> bool {
    matches!(reason, Some("stock_short" | "limit_exceeded"))
}

/// Whoever has a piece wants another; the limit says no.
async fn tries_again(sale: &Sale, seat: &mut Seat, token: &str, body: &str) {
    let path = format!("/api/cart/add?id={}&num=1", sale.sku);
    if seat.asks("second", Ask { method: "POST", path: &path, token, body: "" }).await == Heard::Good {
        seat.asks("second", Ask { method: "POST", path: "/api/order", token, body }).await;
    }
}

/// Exactly as many were placed as there were pieces, or buyers if those were fewer.
pub(super) async fn check(world: &World, sale: &Sale, seen: &Tally) -> Result<Vec<Check>, CommandError> {
    let due = world.plan.stock.min(sale.buyers) as u64;
    let mut seat = Seat::take(world.plan.address()).await.map_err(super::lost)?;
    let path = format!("/api/sku/{}", sale.sku);
    did(&mut seat, Ask { method: "GET", path: &path, token: "", body: "" }).await?;
    let sold = json_scan::first(seat.body(), "saleNum").and_then(|sold| sold.parse::<u64>().ok());
    take_down(world, &mut seat, &path).await?;
    let placed = seen.good_of("order");
    Ok(vec![
        Check::new(format!("{placed} orders were placed of {due} that could be"), placed == due),
        Check::new(
            format!("{} pieces are sold of {}", sold.unwrap_or(0), world.plan.stock),
            sold == Some(due),
        ),
    ])
}

/// The SKU goes off the shelf: the buyers of the next run would meet its limit.
async fn take_down(world: &World, seat: &mut Seat, path: &str) -> Result<(), CommandError> {
    let token = world.operator.as_ref().map_or("", |operator| operator.token.as_str());
    let body = json!({ "status": "2" }).to_string();
    did(seat, Ask { method: "PUT", path, token, body: &body }).await
}
