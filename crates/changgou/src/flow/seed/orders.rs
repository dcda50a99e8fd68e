//! Orders as if buyers had placed them, to be paid on delivery.
//!
//! They are written like placed orders, but thousands in a transaction, and spread so that
//! every table and index grows at its end: a buyer's orders follow one another, and SKUs
//! take turns line by line.

use tokio::task::JoinHandle;

use super::SeededAccount;
use crate::domain::clock::UtcMs;
use crate::domain::id::{Id, OrderId, SkuId};
use crate::domain::money::Fen;
use crate::domain::pricing::Quote;
use crate::domain::status::{OrderState, PayType};
use crate::flow::place::decide::PlacedOrder;
use crate::flow::place::{OrderOrigin, SkusSold, write_orders};
use crate::flow::unit_of_work::{UnitOfWork, Writer};
use crate::flow::{App, Error, Outcome};
use crate::infra::db::DbError;
use crate::store::catalog::{self, Sku};
use crate::store::order::{Order, OrderDiscount, OrderItem, OrderTimes, Receiver};
use crate::store::points;

/// Orders of one transaction, which waits for the disk once.
const CHUNK: usize = 5_000;

/// Lines of the longest order.
const LINES_MAX: usize = 3;

/// The most pieces of one SKU that `orders` orders take if there are `skus` SKUs.
pub fn pieces_taken(orders: usize, skus: usize) -> usize {
    line_count_before(orders, skus).div_ceil(skus.max(1))
}

/// How many lines the order with this index has: one, two and three in turn, fewer if
/// there are fewer SKUs.
fn line_count(nth: usize, skus: usize) -> usize {
    1 + nth % LINES_MAX.min(skus.max(1))
}

/// How many lines all orders before this one have.
fn line_count_before(nth: usize, skus: usize) -> usize {
    let most = LINES_MAX.min(skus.max(1));
    let (rounds, rest) = (nth / most, nth % most);
    rounds * most * (most + 1) / 2 + rest * (rest + 1) / 2
}

/// Writes `orders` orders of one to three lines of one piece each, spread over buyers and
/// SKUs. `progress` is called with the number that are done.
pub async fn create_orders(
    app: &App,
    orders: usize,
    buyers: &[SeededAccount],
    skus: &[SkuId],
    progress: &mut impl FnMut(usize),
) -> Outcome<()> {
    if buyers.is_empty() || skus.is_empty() {
        return Ok(());
    }
    let (skus, points) = (read_skus(app, skus).await?, app.settings.rules.points_per_order);
    // The next chunk is built while one is written.
    let mut writing: Option<JoinHandle<Result<(), DbError>>> = None;
    for from in (0..orders).step_by(CHUNK) {
        let indices = from..orders.min(from + CHUNK);
        let now = app.now();
        let buyer = |nth: usize| buyers[nth * buyers.len() / orders].username.as_str();
        let chunk: Vec<PlacedOrder> = indices
            .map(|nth| {
                let (order, items) = build_order(app.id(), buyer(nth), &skus, nth, now);
                let (origin, limited, taken, keys) = (OrderOrigin::Shelf, Vec::new(), Vec::new(), Vec::new());
                PlacedOrder { order, items, origin, limited, taken, points, keys }
            })
            .collect();
        await_write(writing.take()).await?;
        progress(from);
        writing = Some(tokio::spawn(write_chunk(app.writer().without_messages(), chunk)));
    }
    await_write(writing).await?;
    progress(orders);
    Ok(())
}

async fn await_write(writing: Option<JoinHandle<Result<(), DbError>>>) -> Outcome<()> {
    let Some(writing) = writing else { return Ok(()) };
    let written = writing.await.map_err(|error| DbError::Panicked(error.to_string()))?;
    written.map_err(Error::Db)
}

async fn read_skus(app: &App, skus: &[SkuId]) -> Outcome<Vec<Sku>> {
    let wanted = skus.to_vec();
    Ok(app.db.read(async move |tx| catalog::find_by_ids(tx, wanted.iter().copied()).await).await?)
}

fn build_order(id: Id, buyer: &str, skus: &[Sku], nth: usize, now: UtcMs) -> (Order, Vec<OrderItem>) {
    let order_id = OrderId::from_id(id);
    let from = line_count_before(nth, skus.len());
    let chosen = (0..line_count(nth, skus.len())).map(|line| &skus[(from + line) % skus.len()]);
    let items: Vec<OrderItem> = chosen.enumerate().map(|(line, sku)| item(&order_id, line, sku)).collect();
    let total = Fen(items.iter().map(|item| item.money.0).sum());
    let num = items.iter().map(|item| item.num).sum();
    (order(order_id, buyer, num, total, now), items)
}

fn item(order_id: &OrderId, line: usize, sku: &Sku) -> OrderItem {
    OrderItem {
        id: format!("{order_id}-{:02}", line + 1),
        order_id: order_id.clone(),
        sku_id: sku.id,
        spu_id: sku.facts.spu_id.clone(),
        category_id: sku.facts.category_id,
        name: sku.facts.name.clone(),
        price: sku.price,
        num: 1,
        money: sku.price,
        pay_money: sku.price,
        image: sku.facts.image.clone(),
        weight: sku.facts.weight,
        is_returned: false,
    }
}

fn order(id: OrderId, buyer: &str, total_num: i64, total: Fen, now: UtcMs) -> Order {
    let text = str::to_owned;
    Order {
        id,
        username: buyer.to_owned(),
        quote: Quote {
            total_num,
            total_money: total,
            pre_money: Fen::ZERO,
            post_fee: Fen::ZERO,
            pay_money: total,
        },
        discount: OrderDiscount::default(),
        pay_type: PayType::OnDelivery,
        // Old orders are over: they do not count as open ones of their buyers.
        state: OrderState::Completed,
        receiver: Receiver {
            contact: text("测试买家"),
            mobile: text("13800138000"),
            address: text("科苑路 15 号"),
        },
        buyer_message: None,
        source_type: text("1"),
        transaction_id: None,
        pay_by: None,
        close_reason: None,
        shipping_name: None,
        shipping_code: None,
        times: OrderTimes { create: now, update: now, ..OrderTimes::default() },
    }
}

async fn write_chunk(writer: Writer, made: Vec<PlacedOrder>) -> Result<(), DbError> {
    let write = async move |work: &mut UnitOfWork<'_, '_>| {
        write_orders(work, &made.iter().collect::<Vec<_>>(), SkusSold::Locked).await?;
        let received: Vec<_> = made.iter().map(|one| (one.order.username.as_str(), &one.order.id)).collect();
        points::make_spendable(work.tx, &received).await
    };
    writer.write(write).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted() {
        for skus in 1..6 {
            let mut before = 0;
            for nth in 0..20 {
                assert_eq!(line_count_before(nth, skus), before, "{nth} of {skus}");
                before += line_count(nth, skus);
                assert!(line_count(nth, skus) <= skus);
            }
        }
        assert_eq!((pieces_taken(0, 0), pieces_taken(6, 4), pieces_taken(6, 3)), (0, 3, 4));
    }
}
