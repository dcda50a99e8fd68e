//! Batches: one transaction places many orders, and one bad order does not fail the others.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use changgou::domain::id::OrderId;
use changgou::domain::limits::PLACE_QUEUE_MAX;
use changgou::domain::refusal::Reason;
use changgou::domain::status::PayType;
use changgou::flow::Error;
use changgou::flow::place::{OrderedGoods, PlaceRequest, ReceiverChoice, place_order};
use changgou::store::cart::redis_cart;
use reqwest::Method;
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::program::Socket;
use crate::support::servers;
use crate::support::shop::{Person, Shop, read};
use crate::support::wechat::{KEY, NOTICES, notice, sealed, text};

impl Shop {
    /// The request that the API makes of this buyer's empty order.
    fn order_of(&self, buyer: &Person) -> PlaceRequest {
        let app = &self.running.app;
        PlaceRequest {
            username: buyer.name.clone(),
            goods: OrderedGoods::Cart(None),
            receiver: ReceiverChoice::Default,
            coupon_id: None,
            points: 0,
            pay_type: PayType::Online,
            buyer_message: None,
            source_type: "1".to_owned(),
            keys: Vec::new(),
            hash: String::new(),
            pay_money: None,
            order_id: OrderId::from_id(app.id()),
            now: app.now(),
        }
    }

    /// Puts one piece into everybody's cart.
    async fn fills_carts(&self, sku: &str) {
        if let Some(cache) = &self.running.app.cache {
            let buyers =
                self.rows::<(String,)>("select username from tb_user where username like 'u%'").await;
            let lines: Vec<_> =
                buyers.into_iter().map(|(name,)| (name, sku.parse().expect("a number"))).collect();
            return redis_cart::overwrite_lines(cache, &lines, self.running.app.now())
                .await
                .expect("carts are filled");
        }
        self.sql(&format!(
            "insert into cart_line (username, sku_id, num, selected, price_seen, added_ms) \
             select username, {sku}, 1, '1', 1000, 0 from tb_user where username like 'u%'"
        ))
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_connection_leaves_a_whole_order_or_none() {
    Shop::run(async |shop| {
        let (_, buyers) = shop.people(20).await;
        let sku = shop.sku(100).await;
        shop.fills_carts(&sku).await;
        let held = shop.locks_the_writer().await;
        let mut sockets = Vec::new();
        for buyer in &buyers {
            let mut socket = Socket::to(shop.running.address).unwrap();
            socket.send(&format!(
                "POST /api/order HTTP/1.1\r\nhost: shop\r\nauthorization: Bearer {}\r\nidempotency-key: k\r\n\
                 content-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}",
                buyer.token
            ));
            sockets.push(socket);
        }
        // Reads are not blocked by the lock; meanwhile the orders reach their queue.
        for _ in 0..50 {
            assert_eq!(buyers[0].points().await, 0);
        }
        drop(sockets);
        held.release().await;

        let mut replayed = 0;
        for buyer in &buyers {
            let request = buyer.request(Method::POST, "/api/order").header("Idempotency-Key", "k");
            let reply = read(request.json(&json!({}))).await;
            replayed += usize::from(reply.headers.contains_key("idempotent-replayed"));
            let order = reply.ok();
            assert_eq!((&order["totalNum"], &order["payMoney"]), (&json!(1), &json!(2000)));
            let orders = buyer.get("/api/order/user/list").await.ok();
            assert_eq!(orders["total"], 1);
            assert_eq!(orders["list"][0]["items"], order["items"]);
        }
        assert!(replayed > 0, "nobody's order had arrived");
        assert_eq!(shop.stranger().stock_of(&sku).await, (80, 20));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_order_does_not_fail_its_batch() {
    if servers::is_tidb() {
        return;
    }
    Shop::run(async |shop| {
        let (_, buyers) = shop.people(60).await;
        let sku = shop.sku(100).await;
        shop.fills_carts(&sku).await;
        shop.sql(poison()).await;
        let held = shop.locks_the_writer().await;
        let mut orders = JoinSet::new();
        for (nth, buyer) in buyers.iter().cloned().enumerate() {
            let body = json!({ "buyerMessage": if nth == 30 { "poison" } else { "thanks" } });
            orders.spawn(async move { (nth, buyer.post("/api/order", body).await) });
        }
        for _ in 0..50 {
            assert_eq!(buyers[0].points().await, 0);
        }
        held.release().await;
        for (nth, reply) in orders.join_all().await {
            if nth == 30 {
                assert_eq!(reply.status, 500);
                assert!(!reply.json.to_string().contains("poison"), "{reply:?}");
            } else {
                reply.ok();
            }
        }
        let poisoned = &buyers[30];
        assert_eq!(poisoned.get("/api/order/user/list").await.ok()["total"], 0);
        assert_eq!(poisoned.points().await, 0);
        assert_eq!(poisoned.get("/api/cart/list").await.ok().as_array().unwrap().len(), 1);
        assert_eq!(shop.stranger().stock_of(&sku).await, (41, 59));
        shop.sql("drop trigger poison").await;
        poisoned.orders().await;
    })
    .await;
}

/// A trigger that fails every statement for one order.
fn poison() -> &'static str {
    match servers::mysql() {
        Some(_) => {
            "create trigger poison before insert on tb_order for each row begin \
             if new.buyer_message = 'poison' then signal sqlstate '45000' set message_text = 'poisoned'; end if; end"
        }
        None => {
            "create trigger poison before insert on tb_order when new.buyer_message = 'poison' \
             begin select raise(abort, 'poisoned'); end"
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_orders_does_not_keep_payments_waiting() {
    const FLOOD: usize = 3000;
    Shop::run(async |shop| {
        let (_, mut buyers) = shop.people(FLOOD + 1).await;
        let (paying, sku) = (buyers.remove(0), shop.sku(100_000).await);
        let order = paying.buys(&sku, 1).await;
        let code = paying.asks_for_code(&order).await;
        shop.fills_carts(&sku).await;

        let held = shop.locks_the_writer().await;
        let (queued, answered) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let mut orders = JoinSet::new();
        for buyer in &buyers {
            let (app, request) = (shop.running.app.clone(), shop.order_of(buyer));
            let (queued, answered) = (queued.clone(), answered.clone());
            orders.spawn(async move {
                queued.fetch_add(1, Ordering::SeqCst);
                place_order(&app, request).await.expect("there is enough for everybody");
                answered.fetch_add(1, Ordering::SeqCst);
            });
        }
        while queued.load(Ordering::SeqCst) < FLOOD {
            tokio::task::yield_now().await;
        }
        let fields = notice(&text(&code["out_trade_no"]), order["payMoney"].as_i64().unwrap());
        let told = shop.http.post(shop.url(NOTICES)).body(sealed(&fields, KEY));
        let after = answered.clone();
        let told = tokio::spawn(async move {
            (told.send().await.unwrap().status().as_u16(), after.load(Ordering::SeqCst))
        });
        let cart = async { paying.puts_in_cart(&sku, 5).await };
        let ((), ()) = tokio::join!(held.release(), cart);
        let carted_after = answered.load(Ordering::SeqCst);
        let (status, told_after) = told.await.unwrap();
        orders.join_all().await;
        assert_eq!(status, 200);
        assert!(told_after < FLOOD / 2, "{told_after} orders went before the notice");
        assert!(carted_after < FLOOD / 2, "{carted_after} orders went before the cart");
        assert!(paying.is_paid(&order).await);
        let placed = i64::try_from(FLOOD).unwrap() + 1;
        assert_eq!(shop.stranger().stock_of(&sku).await, (100_000 - placed, placed));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_refuses_orders_and_takes_nothing() {
    Shop::run(async |shop| {
        let (_, buyers) = shop.people(2).await;
        let sku = shop.sku(10).await;
        buyers[0].puts_in_cart(&sku, 1).await;
        let before = shop.all_rows().await;
        let held = shop.locks_the_writer().await;
        // More than the queue and the batches under way can hold. This buyer's cart is empty.
        let mut waiting = JoinSet::new();
        for _ in 0..=PLACE_QUEUE_MAX + 4 * shop.running.app.settings.place_batch_max {
            let (app, request) = (shop.running.app.clone(), shop.order_of(&buyers[1]));
            waiting.spawn(async move { place_order(&app, request).await.map(|_| ()) });
        }
        // While the writer is locked, only requests without a place in the queue are answered.
        let turned_away = waiting.join_next().await.unwrap().unwrap();
        assert_eq!(word(turned_away), Reason::Busy);
        let reply = buyers[0].post("/api/order", json!({})).await;
        assert_eq!(reply.refused(), (503, "busy"));
        assert_eq!(reply.headers["retry-after"], "1");
        assert_eq!(buyers[0].points().await, 0, "whoever only reads is served");

        held.release().await;
        while let Some(answer) = waiting.join_next().await {
            assert!([Reason::CartEmpty, Reason::Busy].contains(&word(answer.unwrap())));
        }
        assert_eq!(shop.all_rows().await, before);
        buyers[0].orders().await;
    })
    .await;
}

fn word(answer: Result<(), Error>) -> Reason {
    match answer {
        Err(error) => error.refusal().expect("the buyer's business").reason,
        Ok(()) => panic!("it was placed"),
    }
}
