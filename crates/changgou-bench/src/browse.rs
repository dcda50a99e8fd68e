//! Scenarios that only read: pages, lists, SKUs and settlements.

use crate::client::Client;
use crate::http::Request;
use crate::purchase::add_to_cart;
use crate::run_state::RunState;

/// Lines of the settlement that is read.
const LINES: usize = 3;

/// Reads the front page, the list, a SKU and the settlement in turn, one each iteration.
pub async fn browse(run: &RunState, client: &mut Client) {
    let (token, settlement) = prepare_settlement(run, client).await;
    while let Some(iteration) = run.pacer.next().await {
        let sku = format!("/api/sku/{}", run.sku(iteration.index));
        let (kind, path) = match iteration.index % 4 {
            0 => ("home", "/"),
            1 => ("list", "/api/sku?size=20"),
            2 => ("sku", sku.as_str()),
            _ => ("settlement", settlement.as_str()),
        };
        client.send_at(kind, iteration.start, Request::get(path, token)).await;
    }
}

/// Reads the front page alone.
pub async fn home(run: &RunState, client: &mut Client) {
    while let Some(iteration) = run.pacer.next().await {
        let request = Request::get("/", run.buyer(iteration.index));
        client.send_at("home", iteration.start, request).await;
    }
}

/// Reads the settlement of three lines alone.
pub async fn settlement(run: &RunState, client: &mut Client) {
    let (token, path) = prepare_settlement(run, client).await;
    while let Some(iteration) = run.pacer.next().await {
        client.send_at("settlement", iteration.start, Request::get(&path, token)).await;
    }
}

/// A buyer with three lines in the cart, and the path of their settlement.
async fn prepare_settlement<'r>(run: &'r RunState, client: &mut Client) -> (&'r str, String) {
    let first = run.next_number();
    let token = run.buyer(first);
    let skus: Vec<&str> = (0..LINES.min(run.skus.len())).map(|line| run.sku(first + line)).collect();
    for sku in &skus {
        add_to_cart(client, token, sku).await;
    }
    (token, format!("/api/order/settlement?skuIds={}", skus.join(",")))
}
