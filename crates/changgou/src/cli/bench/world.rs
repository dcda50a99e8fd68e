//! What all buyers of a run share: the plan, the logins, the SKUs, the pace.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Deserialize;
use serde_json::Value;

use super::client::{Ask, Connection};
use super::pace::Pace;
use super::plan::Plan;
use super::{CommandError, json_scan};

/// SKUs the buyers choose from.
const SKUS_MAX: usize = 100;

/// A login of the tokens file.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Login {
    pub(super) token: String,
    role: String,
}

/// Everything the buyers of a run share.
pub(super) struct World {
    pub(super) plan: Plan,
    /// At least one.
    pub(super) buyers: Vec<Login>,
    pub(super) operator: Option<Login>,
    /// The numbers of at least one SKU on sale.
    pub(super) skus: Vec<String>,
    pub(super) pace: Pace,
    next: AtomicUsize,
}

impl World {
    /// Looks around, before the clock of the run starts.
    pub(super) async fn see(plan: &Plan) -> Result<World, CommandError> {
        let path = plan.tokens.as_deref().ok_or_else(|| {
            CommandError::told("give --tokens FILE, as written by changgou seed --users N --tokens FILE")
        })?;
        let (buyers, operators): (Vec<_>, Vec<_>) =
            logins(path)?.into_iter().partition(|login| login.role == "buyer");
        if buyers.is_empty() {
            return Err(CommandError::told(format!(
                "{path} has no buyers; make some with changgou seed --users N --tokens FILE"
            )));
        }
        let skus = skus_on_sale(plan).await?;
        let pace = Pace::new(plan.span, plan.count, plan.rate);
        let operator = operators.into_iter().next();
        Ok(World { plan: plan.clone(), buyers, operator, skus, pace, next: AtomicUsize::new(0) })
    }

    /// Starts the clock: now everything is prepared. `count` bounds the turns.
    pub(super) fn begin(&mut self, count: Option<u64>) {
        self.pace = Pace::new(self.plan.span, count, self.plan.rate);
    }

    /// The buyer of a turn; buyers take turns.
    pub(super) fn buyer(&self, nth: usize) -> &str {
        &self.buyers[nth % self.buyers.len()].token
    }

    /// The SKU of a turn and a line; SKUs take turns.
    pub(super) fn sku(&self, nth: usize) -> &str {
        &self.skus[nth % self.skus.len()]
    }

    /// A buyer nobody was given yet.
    pub(super) fn next_buyer(&self) -> Option<&str> {
        let nth = self.next.fetch_add(1, Ordering::Relaxed);
        self.buyers.get(nth).map(|login| login.token.as_str())
    }

    /// A fresh number, counted from 0: what is dealt out among the seats.
    pub(super) fn next(&self) -> usize {
        self.next.fetch_add(1, Ordering::Relaxed)
    }
}

fn logins(path: &str) -> Result<Vec<Login>, CommandError> {
    let text = std::fs::read_to_string(path).map_err(|error| CommandError::Io(path.to_owned(), error))?;
    let read = text.lines().map(serde_json::from_str::<Login>).collect::<Result<Vec<_>, _>>();
    read.map_err(|error| CommandError::told(format!("{path}: {error}")))
}

/// The numbers of some SKUs that can be bought for a while, the newest last:
/// what is nearly sold out, or sold to some extent only, would end a run early.
async fn skus_on_sale(plan: &Plan) -> Result<Vec<String>, CommandError> {
    let lost = |error| CommandError::Io(format!("the shop at {}", plan.address()), error);
    let mut shop = Connection::open(plan.address()).await.map_err(lost)?;
    let get = |path| Ask { method: "GET", path, token: "", body: "" };
    shop.ask(get("/api/sku?page=1&size=1")).await.map_err(lost)?;
    let total = json_scan::first(shop.body(), "total").and_then(|total| total.parse().ok()).unwrap_or(0usize);
    let last = total.div_ceil(SKUS_MAX).max(1);
    shop.ask(get(&format!("/api/sku?page={last}&size={SKUS_MAX}"))).await.map_err(lost)?;
    let page: Value = serde_json::from_slice(shop.body()).unwrap_or(Value::Null);
    let skus = plentiful(page["data"]["list"].as_array().map(Vec::as_slice).unwrap_or_default());
    if skus.is_empty() {
        return Err(CommandError::told("nothing is on sale; run changgou seed --skus N --stock N"));
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
    fn buyers_choose_what_there_is_plenty_of() {
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
