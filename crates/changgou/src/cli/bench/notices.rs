//! A storm of payment notices: orders and their codes are made first; then
//! signed notices come shuffled, with copies and forgeries among them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::json;
use tokio::task::JoinSet;

use super::client::Ask;
use super::connection::{Heard, Seat};
use super::pace::Turn;
use super::report::Check;
use super::rng::Dice;
use super::tally::Tally;
use super::world::World;
use super::{CommandError, gateway, json_scan, purchase};
use crate::domain::clock::Clock;
use crate::domain::money::Fen;
use crate::infra::gateway::{Evidence, Gateway};
use crate::infra::settings::Settings;

/// Orders that are made where `--count` does not say.
const ORDERS: u64 = 5000;

/// Buyers who order at once beforehand; nobody measures them.
const ORDERING: usize = 64;

/// Orders that are looked at afterwards; the audit looks at all.
const LOOKED_AT: usize = 200;

/// What is delivered beside the first notice of each order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mix {
    /// Each notice once more.
    Twice,
    /// Of ten deliveries three are copies and one is a forgery.
    Storm,
}

/// One delivery: the order by place, and whether WeChat signed it.
#[derive(Clone, Copy, Debug)]
enum Delivery {
    Signed(usize),
    Forged(usize),
}

impl Mix {
    /// So many orders' deliveries, shuffled.
    fn deliveries(self, orders: usize) -> Vec<Delivery> {
        let (copies, forgeries) = match self {
            Mix::Twice => (orders, 0),
            Mix::Storm => (orders / 2, orders / 6),
        };
        let signed = (0..orders).chain(0..copies).map(Delivery::Signed);
        let mut all: Vec<Delivery> = signed.chain((0..forgeries).map(Delivery::Forged)).collect();
        Dice::new(2).shuffle(&mut all);
        all
    }
}

/// Everything that is going to be delivered.
pub(super) struct Post {
    /// The notice of each order.
    notices: Vec<String>,
    /// In the order of delivery.
    deliveries: Vec<Delivery>,
    next: AtomicUsize,
    orders: Vec<Waiting>,
    /// Whether a notice of an order was kept already.
    settled: Vec<AtomicBool>,
}

/// An order that waits for its payment.
#[derive(Clone, Debug)]
struct Waiting {
    token: String,
    id: String,
    out_trade_no: String,
    total_fee: i64,
}

/// Places orders and asks for their codes, then writes and shuffles the notices.
pub(super) async fn prepare(
    world: &Arc<World>,
    settings: &Settings,
    mix: Mix,
) -> Result<Arc<Post>, CommandError> {
    if !settings.demo {
        return Err(CommandError::told(
            "notices are signed with the shop's own key: only a demonstration gets them",
        ));
    }
    let count = usize::try_from(world.plan.count.unwrap_or(ORDERS)).unwrap_or(usize::MAX);
    let mut ordering = JoinSet::new();
    for first in 0..ORDERING.min(count) {
        let world = world.clone();
        ordering.spawn(async move { order_some(&world, first, count).await });
    }
    let made = ordering.join_all().await.into_iter().collect::<Result<Vec<_>, _>>()?;
    let orders: Vec<Waiting> = made.into_iter().flatten().collect();
    let gateway = gateway(settings, &Clock::System)?;
    let notice = |(nth, order): (usize, &Waiting)| signed(&gateway, nth, order);
    let notices = orders.iter().enumerate().map(notice).collect::<Result<Vec<_>, _>>()?;
    let deliveries = mix.deliveries(orders.len());
    let settled = orders.iter().map(|_| AtomicBool::new(false)).collect();
    Ok(Arc::new(Post { notices, deliveries, next: AtomicUsize::new(0), orders, settled }))
}

async fn order_some(world: &World, first: usize, count: usize) -> Result<Vec<Waiting>, CommandError> {
    let mut seat = Seat::take(world.plan.address()).await.map_err(super::lost)?;
    let mut made = Vec::new();
    for nth in (first..count).step_by(ORDERING) {
        made.push(order(world, &mut seat, nth).await?);
    }
    Ok(made)
}

async fn order(world: &World, seat: &mut Seat, nth: usize) -> Result<Waiting, CommandError> {
    let (token, sku) = (world.buyer(nth), world.sku(nth));
    purchase::put(seat, token, sku).await;
    let body = json!({ "skuIds": [sku], "payType": "1" }).to_string();
    let id = told(seat, Ask { method: "POST", path: "/api/order", token, body: &body }, "id").await?;
    let path = format!("/api/weixin/pay/create/native?outtradeno={id}");
    let out_trade_no =
        told(seat, Ask { method: "POST", path: &path, token, body: "" }, "out_trade_no").await?;
    let total_fee = json_scan::first(seat.body(), "total_fee").and_then(|fen| fen.parse().ok()).unwrap_or(0);
    Ok(Waiting { token: token.to_owned(), id, out_trade_no, total_fee })
}

async fn told(seat: &mut Seat, ask: Ask<'_>, name: &str) -> Result<String, CommandError> {
    let heard = seat.asks("setup", ask).await;
    match json_scan::first(seat.body(), name) {
        Some(word) if heard == Heard::Good => Ok(word.to_owned()),
        Some(_) | None => {
            let said = String::from_utf8_lossy(seat.body()).into_owned();
            Err(CommandError::told(format!("{} {}: {said}", ask.method, ask.path)))
        }
    }
}

fn signed(gateway: &Gateway, nth: usize, order: &Waiting) -> Result<String, CommandError> {
    let paid = Clock::System.now();
    let evidence = Evidence {
        out_trade_no: order.out_trade_no.clone(),
        transaction_id: format!("42{:014}{nth:012}", paid.0),
        total_fee: Fen(order.total_fee),
        currency: "CNY".to_owned(),
        trade_type: "NATIVE".to_owned(),
        openid: format!("bench{nth:08}"),
        paid,
    };
    Ok(gateway.signed_notice(&evidence, gateway.pin())?)
}

/// Delivers one after another until there are no more, or the time is over.
pub(super) async fn deliver(world: &World, post: &Post, seat: &mut Seat) {
    while let Some(delivery) = post.deliveries.get(post.next.fetch_add(1, Ordering::Relaxed)) {
        let Some(turn) = world.pace.turn().await else { return };
        match *delivery {
            Delivery::Signed(nth) => deliver_signed(post, seat, turn, nth).await,
            Delivery::Forged(nth) => {
                tell(seat, "forged", turn, &forged(&post.notices[nth], nth)).await;
            }
        }
    }
}

/// The first that is kept settles its order.
async fn deliver_signed(post: &Post, seat: &mut Seat, turn: Turn, nth: usize) {
    let heard = tell(seat, "notice", turn, &post.notices[nth]).await;
    if heard == Heard::Good && !post.settled[nth].swap(true, Ordering::Relaxed) {
        seat.tally.good("settled", turn.since.elapsed());
    }
}

async fn tell(seat: &mut Seat, kind: &'static str, turn: Turn, body: &str) -> Heard {
    let ask = Ask { method: "POST", path: "/api/weixin/pay/notify/url", token: "", body };
    seat.asks_since(kind, turn.since, ask).await
}

/// Another amount or another number under the old signature, or none at all.
fn forged(notice: &str, nth: usize) -> String {
    match nth % 3 {
        0 => notice.replacen("<total_fee>", "<total_fee>1", 1),
        1 => notice.replacen("<out_trade_no>", "<out_trade_no>0", 1),
        _ => notice.replacen("<sign>", "<sing>", 1).replacen("</sign>", "</sing>", 1),
    }
}

/// What was signed was kept, what was forged was not, and the orders are paid.
pub(super) async fn check(world: &World, post: &Post, seen: &Tally) -> Result<Vec<Check>, CommandError> {
    let (kept, sent, believed) = (seen.good_of("notice"), seen.answers_of("notice"), seen.good_of("forged"));
    let mut checks = vec![
        Check::new(format!("{kept} notices were kept of {sent}"), kept == sent),
        Check::new(format!("{believed} forgeries were kept of {}", seen.answers_of("forged")), believed == 0),
    ];
    let mut seat = Seat::take(world.plan.address()).await.map_err(super::lost)?;
    let settled =
        post.orders.iter().zip(&post.settled).filter(|(_, settled)| settled.load(Ordering::Relaxed));
    let settled: Vec<&Waiting> = settled.map(|(order, _)| order).collect();
    let looked: Vec<&&Waiting> = settled.iter().step_by(settled.len().div_ceil(LOOKED_AT).max(1)).collect();
    let mut paid = 0;
    for Waiting { token, id, .. } in &looked {
        let path = format!("/api/order/{id}");
        seat.asks("look", Ask { method: "GET", path: &path, token, body: "" }).await;
        paid += usize::from(json_scan::first(seat.body(), "payStatus") == Some("1"));
    }
    checks.push(Check::new(
        format!("{paid} orders are paid of {} looked at", looked.len()),
        paid == looked.len() && paid > 0,
    ));
    Ok(checks)
}
