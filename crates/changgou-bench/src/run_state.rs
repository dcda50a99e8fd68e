//! What all clients of a run share: the plan, the logins, the SKUs, the pacer.

use std::sync::atomic::{AtomicUsize, Ordering};

use changgou::cli::CommandError;
use serde::Deserialize;
use serde_json::Value;

use crate::http::{Connection, Request};
use crate::json_scan;
use crate::pacer::Pacer;
use crate::plan::Plan;

/// SKUs that the buyers order.
const SKUS_MAX: usize = 100;

/// A login of the tokens file.
#[derive(Clone, Debug, Deserialize)]
pub struct Login {
    pub token: String,
    role: String,
}

/// Everything that the clients of a run share.
pub struct RunState {
    pub plan: Plan,
    /// At least one.
    pub buyers: Vec<Login>,
    pub operator: Option<Login>,
    /// The ids of at least one SKU on sale.
    pub skus: Vec<String>,
    pub pacer: Pacer,
    next: AtomicUsize,
}

impl RunState {
    /// Reads the logins and the SKUs, before the clock of the run starts.
    pub async fn load(plan: &Plan) -> Result<RunState, CommandError> {
        let path = plan.tokens.as_deref().ok_or_else(|| {
            CommandError::message("give --tokens FILE, as written by changgou seed --users N --tokens FILE")
        })?;
        let (buyers, operators): (Vec<_>, Vec<_>) =
            logins(path)?.into_iter().partition(|login| login.role == "buyer");
        if buyers.is_empty() {
            return Err(CommandError::message(format!(
                "{path} has no buyers; make some with changgou seed --users N --tokens FILE"
            )));
        }
        let skus = skus_on_sale(plan).await?;
        let pacer = Pacer::new(plan.duration, plan.count, plan.rate);
        let operator = operators.into_iter().next();
        Ok(RunState { plan: plan.clone(), buyers, operator, skus, pacer, next: AtomicUsize::new(0) })
    }

    /// Starts the clock, once everything is prepared.
    pub fn start(&mut self, iterations_max: Option<u64>) {
        self.pacer = Pacer::new(self.plan.duration, iterations_max, self.plan.rate);
    }

    /// The login of a buyer, in rotation.
    pub fn buyer(&self, index: usize) -> &str {
        &self.buyers[index % self.buyers.len()].token
    }

    /// The id of a SKU, in rotation.
    pub fn sku(&self, index: usize) -> &str {
        &self.skus[index % self.skus.len()]
    }

    /// The login of a buyer that no client has used yet.
    pub fn next_buyer(&self) -> Option<&str> {
        self.buyers.get(self.next_number()).map(|login| login.token.as_str())
    }

    /// A number that no client has used yet, counted from 0.
    pub fn next_number(&self) -> usize {
        self.next.fetch_add(1, Ordering::Relaxed)
    }
}

fn logins(path: &str) -> Result<Vec<Login>, CommandError> {
    let text = std::fs::read_to_string(path).map_err(|error| CommandError::Io(path.to_owned(), error))?;
    let read = text.lines().map(serde_json::from_str::<Login>).collect::<Result<Vec<_>, _>>();
    read.map_err(|error| CommandError::message(format!("{path}: {error}")))
}

/// The ids of some SKUs that can be ordered for a while, the newest last: SKUs
/// that are nearly sold out, or limited for each buyer, would end a run early.
async fn skus_on_sale(plan: &Plan) -> Result<Vec<String>, CommandError> {
    let lost = |error| CommandError::Io(format!("the shop at {}", plan.address()), error);
    let mut shop = Connection::open(plan.address()).await.map_err(lost)?;
    shop.send(Request::get("/api/sku?page=1&size=1", "")).await.map_err(lost)?;
    let total = json_scan::first(shop.body(), "total").and_then(|total| total.parse().ok()).unwrap_or(0usize);
    let last = total.div_ceil(SKUS_MAX).max(1);
    shop.send(Request::get(&format!("/api/sku?page={last}&size={SKUS_MAX}"), "")).await.map_err(lost)?;
    let page: Value = serde_json::from_slice(shop.body()).unwrap_or(Value::Null);
    let skus = plentiful(page["data"]["list"].as_array().map(Vec::as_slice).unwrap_or_default());
    if skus.is_empty() {
        return Err(CommandError::message("nothing is on sale; run changgou seed --skus N --stock N"));
    }
    Ok(skus)
}

fn plentiful(list: &[Value]) -> Vec<String> {
    let stock = |sku: &Value| sku["num"].as_i64().unwrap_or(0);
    let free = list.iter().filter(|sku| sku["buyerLimit"].is_null() && sku["saleFrom"].is_null());
    let free: Vec<&Value> = free.collect();
    let most = free.iter().map(|sku| stock(sku)).max().unwrap_or(0);
    let enough = free.iter().filter(|sku| stock(sku) > 0 && stock(sku) >= most / 10);
    enough.filter_map(|sku| sku["id"].as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn buyers_order_skus_with_plenty_of_stock() {
        let list = [
            json!({ "id": "1", "num": 1000 }),
            json!({ "id": "2", "num": 1 }),
            json!({ "id": "3", "num": 5000, "buyerLimit": 1 }),
            json!({ "id": "4", "num": 900, "saleFrom": null }),
        ];
        assert_eq!(plentiful(&list), ["1", "4"]);
        assert_eq!(plentiful(&[json!({ "id": "1", "num": 0 })]), Vec::<String>::new());
    }
}
