//! A flash sale: the buyers order before and after it opens, and exactly as
//! many pieces are sold as there are.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use changgou::cli::CommandError;
use changgou::domain::clock::Clock;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::client::{Client, Outcome};
use crate::http::Request;
use crate::json_scan;
use crate::purchase::add_to_cart;
use crate::report::Check;
use crate::run_state::RunState;
use crate::stats::Stats;

/// From the last request of the preparation to the start of the sale.
const OPENS_IN: Duration = Duration::from_secs(3);

/// The price of a piece, in fen.
const PRICE: i64 = 9900;

/// A flash sale that is prepared.
pub struct FlashSale {
    sku: String,
    /// The logins of the buyers who still try; each has the SKU in the cart.
    trying: Mutex<VecDeque<String>>,
    buyers: usize,
}

/// Creates a SKU whose sale opens soon, and adds it to every buyer's cart.
pub async fn prepare(run: &Arc<RunState>) -> Result<Arc<FlashSale>, CommandError> {
    let operator = run.operator.as_ref();
    let operator =
        operator.ok_or_else(|| CommandError::message("the tokens file has no operator to open the sale"))?;
    let most = run.plan.count.and_then(|count| usize::try_from(count).ok()).unwrap_or(usize::MAX);
    let buyers: Vec<String> = run.buyers.iter().take(most).map(|login| login.token.clone()).collect();
    let mut client = Client::connect(run.plan.address()).await?;
    let sku = create_sku(&mut client, &operator.token).await?;
    let trying = Mutex::new(buyers.iter().cloned().collect());
    let sale = FlashSale { sku, buyers: buyers.len(), trying };
    fill_carts(run, &sale.sku, buyers).await?;
    schedule_opening(&mut client, &operator.token, &sale.sku, run.plan.stock).await?;
    Ok(Arc::new(sale))
}

/// A SKU of its own, so that no buyer has bought it before.
async fn create_sku(client: &mut Client, token: &str) -> Result<String, CommandError> {
    let body = json!({ "name": "限时抢购 flash sale", "price": PRICE, "num": 0 }).to_string();
    client.must(Request::post("/api/sku", token, &body)).await?;
    let id = json_scan::first(client.body(), "id");
    Ok(id.ok_or_else(|| CommandError::message("the shop did not say the new SKU's id"))?.to_owned())
}

async fn schedule_opening(
    client: &mut Client,
    token: &str,
    sku: &str,
    stock: usize,
) -> Result<(), CommandError> {
    let opens = Clock::System.now().plus(OPENS_IN).rfc3339();
    let body = json!({ "saleFrom": opens, "buyerLimit": 1, "num": stock }).to_string();
    client.must(Request::put(&format!("/api/sku/{sku}"), token, &body)).await
}

async fn fill_carts(run: &RunState, sku: &str, buyers: Vec<String>) -> Result<(), CommandError> {
    let share = buyers.len().div_ceil(run.plan.clients).max(1);
    let mut tasks = JoinSet::new();
    for part in buyers.chunks(share) {
        let (part, sku, address) = (part.to_vec(), sku.to_owned(), run.plan.address());
        tasks.spawn(async move {
            let mut client = Client::connect(address).await?;
            for token in &part {
                add_to_cart(&mut client, token, &sku).await;
            }
            Ok(client.stats.successes_of("cart") == part.len() as u64)
        });
    }
    let filled = tasks.join_all().await.into_iter().collect::<Result<Vec<bool>, CommandError>>()?;
    let all = filled.into_iter().all(|filled| filled);
    if all { Ok(()) } else { Err(CommandError::message("not every cart takes the SKU of the sale")) }
}

impl FlashSale {
    fn next_buyer(&self) -> Option<String> {
        self.trying.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    fn retry_later(&self, token: String) {
        self.trying.lock().unwrap_or_else(PoisonError::into_inner).push_back(token);
    }
}

/// Orders for one buyer after another until no buyer tries any more.
pub async fn order(run: &RunState, sale: &FlashSale, client: &mut Client) {
    let body = json!({ "skuIds": [sale.sku] }).to_string();
    let until = Instant::now() + OPENS_IN + run.plan.duration;
    while Instant::now() < until
        && let Some(token) = sale.next_buyer()
    {
        match client.send("order", Request::post("/api/order", &token, &body)).await {
            Outcome::Success => order_second(sale, client, &token, &body).await,
            Outcome::Refused if is_final(json_scan::first(client.body(), "reason")) => {}
            Outcome::Refused | Outcome::Lost => sale.retry_later(token),
        }
    }
}

fn is_final(reason: Option<&str>) -> bool {
    matches!(reason, Some("stock_short" | "limit_exceeded"))
}

/// A buyer who has a piece orders a second one, which the limit refuses.
async fn order_second(sale: &FlashSale, client: &mut Client, token: &str, body: &str) {
    let path = format!("/api/cart/add?id={}&num=1", sale.sku);
    if client.send("second", Request::post(&path, token, "")).await == Outcome::Success {
        client.send("second", Request::post("/api/order", token, body)).await;
    }
}

/// Checks that as many orders were placed as there were pieces, or buyers if those were fewer.
pub async fn check(run: &RunState, sale: &FlashSale, stats: &Stats) -> Result<Vec<Check>, CommandError> {
    let due = run.plan.stock.min(sale.buyers) as u64;
    let mut client = Client::connect(run.plan.address()).await?;
    let path = format!("/api/sku/{}", sale.sku);
    client.must(Request::get(&path, "")).await?;
    let sold = json_scan::first(client.body(), "saleNum").and_then(|sold| sold.parse::<u64>().ok());
    take_off_sale(run, &mut client, &path).await?;
    let placed = stats.successes_of("order");
    Ok(vec![
        Check::new(format!("{placed} orders were placed of {due} that could be"), placed == due),
        Check::new(format!("{} pieces are sold of {}", sold.unwrap_or(0), run.plan.stock), sold == Some(due)),
    ])
}

/// Takes the SKU off sale, because its limit would refuse the buyers of the next run.
async fn take_off_sale(run: &RunState, client: &mut Client, path: &str) -> Result<(), CommandError> {
    let token = run.operator.as_ref().map_or("", |operator| operator.token.as_str());
    let body = json!({ "status": "2" }).to_string();
    client.must(Request::put(path, token, &body)).await
}
