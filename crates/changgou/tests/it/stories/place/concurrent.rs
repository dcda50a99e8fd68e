//! The same requests one after another and all at once: the batches they fall into do not change what is sold.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::support::shop::{Person, Shop, read};

/// A request, with a key if it is sent twice.
struct Wish {
    buyer: Person,
    key: Option<String>,
    body: Value,
}

/// The number of each answer with its amount, and the shop's data afterwards.
#[derive(Debug, PartialEq, Eq)]
struct Ends {
    answers: Vec<(u16, String, i64)>,
    rows: Vec<(String, i64)>,
}

/// Buyers who conflict only where the order of their requests does not change the sums.
async fn wishes(shop: &Shop) -> Vec<Wish> {
    let (operator, buyers) = shop.people(110).await;
    let scarce = operator.puts_up(json!({ "num": 25 })).await;
    let limited = operator.puts_up(json!({ "buyerLimit": 1, "num": 1000 })).await;
    let later = operator.puts_up(json!({ "saleFrom": "2026-11-24T00:00:00Z" })).await;
    let mut plenty = Vec::new();
    for _ in 0..3 {
        plenty.push(operator.puts_up(json!({ "price": 3333, "num": 1000 })).await);
    }
    let template = operator.makes_coupons(json!({ "minMoney": 3000 })).await;
    let mut wishes = Vec::new();
    let mut wish = |buyer: &Person, key: Option<&str>, body: Value| {
        wishes.push(Wish { buyer: buyer.clone(), key: key.map(str::to_owned), body });
    };
    for (nth, buyer) in buyers.iter().enumerate() {
        match nth % 11 {
            // Half of them find no stock.
            0..=4 => {
                buyer.puts_in_cart(&scarce, 1).await;
                wish(buyer, None, json!({}));
            }
            // One of three tabs uses the coupon.
            5 => {
                let coupon = operator.grants(&template, buyer).await;
                for sku in &plenty {
                    buyer.puts_in_cart(sku, 1).await;
                    wish(buyer, None, json!({ "skuIds": [sku], "couponId": coupon }));
                }
            }
            // The points suffice for two of three tabs.
            6 => {
                let path = format!("/api/user/points/add?username={}&points=1500", buyer.name);
                operator.post(&path, Value::Null).await.ok();
                for sku in &plenty {
                    buyer.puts_in_cart(sku, 1).await;
                    wish(buyer, None, json!({ "skuIds": [sku], "points": 700 }));
                }
            }
            // Three clicks, one order.
            7 => {
                buyer.puts_in_cart(&plenty[0], 2).await;
                for _ in 0..3 {
                    wish(buyer, Some("k"), json!({ "payMoney": 7666 }));
                }
            }
            8 => {
                buyer.puts_in_cart(&limited, if nth % 2 == 0 { 1 } else { 2 }).await;
                wish(buyer, None, json!({}));
            }
            9 => {
                buyer.puts_in_cart(&later, 1).await;
                wish(buyer, None, json!({}));
            }
            _ => {
                buyer.puts_in_cart(&plenty[1], 1).await;
                let coupon = operator.grants(&template, &buyers[0]).await;
                wish(buyer, None, json!({ "couponId": coupon }));
                wish(buyer, None, json!({ "payMoney": 1 }));
            }
        }
    }
    wishes
}

/// The part of the answer that does not depend on who was first.
async fn answer(wish: Wish) -> (u16, String, i64) {
    let Wish { buyer, key, body } = wish;
    let request = buyer.request(Method::POST, "/api/order").json(&body);
    let reply = read(match key {
        Some(key) => request.header("Idempotency-Key", key),
        None => request,
    })
    .await;
    let word = if reply.headers.contains_key("idempotent-replayed") { "replayed" } else { "" };
    let word = reply.json["reason"].as_str().unwrap_or(word).to_owned();
    (reply.status.as_u16(), word, reply.json["data"]["payMoney"].as_i64().unwrap_or(0))
}

async fn ends(shop: &Shop, mut answers: Vec<(u16, String, i64)>) -> Ends {
    answers.sort();
    let rows = "select concat('sku ', price, ' ', count(*)), cast(sum(num * 1000 + sale_num) as signed) from tb_sku group by price \
         union all select 'points', cast(sum(points) as signed) from tb_user \
         union all select 'orders', count(*) from tb_order \
         union all select 'money', cast(sum(pay_money) as signed) from tb_order \
         union all select 'taken off', cast(sum(pre_money) as signed) from tb_order \
         union all select 'lines', cast(sum(pay_money) as signed) from tb_order_item \
         union all select 'coupons used', count(order_id) from coupon \
         union all select 'limited', cast(coalesce(sum(num), 0) as signed) from limited_purchase \
         union all select 'events', count(*) from order_event \
         union all select 'to be closed', count(*) from due";
    let mut rows: Vec<(String, i64)> = shop.rows(rows).await;
    rows.push(("left in carts".to_owned(), shop.lines_in_carts().await));
    rows.sort();
    Ends { answers, rows }
}

async fn one_after_another(shop: &Shop) -> Ends {
    let mut answers = Vec::new();
    for wish in wishes(shop).await {
        answers.push(answer(wish).await);
    }
    ends(shop, answers).await
}

async fn all_at_once(shop: &Shop) -> Ends {
    let wishes = wishes(shop).await;
    let (mut tasks, start) = (JoinSet::new(), Arc::new(Barrier::new(wishes.len())));
    for wish in wishes {
        let start = start.clone();
        tasks.spawn(async move {
            start.wait().await;
            answer(wish).await
        });
    }
    let answers = tasks.join_all().await;
    ends(shop, answers).await
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_requests_end_as_sequential_ones() {
    let (mut slow, mut fast) = (None, None);
    Shop::run(async |shop| slow = Some(one_after_another(shop).await)).await;
    Shop::run(async |shop| fast = Some(all_at_once(shop).await)).await;
    let slow = slow.unwrap();
    let count = |status, word: &str| {
        slow.answers.iter().filter(|answer| (answer.0, answer.1.as_str()) == (status, word)).count()
    };
    assert_eq!((count(409, "stock_short"), count(409, "coupon_used")), (25, 20));
    assert_eq!((count(409, "points_short"), count(200, "replayed")), (10, 20));
    assert_eq!((count(409, "limit_exceeded"), count(409, "sale_not_started")), (5, 10));
    assert_eq!((count(404, "not_found"), count(409, "price_changed")), (10, 10));
    assert_eq!(count(200, ""), 25 + 10 + 20 + 10 + 5);
    assert_eq!(slow, fast.unwrap());
}
