//! `changgou order show`: prints an order with its items, history, payments and notices.

use std::process::ExitCode;

use super::CommandError;
use crate::domain::clock::UtcMs;
use crate::domain::id::OrderId;
use crate::infra::db::{Db, DbError, OpenMode};
use crate::infra::settings::Settings;
use crate::store::order::history::HistoryEvent;
use crate::store::order::{self, Order, OrderItem};
use crate::store::payment::attempt::{self, Attempt};
use crate::store::payment::inbox;

type Notices = Vec<(String, i64, UtcMs, UtcMs)>;

struct OrderDetail {
    order: Order,
    items: Vec<OrderItem>,
    events: Vec<HistoryEvent>,
    attempts: Vec<(Attempt, Notices)>,
}

pub(super) async fn show(settings: &Settings, id: &str) -> Result<ExitCode, CommandError> {
    let db = Db::open(&settings.database_url, OpenMode::Existing, settings.pool.without_timeout())?;
    let id = OrderId(id.to_owned());
    let name = id.clone();
    let detail = db.read(async move |tx| load_order(tx, &name).await).await?;
    let Some(detail) = detail else {
        return Err(CommandError::message(format!("there is no order {id}")));
    };
    print_order(&detail);
    Ok(ExitCode::SUCCESS)
}

async fn load_order(tx: &mut crate::infra::db::Tx<'_>, id: &OrderId) -> Result<Option<OrderDetail>, DbError> {
    let Some(order) = order::find(tx, id).await? else {
        return Ok(None);
    };
    let (items, events) = (order::list_items(tx, [id]).await?, order::history::list_for_order(tx, id).await?);
    let mut attempts = Vec::new();
    for attempt in attempt::list_for_order(tx, id).await? {
        let notices = inbox::list_for_attempt(tx, &attempt.out_trade_no).await?;
        attempts.push((attempt, notices));
    }
    Ok(Some(OrderDetail { order, items, events, attempts }))
}

fn print_order(OrderDetail { order, items, events, attempts }: &OrderDetail) {
    let Order { id, username, quote, pay_type, state, .. } = order;
    println!("{id}  {state:?}  {username}  paid {pay_type:?}");
    println!(
        "  goods ¥{}  off ¥{}  postage ¥{}  to pay ¥{}",
        quote.total_money, quote.pre_money, quote.post_fee, quote.pay_money
    );
    for OrderItem { sku_id, name, price, num, money, .. } in items {
        println!("  line  {sku_id}  {num} × ¥{price} = ¥{money}  {name}");
    }
    for HistoryEvent { kind, actor, detail, at } in events {
        println!("  {}  {kind}  by {actor}  {}", at.rfc3339(), detail.as_deref().unwrap_or_default());
    }
    for (attempt, notices) in attempts {
        let Attempt { out_trade_no, state, total_fee, transaction_id, asked, .. } = attempt;
        let payment = transaction_id.as_deref().unwrap_or("none");
        println!("  attempt  {out_trade_no}  {state:?}  ¥{total_fee}  asked {asked}  payment {payment}");
        for (outcome, copies, first, last) in notices {
            println!("    notice  {outcome}  {copies} copies  {} to {}", first.rfc3339(), last.rfc3339());
        }
    }
}
