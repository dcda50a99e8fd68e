//! A broker that is down or refuses the shop: events are late, none is lost, and the shop stays open.

use changgou::flow::relay;
use changgou::infra::settings::AmqpSettings;
use serde_json::Value;

use crate::support::program::Place;
use crate::support::rabbitmq;
use crate::support::shop::Shop;

/// Nobody listens there.
fn nowhere() -> Option<AmqpSettings> {
    let probe = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("amqp://shop:hunter2@{}/%2f", probe.local_addr().unwrap());
    Some(AmqpSettings { url, prefix: String::new() })
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_broker_a_shop_opens_sells_and_keeps_its_events() {
    Shop::run_with(
        |settings| settings.amqp = nowhere(),
        async |shop| {
            let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
            let order = buyer.buys(&sku, 1).await;
            let code = buyer.asks_for_code(&order).await;
            shop.phone_pays(code["code_url"].as_str().unwrap()).await;
            shop.work().await;
            assert!(buyer.is_paid(&order).await);
            let waiting = relay::backlog(&shop.running.app.db, shop.running.app.now()).await.unwrap();
            assert_eq!(waiting.messages, 3, "placed, paid and the payment's result");

            let ready = shop.http.get(shop.url("/readyz")).send().await.unwrap();
            assert_eq!(ready.status(), 200);
            let ready = ready.text().await.unwrap();
            assert_eq!(ready, "ready\nbroker: degraded (away), events are late\n");
            let metrics = shop.http.get(shop.url("/metrics")).send().await.unwrap().text().await.unwrap();
            assert!(metrics.contains("changgou_outbox_waiting"), "{metrics}");
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_for_a_broker_that_is_not_there() {
    Shop::run_with(
        |settings| settings.amqp = None,
        async |shop| {
            let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
            let order = buyer.buys(&sku, 1).await;
            let code = buyer.asks_for_code(&order).await;
            shop.phone_pays(code["code_url"].as_str().unwrap()).await;
            buyer.put(&format!("/api/order/{}/cancel", order["id"].as_str().unwrap()), Value::Null).await;
            assert_eq!(shop.rows::<(i64,)>("select count(*) from outbox").await, [(0,)]);
        },
    )
    .await;
}

#[test]
fn unusable_broker_settings_are_reported() {
    let place = Place::new();
    for (args, word) in [
        (vec!["serve", "--amqp-url", "http://mq.example"], "setting amqp_url"),
        (vec!["serve", "--amqp-url", "amqp://shop:hunter2@"], "no host"),
        (vec!["config", "--amqp-prefix", "a b"], "setting amqp_prefix"),
        (vec!["queue", "status"], "amqp_url"),
    ] {
        let complaint = place.complains(&args);
        assert!(complaint.contains(word) && !complaint.contains("hunter2"), "{args:?}: {complaint}");
    }
    let shown = place.says(&["config", "--amqp-url", "amqp://shop:hunter2@mq.example"]);
    assert!(
        shown.contains("amqp_url = \"amqp://(hidden)@mq.example\"") && !shown.contains("hunter2"),
        "{shown}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_refuses_the_shop_ends_the_start() {
    let Some(amqp) = rabbitmq::fresh() else { return };
    let (scheme, rest) = amqp.url.split_once("://").unwrap();
    let host = rest.rsplit('@').next().unwrap().split('/').next().unwrap();
    let place = Place::new();
    let listen = ["--listen=127.0.0.1:0", "--simulator-listen=127.0.0.1:0"];
    for url in [format!("{scheme}://nobody:hunter2@{host}/%2f"), format!("{scheme}://{host}/no-such-vhost")] {
        let complaint = place.complains(&["serve", listen[0], listen[1], "--amqp-url", &url]);
        assert!(complaint.contains("the broker: amqp") && !complaint.contains("hunter2"), "{complaint}");
    }
}
