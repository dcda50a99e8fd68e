//! Buyers: each fills a cart and orders, repeatedly.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::Failed;
use crate::person::{Line, cart, username};
use crate::schema::Rows;
use crate::services::Order;
use crate::wire::Wire;

/// What is measured, and with how much load.
#[derive(Clone)]
pub(crate) struct Plan {
    pub(crate) mysql: String,
    pub(crate) redis: String,
    pub(crate) mode: String,
    pub(crate) clients: usize,
    pub(crate) seconds: u64,
    /// Lines per order.
    pub(crate) lines: usize,
    pub(crate) skus: i64,
    pub(crate) users: usize,
    /// Connections per service.
    pub(crate) pool: usize,
}

impl Plan {
    /// Reads the command line: pairs of a flag and its value.
    pub(crate) fn read(given: &[String]) -> Result<Plan, String> {
        let text = |name: &str, default: &str| -> String {
            let at = given.iter().position(|flag| flag.strip_prefix("--") == Some(name));
            at.and_then(|at| given.get(at + 1)).map_or_else(|| default.to_owned(), Clone::clone)
        };
        let number = |name: &str, default: &str| -> Result<usize, String> {
            let value = text(name, default);
            value.parse().map_err(|_| format!("--{name} must be a number, not {value:?}"))
        };
        let mode = text("mode", "spread");
        let (lines, skus) = match mode.as_str() {
            "hot" => ("1", "1"),
            "spread" => ("3", "500"),
            other => return Err(format!("--mode must be hot or spread, not {other:?}")),
        };
        let plan = Plan {
            mysql: text("mysql", ""),
            redis: text("redis", ""),
            clients: number("clients", "64")?,
            seconds: number("seconds", "10")? as u64,
            lines: number("lines", lines)?,
            skus: i64::try_from(number("skus", skus)?).unwrap_or(1),
            users: number("users", "9000")?,
            pool: number("pool", "32")?,
            mode,
        };
        let is_whole = !plan.mysql.is_empty() && !plan.redis.is_empty() && plan.users >= plan.clients;
        if is_whole { Ok(plan) } else { Err("give --mysql and --redis, and more users than clients".into()) }
    }
}

/// What the buyers measured.
pub(crate) struct Report {
    took: Duration,
    /// How long each order took, sorted.
    times: Vec<Duration>,
}

impl Report {
    pub(crate) fn orders(&self) -> u64 {
        self.times.len() as u64
    }

    fn at(&self, share: f64) -> f64 {
        let nth = (self.times.len() as f64 * share) as usize;
        self.times.get(nth.min(self.times.len().saturating_sub(1))).map_or(0.0, |t| t.as_secs_f64() * 1000.0)
    }

    pub(crate) fn json(&self, plan: &Plan, rows: &Rows) -> Value {
        let rate = self.times.len() as f64 / self.took.as_secs_f64();
        json!({
            "model": "seedway", "mode": plan.mode, "clients": plan.clients, "lines": plan.lines, "pool": plan.pool,
            "seconds": self.took.as_secs_f64(), "orders": self.orders(), "orders_per_second": rate,
            "p50_ms": self.at(0.5), "p99_ms": self.at(0.99),
            "rows": { "orders": rows.orders, "pieces": rows.pieces },
        })
    }
}

/// Sends the orders of all buyers, on a thread of its own.
pub(crate) fn drive(plan: &Plan, order: SocketAddr) -> Result<Report, Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(all(plan, order))
}

async fn all(plan: &Plan, order: SocketAddr) -> Result<Report, Failed> {
    let redis = redis::Client::open(plan.redis.as_str())?.get_multiplexed_async_connection().await?;
    let turns = Arc::new(AtomicUsize::new(0));
    let mut buyers = JoinSet::new();
    let began = Instant::now();
    for nth in 0..plan.clients {
        let wire = Wire::open(order).await?;
        buyers.spawn(buyer(plan.clone(), nth, wire, redis.clone(), turns.clone(), began));
    }
    let mut times = Vec::new();
    while let Some(done) = buyers.join_next().await {
        times.extend(done??);
    }
    let took = began.elapsed();
    times.sort_unstable();
    Ok(Report { took, times })
}

/// Fills the cart directly in Redis, which is not timed, and orders, which is.
/// Each client has its own buyers, so that no two share a cart.
async fn buyer(
    plan: Plan,
    nth: usize,
    mut wire: Wire,
    mut redis: MultiplexedConnection,
    turns: Arc<AtomicUsize>,
    began: Instant,
) -> Result<Vec<Duration>, Failed> {
    let mut times = Vec::new();
    let own = plan.users / plan.clients;
    while began.elapsed() < Duration::from_secs(plan.seconds) {
        let name = username(nth + plan.clients * (times.len() % own));
        fill(&plan, &mut redis, &name, turns.fetch_add(1, Ordering::Relaxed)).await?;
        let body = serde_json::to_string(&order(name))?;
        let asked = Instant::now();
        wire.post("/order", &body).await?;
        times.push(asked.elapsed());
    }
    Ok(times)
}

async fn fill(plan: &Plan, redis: &mut MultiplexedConnection, name: &str, turn: usize) -> Result<(), Failed> {
    let first = i64::try_from(turn * plan.lines)?;
    let lines = (0..i64::try_from(plan.lines)?).map(|line| Line::of(1 + (first + line) % plan.skus));
    let mut pipe = redis::pipe();
    for line in lines {
        pipe.hset(cart(name), line.sku_id, serde_json::to_string(&line)?).ignore();
    }
    Ok(pipe.query_async(redis).await?)
}

fn order(username: String) -> Order {
    Order {
        username,
        receiver_contact: "Li Lei".to_owned(),
        receiver_mobile: "13800000000".to_owned(),
        receiver_address: "1 Example Road, Shenzhen".to_owned(),
    }
}
