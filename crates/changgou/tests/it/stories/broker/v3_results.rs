//! Payments by API v3 in the queue of payment results, on a real RabbitMQ. Without `TEST_AMQP_URL` these tests do
//! nothing.

use serde_json::json;

use crate::support::notice_target::Target;
use crate::support::rabbitmq::{Rabbit, ResultConsumer, json as read};
use crate::support::shop::{Platform, Shop};
use crate::support::wechat::text;

async fn with_rabbit(story: impl AsyncFnOnce(&Shop, &Rabbit)) {
    if crate::support::rabbitmq::fresh().is_none() {
        return;
    }
    Shop::run_v3(Platform::PublicKey, async |shop| {
        let rabbit = Rabbit::at(shop.running.app.settings.amqp.as_ref().unwrap()).await;
        story(shop, &rabbit).await;
        rabbit.leaves().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_v3_payment_is_published_in_the_format_of_v2_and_has_no_effect_when_consumed() {
    with_rabbit(async |shop, rabbit| {
        let target = Target::of(shop).await;
        let trade = shop.phone_pays(&text(&shop.trade(&target.number).await["code_url"])).await;
        shop.work().await;
        rabbit.until_depth("queue.order", 1).await;
        let fields = read(&rabbit.takes("queue.order").await.unwrap().data);
        let fee = target.fen.to_string();
        for (name, value) in [
            ("return_code", "SUCCESS"),
            ("result_code", "SUCCESS"),
            ("out_trade_no", &target.number),
            ("total_fee", &fee),
            ("trade_type", "NATIVE"),
        ] {
            assert_eq!(fields[name], value, "{fields}");
        }
        assert_eq!(fields["transaction_id"], trade["transaction_id"]);
        assert!(fields.get("sign").is_none(), "{fields}");

        rabbit.sends_result(&fields.to_string()).await;
        ResultConsumer::takes_all(shop, rabbit).await;
        assert_eq!(rabbit.depth("queue.order.dead").await, 1, "the last alone");
        assert_eq!(target.buyer.history(&target.order).await, ["placed", "paid"]);
    })
    .await;
}

/// The result only says what to query; WeChat's answer decides.
#[tokio::test(flavor = "multi_thread")]
async fn a_result_counts_only_if_wechat_confirms_it() {
    with_rabbit(async |shop, rabbit| {
        let (forged, told) = (Target::of(shop).await, Target::of(shop).await);
        shop.always("notice", "drop").await;
        shop.phone_pays(&text(&shop.trade(&told.number).await["code_url"])).await;
        for target in [&forged, &told] {
            let result =
                json!({ "return_code": "SUCCESS", "result_code": "SUCCESS", "out_trade_no": target.number });
            rabbit.sends_result(&result.to_string()).await;
        }
        ResultConsumer::takes_all(shop, rabbit).await;
        assert!(forged.buyer.is_waiting(&forged.order).await);
        assert!(told.buyer.is_paid(&told.order).await);
        assert_eq!(rabbit.depth("queue.order.dead").await, 2, "the forged one and the last");
    })
    .await;
}
