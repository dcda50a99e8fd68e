//! Scenarios that order.

use fastrand::Rng;
use serde_json::json;

use crate::client::{Client, Outcome};
use crate::http::Request;
use crate::json_scan;
use crate::pacer::Iteration;
use crate::run_state::RunState;

/// Lines of the largest shuffled cart.
const SHUFFLED_LINES_MAX: usize = 5;

/// Orders what is in the carts already, a few lines at a time, one cart after another.
pub async fn place(run: &RunState, client: &mut Client) {
    while !run.pacer.is_over()
        && let Some(token) = run.next_buyer()
    {
        client.send("cart", Request::get("/api/cart/list", token)).await;
        let cart: Vec<String> = json_scan::each(client.body(), "skuId").map(str::to_owned).collect();
        for chosen in cart.chunks_exact(run.plan.lines) {
            let Some(iteration) = run.pacer.next().await else { return };
            let body = json!({ "skuIds": chosen }).to_string();
            order(client, iteration, token, &body).await;
        }
    }
}

/// Orders whatever each buyer has selected, like an app that keeps the cart itself.
pub async fn whole(run: &RunState, client: &mut Client) {
    while let Some(iteration) = run.pacer.next().await {
        let Some(token) = run.next_buyer() else { return };
        order(client, iteration, token, "{}").await;
    }
}

async fn order(client: &mut Client, iteration: Iteration, token: &str, body: &str) -> Outcome {
    client.send_at("order", iteration.start, Request::post("/api/order", token, body)).await
}

/// Adds SKUs to the cart, reads the settlement and orders; each iteration takes the next SKUs.
pub async fn flow(run: &RunState, client: &mut Client) {
    while let Some(iteration) = run.pacer.next().await {
        let lines = run.plan.lines.min(run.skus.len());
        let skus: Vec<&str> = (0..lines).map(|line| run.sku(iteration.index * lines + line)).collect();
        check_out(run, client, iteration, &skus).await;
    }
}

/// The same, but all order one SKU.
pub async fn hot(run: &RunState, client: &mut Client) {
    while let Some(iteration) = run.pacer.next().await {
        check_out(run, client, iteration, &[run.sku(0)]).await;
    }
}

async fn check_out(run: &RunState, client: &mut Client, iteration: Iteration, skus: &[&str]) {
    let token = run.buyer(iteration.index);
    for sku in skus {
        if add_to_cart(client, token, sku).await != Outcome::Success {
            return;
        }
    }
    let path = format!("/api/order/settlement?skuIds={}", skus.join(","));
    if client.send("settlement", Request::get(&path, token)).await != Outcome::Success {
        return;
    }
    let settlement = json_scan::first(client.body(), "token").unwrap_or_default();
    let pay_money = json_scan::last(client.body(), "payMoney").and_then(|fen| fen.parse::<i64>().ok());
    let body = json!({ "skuIds": skus, "token": settlement, "payMoney": pay_money }).to_string();
    order_flow(client, iteration, token, &body).await;
}

/// Orders, and records the whole iteration as a flow.
async fn order_flow(client: &mut Client, iteration: Iteration, token: &str, body: &str) {
    if client.send("order", Request::post("/api/order", token, body)).await == Outcome::Success {
        client.stats.success("flow", iteration.start.elapsed());
    }
}

/// Adds one piece of a SKU to a cart.
pub async fn add_to_cart(client: &mut Client, token: &str, sku: &str) -> Outcome {
    let path = format!("/api/cart/add?id={sku}&num=1");
    client.send("cart", Request::post(&path, token, "")).await
}

/// Carts of one to five random SKUs, added in random order: they deadlock a
/// shop that locks rows in the order of the cart.
pub async fn shuffled(run: &RunState, client: &mut Client) {
    while let Some(iteration) = run.pacer.next().await {
        let skus = random_skus(&run.skus, iteration.index);
        let token = run.buyer(iteration.index);
        for sku in &skus {
            add_to_cart(client, token, sku).await;
        }
        let body = json!({ "skuIds": skus }).to_string();
        order_flow(client, iteration, token, &body).await;
    }
}

/// The SKUs of one iteration, the same in every run.
fn random_skus(skus: &[String], index: usize) -> Vec<&str> {
    let mut rng = Rng::with_seed(index as u64);
    let lines = rng.usize(1..=SHUFFLED_LINES_MAX);
    let mut chosen: Vec<&str> = Vec::with_capacity(lines);
    for _ in 0..lines {
        let sku = skus[rng.usize(..skus.len())].as_str();
        if !chosen.contains(&sku) {
            chosen.push(sku);
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn every_sku_and_every_number_of_lines_comes_and_each_run_is_the_same() {
        let skus: Vec<String> = (0..10).map(|sku| sku.to_string()).collect();
        let mut seen = BTreeMap::<&str, u32>::new();
        let mut lines = [0u32; SHUFFLED_LINES_MAX];
        for index in 0..10_000 {
            let chosen = random_skus(&skus, index);
            assert_eq!(chosen, random_skus(&skus, index));
            chosen.iter().for_each(|sku| *seen.entry(sku).or_default() += 1);
            lines[chosen.len() - 1] += 1;
        }
        // 3 lines on average, less the SKUs that were drawn twice.
        assert!(seen.len() == 10 && seen.values().all(|count| (2000..3000).contains(count)), "{seen:?}");
        assert!(lines.iter().all(|count| *count > 500), "{lines:?}");
    }
}
