//! Orders as if buyers had placed them, to be paid on delivery.

use super::{CHUNK, Seeded};
use crate::flow::place::decide::{Decision, PlacedOrder};
use crate::flow::place::write_all;
use crate::flow::{App, Outcome};
use crate::ground::db::DbError;
use crate::nouns::catalog;
use crate::nouns::order::{Discount, Item, Order, Receiver, Times};
use crate::values::clock::UtcMs;
use crate::values::id::{Id, OrderId, SkuId};
use crate::values::money::Fen;
use crate::values::pricing::Quote;
use crate::values::status::{OrderState, PayType};

/// Places `orders` orders of one piece each, dealt out over buyers and SKUs.
/// `told` hears how many are done.
pub async fn orders(
    app: &App,
    orders: usize,
    buyers: &[Seeded],
    skus: &[SkuId],
    told: &mut impl FnMut(usize),
) -> Outcome<()> {
    let mut done = 0;
    while done < orders && !buyers.is_empty() && !skus.is_empty() {
        let count = CHUNK.min(orders - done);
        let dealt =
            |nth: usize| (app.id(), buyers[nth % buyers.len()].username.clone(), skus[nth % skus.len()]);
        let dealt: Vec<(Id, String, SkuId)> = (done..done + count).map(dealt).collect();
        let now = app.now();
        app.db.write(async move |tx| place(tx, &dealt, now).await).await?;
        done += count;
        told(done);
    }
    Ok(())
}

async fn place(
    tx: &mut crate::ground::db::Tx<'_>,
    dealt: &[(Id, String, SkuId)],
    now: UtcMs,
) -> Result<(), DbError> {
    let wanted: std::collections::BTreeSet<SkuId> = dealt.iter().map(|(_, _, sku)| *sku).collect();
    let skus: std::collections::BTreeMap<SkuId, catalog::Sku> =
        catalog::by_ids(tx, wanted).await?.into_iter().map(|sku| (sku.id, sku)).collect();
    let placed = dealt.iter().filter_map(|(id, buyer, sku)| Some(placed(*id, buyer, skus.get(sku)?, now)));
    let decided: Vec<_> = placed.map(|one| Ok(Decision::Placed(Box::new(one)))).collect();
    write_all(tx, &decided).await
}

fn placed(id: Id, buyer: &str, sku: &catalog::Sku, now: UtcMs) -> PlacedOrder {
    let order_id = OrderId::from_id(id);
    let item = Item {
        id: format!("{order_id}-01"),
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
    };
    PlacedOrder {
        order: order(order_id, buyer, sku.price, now),
        items: vec![item],
        limited: Vec::new(),
        points: 10,
        keys: Vec::new(),
    }
}

fn order(id: OrderId, buyer: &str, price: Fen, now: UtcMs) -> Order {
    let quote = Quote {
        total_num: 1,
        total_money: price,
        pre_money: Fen::ZERO,
        post_fee: Fen::ZERO,
        pay_money: price,
    };
    let text = str::to_owned;
    Order {
        id,
        username: buyer.to_owned(),
        quote,
        discount: Discount::default(),
        pay_type: PayType::OnDelivery,
        state: OrderState::AwaitingShipment,
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
        times: Times { create: now, update: now, ..Times::default() },
    }
}
