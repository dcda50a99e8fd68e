//! Messages to and from other systems through a real RabbitMQ. Without `TEST_AMQP_URL` these tests do nothing.

use std::path::Path;

use changgou::infra::queue::Broker;
use changgou::infra::settings::AmqpSettings;
use serde_json::{Value, json as object};
use wechatpay::v2::{Fields, xml};

use crate::support::rabbitmq::{Rabbit, ResultConsumer, heard, json};
use crate::support::shop::{Person, Shop};
use crate::support::wechat::{KEY, notice, sealed, text};

/// Runs a test with a broker and another system, if there is a broker.
async fn with_rabbit(story: impl AsyncFnOnce(&Shop, &Rabbit)) {
    if crate::support::rabbitmq::fresh().is_none() {
        return;
    }
    Shop::run(async |shop| {
        let rabbit = Rabbit::at(amqp(shop)).await;
        story(shop, &rabbit).await;
        rabbit.leaves().await;
    })
    .await;
}

fn amqp(shop: &Shop) -> &AmqpSettings {
    shop.running.app.settings.amqp.as_ref().unwrap()
}

fn broker(shop: &Shop) -> &Broker {
    shop.running.app.broker.as_ref().unwrap()
}

/// A payment result of another service: a signed notice as a JSON object.
fn result(number: &str, fen: i64, key: &str) -> Value {
    let signed = sealed(&notice(number, fen), key);
    let fields: Fields = xml::read(signed.as_bytes()).unwrap();
    object!(fields)
}

async fn buys(shop: &Shop) -> (Person, Value) {
    let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
    let order = buyer.buys(&sku, 1).await;
    (buyer, order)
}

/// Checks a message against the published schema.
fn fits_schema(event: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/events.schema.json");
    let schema = json(&std::fs::read(path).unwrap());
    let event = event.as_object().unwrap();
    for name in schema["required"].as_array().unwrap() {
        assert!(event.contains_key(name.as_str().unwrap()), "{name} is missing: {event:?}");
    }
    for (name, value) in event {
        let rule = &schema["properties"][name];
        let fits = match rule["type"].as_str() {
            Some("integer") => value.as_i64().is_some_and(|n| n >= rule["minimum"].as_i64().unwrap_or(n)),
            Some("string") => {
                let longest = rule["maxLength"].as_u64().unwrap_or(u64::MAX);
                value.as_str().is_some_and(|text| text.chars().count() as u64 <= longest)
            }
            other => panic!("{name}: {other:?} in the schema"),
        };
        assert!(fits, "{name}: {value} does not fit {rule}");
        let named = rule["enum"].as_array().is_none_or(|words| words.contains(value));
        assert!(named && rule.get("const").is_none_or(|only| only == value), "{name}: {value}: {rule}");
    }
    assert!(event["id"].as_str().unwrap().bytes().all(|byte| byte.is_ascii_digit()));
    assert!(event["at"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
    let payment = ["transaction_id", "out_trade_no", "total_fee"].map(|name| event.contains_key(name));
    assert!(payment == [true; 3] || payment == [false; 3], "{event:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_an_order_are_published_in_order() {
    with_rabbit(async |shop, rabbit| {
        let mut listener = rabbit.listens("#").await;
        let operator = shop.operator().await;
        operator
            .makes_coupons(object!({ "grantOnPaid": true, "grantMinMoney": 1, "name": "谢谢惠顾" }))
            .await;
        let (buyer, order) = buys(shop).await;
        let code = buyer.asks_for_code(&order).await;
        shop.phone_pays(code["code_url"].as_str().unwrap()).await;
        let parcel = object!([{ "id": order["id"], "shippingName": "顺丰", "shippingCode": "SF1" }]);
        operator.post("/api/order/batchSend", parcel).await.ok();
        shop.work().await;
        let id = order["id"].as_str().unwrap();
        buyer.put(&format!("/api/order/{id}/receive"), Value::Null).await.ok();
        let other = buyer.buys(&shop.sku(1).await, 1).await;
        buyer.put(&format!("/api/order/{}/cancel", other["id"].as_str().unwrap()), Value::Null).await.ok();
        shop.work().await;

        let mut told = Vec::new();
        for _ in 0..7 {
            let message = heard(&mut listener).await;
            let event = json(&message.data);
            fits_schema(&event);
            assert_eq!(message.routing_key.as_str(), event["kind"]);
            let properties = message.properties;
            assert_eq!(properties.message_id().as_ref().unwrap().as_str(), event["id"]);
            assert_eq!(properties.delivery_mode(), &Some(2), "it outlives a restart");
            assert_eq!(event["username"], buyer.name);
            told.push((text(&event["order_id"]), text(&event["kind"])));
            if event["kind"] == "order.paid" {
                assert_eq!(event["total_fee"], order["payMoney"]);
                assert_eq!(event["out_trade_no"], code["out_trade_no"]);
            }
        }
        let of = |order: &Value| -> Vec<&str> {
            let own = told.iter().filter(|(id, _)| *id == order["id"].as_str().unwrap());
            own.map(|(_, kind)| kind.as_str()).collect()
        };
        let first = ["order.placed", "order.coupon_granted", "order.paid", "order.shipped", "order.received"];
        let mut paid = of(&order);
        paid[1..3].sort_unstable();
        assert_eq!(paid, first);
        assert_eq!(of(&other), ["order.placed", "order.closed"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_settled_notice_is_published_and_has_no_effect_when_consumed() {
    with_rabbit(async |shop, rabbit| {
        let (buyer, order) = buys(shop).await;
        let code = buyer.asks_for_code(&order).await;
        shop.phone_pays(code["code_url"].as_str().unwrap()).await;
        shop.resends(code["out_trade_no"].as_str().unwrap(), 2).await;
        shop.work().await;
        rabbit.until_depth("queue.order", 1).await;

        let passed = rabbit.takes("queue.order").await.unwrap();
        let fields = json(&passed.data);
        for name in ["appid", "mch_id", "nonce_str", "sign", "transaction_id", "time_end", "openid"] {
            assert!(fields[name].as_str().is_some_and(|text| !text.is_empty()), "{name}: {fields}");
        }
        assert_eq!(
            (&fields["return_code"], &fields["trade_type"]),
            (&object!("SUCCESS"), &object!("NATIVE"))
        );
        assert_eq!(fields["out_trade_no"], code["out_trade_no"]);
        assert_eq!(fields["total_fee"], order["payMoney"].to_string());
        assert_eq!(passed.properties.content_type().as_ref().unwrap().as_str(), "text/plain");

        rabbit.sends_result(&fields.to_string()).await;
        let history = buyer.history(&order).await;
        ResultConsumer::takes_all(shop, rabbit).await;
        shop.work().await;
        assert_eq!(buyer.history(&order).await, history, "it was settled before");
        assert_eq!((rabbit.depth("queue.order").await, rabbit.depth("queue.order.dead").await), (0, 1));
        let copies = shop.rows::<(i64,)>("select copies from notice_inbox").await;
        assert_eq!(copies, [(3,)], "the notice and its two copies; its own result is none");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_pay_service_settles_through_the_queue() {
    with_rabbit(async |shop, rabbit| {
        let (buyer, order) = buys(shop).await;
        let code = buyer.asks_for_code(&order).await;
        let (number, fen) = (text(&code["out_trade_no"]), order["payMoney"].as_i64().unwrap());
        let sent = result(&number, fen, KEY).to_string();
        rabbit.sends_result(&sent).await;
        rabbit.sends_result(&sent).await;
        ResultConsumer::takes_all(shop, rabbit).await;
        assert!(buyer.is_paid(&order).await);
        shop.work().await;
        assert_eq!(rabbit.depth("queue.order").await, 0, "nothing is passed on in a circle");
        assert_eq!(buyer.history(&order).await, ["placed", "paid"]);
        assert!(shop.shows(&order).contains("notice  paid  1 copies"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unverifiable_result_becomes_a_dead_letter_and_changes_nothing() {
    with_rabbit(async |shop, rabbit| {
        let (buyer, order) = buys(shop).await;
        let code = buyer.asks_for_code(&order).await;
        let (number, fen) = (text(&code["out_trade_no"]), order["payMoney"].as_i64().unwrap());
        let mut other_amount = result(&number, fen, KEY);
        other_amount["total_fee"] = object!("1");
        let mut unsigned = result(&number, fen, KEY);
        unsigned.as_object_mut().unwrap().remove("sign");
        let mut sent = vec![
            (result(&number, fen, &"x".repeat(32)).to_string(), "wrong_signature"),
            (other_amount.to_string(), "wrong_signature"),
            (unsigned.to_string(), "unsigned"),
            (result("1234567890", fen, KEY).to_string(), "unknown_trade"),
            ("[]".to_owned(), "malformed"),
            (r#"{"out_trade_no":{}}"#.to_owned(), "malformed"),
            ("\u{0}".to_owned(), "malformed"),
        ];
        let before = shop.all_rows().await;
        let consumer_task = ResultConsumer::begin(shop);
        for (body, _) in &sent {
            rabbit.sends_result(body).await;
        }
        rabbit.until_depth("queue.order.dead", 7).await;
        assert_eq!(rabbit.depth("queue.order").await, 0);
        assert_eq!(shop.all_rows().await, before, "nothing was believed");

        let moved = broker(shop).replay(3).await.unwrap();
        assert_eq!(moved, 3);
        rabbit.until_depth("queue.order.dead", 7).await;
        consumer_task.end().await;
        for _ in 0..7 {
            let letter = rabbit.takes("queue.order.dead").await.unwrap();
            let headers = letter.properties.headers().as_ref().unwrap().inner();
            let reason = headers["x-changgou-reason"].as_long_string().unwrap().to_string();
            let body = String::from_utf8(letter.data.clone()).unwrap();
            let nth = sent.iter().position(|(sent, why)| *sent == body && *why == reason);
            sent.remove(nth.unwrap_or_else(|| panic!("{reason}: {body}")));
        }
        assert!(buyer.is_waiting(&order).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_existing_queue_is_used_as_it_is() {
    let Some(amqp) = crate::support::rabbitmq::fresh() else { return };
    let rabbit = Rabbit::at(&amqp).await;
    rabbit.makes_classic("queue.order").await;
    Shop::run_with(
        |settings| settings.amqp = Some(amqp.clone()),
        async |shop| {
            let (buyer, order) = buys(shop).await;
            let code = buyer.asks_for_code(&order).await;
            shop.phone_pays(code["code_url"].as_str().unwrap()).await;
            shop.work().await;
            rabbit.until_depth("queue.order", 1).await;
            ResultConsumer::takes_all(shop, &rabbit).await;
            rabbit.until_depth("queue.order.dead", 1).await;
            assert!(buyer.is_paid(&order).await);
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_queue_is_declared_again_and_its_result_waits() {
    with_rabbit(async |shop, rabbit| {
        let (buyer, order) = buys(shop).await;
        let code = buyer.asks_for_code(&order).await;
        shop.work().await;
        rabbit.deletes_queue("queue.order").await;
        shop.phone_pays(code["code_url"].as_str().unwrap()).await;
        shop.work().await;
        let left = shop.rows::<(String, i64)>("select destination, tries from outbox").await;
        assert_eq!(left, [("payment_results".to_owned(), 1)], "the broker gave it back");
        shop.pass(std::time::Duration::from_secs(2)).await;
        assert_eq!(rabbit.depth("queue.order").await, 1);
        rabbit.empties("queue.order").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_send_nothing_twice_and_leave_nothing_behind() {
    with_rabbit(async |shop, rabbit| {
        let mut listener = rabbit.listens("order.placed").await;
        let (buyer, sku) = (shop.buyer().await, shop.sku(1000).await);
        for _ in 0..40 {
            buyer.buys(&sku, 1).await;
        }
        let app = &shop.running.app;
        let step = || changgou::flow::relay::send_batch(app);
        let (one, two, three) = tokio::join!(step(), step(), step());
        let sent = [one, two, three].map(|turn| turn.unwrap().confirmed);
        assert_eq!(sent.iter().sum::<usize>(), 40, "{sent:?}");
        let mut ids = std::collections::BTreeSet::new();
        for _ in 0..40 {
            ids.insert(text(&json(&heard(&mut listener).await.data)["id"]));
        }
        assert_eq!(ids.len(), 40);
    })
    .await;
}
