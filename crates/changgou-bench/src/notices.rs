//! Payment notices under load: the preparation places orders and opens their
//! payments; then signed notices are delivered in random order, with copies and
//! forgeries among them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use changgou::cli::{self, CommandError};
use changgou::domain::clock::Clock;
use changgou::domain::money::Fen;
use changgou::infra::gateway::{Evidence, Gateway};
use changgou::infra::settings::Settings;
use fastrand::Rng;
use serde_json::json;
use tokio::task::JoinSet;

use crate::client::{Client, Outcome};
use crate::http::Request;
use crate::json_scan;
use crate::pacer::Iteration;
use crate::purchase::add_to_cart;
use crate::report::Check;
use crate::run_state::RunState;
use crate::stats::Stats;

/// Orders that are placed where `--count` does not say.
const ORDERS: u64 = 5000;

/// Clients that place them; they are not measured.
const PREPARING_CLIENTS: usize = 64;

/// Orders that are read afterwards; the audit covers all.
const READ_BACK: usize = 200;

/// Seed of the order of delivery.
const SHUFFLE_SEED: u64 = 2;

/// What is delivered beside the first notice of each order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeMix {
    /// Each notice a second time.
    Twice,
    /// Of ten deliveries three are copies and one is a forgery.
    Storm,
}

/// One delivery: the index of its order, and whether WeChat signed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Delivery {
    Signed(usize),
    Forged(usize),
}

impl NoticeMix {
    /// The deliveries for so many orders, shuffled.
    fn deliveries(self, orders: usize) -> Vec<Delivery> {
        let (copies, forgeries) = match self {
            NoticeMix::Twice => (orders, 0),
            NoticeMix::Storm => (orders / 2, orders / 6),
        };
        let signed = (0..orders).chain(0..copies).map(Delivery::Signed);
        let mut all: Vec<Delivery> = signed.chain((0..forgeries).map(Delivery::Forged)).collect();
        Rng::with_seed(SHUFFLE_SEED).shuffle(&mut all);
        all
    }
}

/// Everything that is going to be delivered.
pub struct PreparedNotices {
    /// The notice of each order.
    notices: Vec<String>,
    /// In the order of delivery.
    deliveries: Vec<Delivery>,
    next: AtomicUsize,
    orders: Vec<UnpaidOrder>,
    /// Whether a notice of an order was acknowledged.
    settled: Vec<AtomicBool>,
}

/// An order that waits for its payment.
#[derive(Clone, Debug)]
struct UnpaidOrder {
    token: String,
    id: String,
    out_trade_no: String,
    total_fee: i64,
}

/// Places orders and opens their payments, then writes and shuffles the notices.
pub async fn prepare(
    run: &Arc<RunState>,
    settings: &Settings,
    mix: NoticeMix,
) -> Result<Arc<PreparedNotices>, CommandError> {
    if !settings.demo {
        return Err(CommandError::message(
            "notices are signed with the shop's own key: only a demonstration gets them",
        ));
    }
    let count = usize::try_from(run.plan.count.unwrap_or(ORDERS)).unwrap_or(usize::MAX);
    let orders = place_orders(run, count).await?;
    let gateway = cli::gateway(settings, &Clock::System)?;
    let notice = |(index, order): (usize, &UnpaidOrder)| signed(&gateway, index, order);
    let notices = orders.iter().enumerate().map(notice).collect::<Result<Vec<_>, _>>()?;
    let deliveries = mix.deliveries(orders.len());
    let settled = orders.iter().map(|_| AtomicBool::new(false)).collect();
    Ok(Arc::new(PreparedNotices { notices, deliveries, next: AtomicUsize::new(0), orders, settled }))
}

async fn place_orders(run: &Arc<RunState>, count: usize) -> Result<Vec<UnpaidOrder>, CommandError> {
    let mut tasks = JoinSet::new();
    for first in 0..PREPARING_CLIENTS.min(count) {
        let run = run.clone();
        tasks.spawn(async move { place_share(&run, first, count).await });
    }
    let placed = tasks.join_all().await.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(placed.into_iter().flatten().collect())
}

/// What one of the preparing clients places.
async fn place_share(run: &RunState, first: usize, count: usize) -> Result<Vec<UnpaidOrder>, CommandError> {
    let mut client = Client::connect(run.plan.address()).await?;
    let mut orders = Vec::new();
    for index in (first..count).step_by(PREPARING_CLIENTS) {
        orders.push(place_order(run, &mut client, index).await?);
    }
    Ok(orders)
}

async fn place_order(run: &RunState, client: &mut Client, index: usize) -> Result<UnpaidOrder, CommandError> {
    let (token, sku) = (run.buyer(index), run.sku(index));
    add_to_cart(client, token, sku).await;
    let body = json!({ "skuIds": [sku], "payType": "1" }).to_string();
    let id = field_of(client, Request::post("/api/order", token, &body), "id").await?;
    let path = format!("/api/weixin/pay/create/native?outtradeno={id}");
    let out_trade_no = field_of(client, Request::post(&path, token, ""), "out_trade_no").await?;
    let total_fee =
        json_scan::first(client.body(), "total_fee").and_then(|fen| fen.parse().ok()).unwrap_or(0);
    Ok(UnpaidOrder { token: token.to_owned(), id, out_trade_no, total_fee })
}

/// A field of the response, which must be there.
async fn field_of(client: &mut Client, request: Request<'_>, name: &str) -> Result<String, CommandError> {
    client.must(request).await?;
    let value = json_scan::first(client.body(), name).map(str::to_owned);
    value.ok_or_else(|| client.unexpected(request))
}

fn signed(gateway: &Gateway, index: usize, order: &UnpaidOrder) -> Result<String, CommandError> {
    let paid = Clock::System.now();
    let evidence = Evidence {
        out_trade_no: order.out_trade_no.clone(),
        transaction_id: format!("42{:014}{index:012}", paid.0),
        total_fee: Fen(order.total_fee),
        currency: "CNY".to_owned(),
        trade_type: "NATIVE".to_owned(),
        openid: format!("bench{index:08}"),
        paid,
    };
    Ok(gateway.signed_notice(&evidence, gateway.sign_type_for_new_payments())?)
}

/// Delivers one after another until there are no more, or the time is over.
pub async fn deliver(run: &RunState, notices: &PreparedNotices, client: &mut Client) {
    while let Some(delivery) = notices.deliveries.get(notices.next.fetch_add(1, Ordering::Relaxed)) {
        let Some(iteration) = run.pacer.next().await else { return };
        match *delivery {
            Delivery::Signed(index) => deliver_signed(notices, client, iteration, index).await,
            Delivery::Forged(index) => {
                send(client, "forged", iteration, &forged(&notices.notices[index], index)).await;
            }
        }
    }
}

/// The first notice that is acknowledged settles its order.
async fn deliver_signed(notices: &PreparedNotices, client: &mut Client, iteration: Iteration, index: usize) {
    let outcome = send(client, "notice", iteration, &notices.notices[index]).await;
    if outcome == Outcome::Success && !notices.settled[index].swap(true, Ordering::Relaxed) {
        client.stats.success("settled", iteration.start.elapsed());
    }
}

async fn send(client: &mut Client, kind: &'static str, iteration: Iteration, body: &str) -> Outcome {
    let request = Request::post("/api/weixin/pay/notify/url", "", body);
    client.send_at(kind, iteration.start, request).await
}

/// Another amount or another number under the old signature, or no signature.
fn forged(notice: &str, index: usize) -> String {
    match index % 3 {
        0 => notice.replacen("<total_fee>", "<total_fee>1", 1),
        1 => notice.replacen("<out_trade_no>", "<out_trade_no>0", 1),
        _ => notice.replacen("<sign>", "<sing>", 1).replacen("</sign>", "</sing>", 1),
    }
}

/// Checks that signed notices were acknowledged, forged ones were not, and the orders are paid.
pub async fn check(
    run: &RunState,
    notices: &PreparedNotices,
    stats: &Stats,
) -> Result<Vec<Check>, CommandError> {
    let (kept, sent) = (stats.successes_of("notice"), stats.requests_of("notice"));
    let (believed, forged) = (stats.successes_of("forged"), stats.requests_of("forged"));
    let (paid, read) = read_back(run, notices).await?;
    Ok(vec![
        Check::new(format!("{kept} notices were kept of {sent}"), kept == sent),
        Check::new(format!("{believed} forgeries were kept of {forged}"), believed == 0),
        Check::new(format!("{paid} orders are paid of {read} looked at"), paid == read && paid > 0),
    ])
}

/// How many of some settled orders are paid, and how many were read.
async fn read_back(run: &RunState, notices: &PreparedNotices) -> Result<(usize, usize), CommandError> {
    let is_settled = |(_, settled): &(&UnpaidOrder, &AtomicBool)| settled.load(Ordering::Relaxed);
    let settled = notices.orders.iter().zip(&notices.settled).filter(is_settled);
    let settled: Vec<&UnpaidOrder> = settled.map(|(order, _)| order).collect();
    let mut client = Client::connect(run.plan.address()).await?;
    let (mut paid, mut read) = (0, 0);
    for UnpaidOrder { token, id, .. } in settled.iter().step_by(settled.len().div_ceil(READ_BACK).max(1)) {
        client.send("look", Request::get(&format!("/api/order/{id}"), token)).await;
        paid += usize::from(json_scan::first(client.body(), "payStatus") == Some("1"));
        read += 1;
    }
    Ok((paid, read))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deliveries_are_shuffled_the_same_way_in_every_run() {
        let storm = NoticeMix::Storm.deliveries(600);
        assert_eq!(storm, NoticeMix::Storm.deliveries(600));
        let forged = storm.iter().filter(|delivery| matches!(delivery, Delivery::Forged(_))).count();
        assert_eq!((storm.len(), forged), (1000, 100));
        let in_order: Vec<_> = (0..100).chain(0..100).map(Delivery::Signed).collect();
        assert_ne!(NoticeMix::Twice.deliveries(100), in_order);
    }
}
