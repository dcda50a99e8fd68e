//! What a buyer does in a benchmark.

use std::io;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::client::{Answer, Connection};
use super::report::Tally;
use super::{Failed, Plan, lost};

/// SKUs the buyers choose from.
const SKUS_MAX: usize = 100;

/// A buyer at work.
pub(super) struct Buyer<'b> {
    pub(super) connection: &'b mut Connection,
    pub(super) token: &'b str,
    pub(super) skus: &'b [String],
    pub(super) tally: &'b mut Tally,
}

/// The numbers of some SKUs that are on sale, the newest last.
pub(super) async fn skus_on_sale(plan: &Plan) -> Result<Vec<String>, Failed> {
    let mut connection = Connection::open(plan.address).await.map_err(lost)?;
    let total = page(&mut connection, 1, 1).await?.0;
    let last = total.div_ceil(SKUS_MAX).max(1);
    let (_, skus) = page(&mut connection, last, SKUS_MAX).await?;
    if skus.is_empty() {
        return Err(Failed::told("nothing is on sale; run changgou seed --skus N --stock N"));
    }
    Ok(skus)
}

async fn page(connection: &mut Connection, page: usize, size: usize) -> Result<(usize, Vec<String>), Failed> {
    let answer =
        connection.ask("GET", &format!("/api/sku?page={page}&size={size}"), "", "").await.map_err(lost)?;
    let json = json_of(&answer);
    let total = json["data"]["total"].as_u64().and_then(|total| usize::try_from(total).ok()).unwrap_or(0);
    Ok((total, strings(&json["data"]["list"], "id")))
}

fn json_of(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or(Value::Null)
}

fn strings(list: &Value, name: &str) -> Vec<String> {
    let each = list.as_array().into_iter().flatten();
    each.filter_map(|one| one[name].as_str().map(str::to_owned)).collect()
}

impl Buyer<'_> {
    /// Orders what is in the cart, a few lines at a time, until it is empty.
    pub(super) async fn orders_the_cart(&mut self, lines: usize, until: Instant) -> io::Result<()> {
        let answer = self.connection.ask("GET", "/api/cart/list", self.token, "").await?;
        let cart = strings(&json_of(&answer)["data"], "skuId");
        for chosen in cart.chunks_exact(lines) {
            if Instant::now() >= until {
                return Ok(());
            }
            self.places(&json!({ "skuIds": chosen }).to_string()).await?;
        }
        Ok(())
    }

    /// Fills the cart, looks at the settlement and orders.
    pub(super) async fn shops(&mut self, lines: usize, round: usize) -> io::Result<()> {
        let began = Instant::now();
        for nth in 0..lines {
            let sku = &self.skus[(round + nth) % self.skus.len()];
            self.asks("cart", "POST", &format!("/api/cart/add?id={sku}&num=1"), "").await?;
        }
        let settlement = self.asks("settlement", "GET", "/api/order/settlement", "").await?;
        let seen = json_of(&settlement)["data"].take();
        self.places(&json!({ "token": seen["token"], "payMoney": seen["payMoney"] }).to_string()).await?;
        self.tally.took("flow", began.elapsed());
        Ok(())
    }

    /// Looks at the list and at a SKU.
    pub(super) async fn looks(&mut self, round: usize) -> io::Result<()> {
        self.asks("list", "GET", "/api/sku?size=20", "").await?;
        self.asks("page", "GET", "/", "").await?;
        let sku = &self.skus[round % self.skus.len()];
        self.asks("sku", "GET", &format!("/api/sku/{sku}"), "").await?;
        self.asks("settlement", "GET", "/api/order/settlement", "").await.map(drop)
    }

    async fn places(&mut self, body: &str) -> io::Result<()> {
        self.asks("order", "POST", "/api/order", body).await.map(drop)
    }

    async fn asks(&mut self, kind: &'static str, method: &str, path: &str, body: &str) -> io::Result<Answer> {
        let began = Instant::now();
        let answer = self.connection.ask(method, path, self.token, body).await?;
        self.tally.took(kind, began.elapsed());
        if answer.status >= 400 {
            let reason = json_of(&answer)["reason"].as_str().unwrap_or("unknown").to_owned();
            self.tally.refused(kind, &reason);
        }
        Ok(answer)
    }
}
