//! A buyer cancels an order, perhaps while a payment is under way.

use std::time::Duration;

use serde_json::json;

use crate::support::orders::{is_closed_and_returned, is_kept};
use crate::support::shop::Shop;
use crate::support::wechat::text;

const HOUR: Duration = Duration::from_secs(3600);
const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_buyer_cancels_and_once_is_enough() {
    Shop::run(async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        let order = buyer.buys(&sku, 2).await;
        let code = buyer.asks_for_code(&order).await;
        for _ in 0..2 {
            let cancelled = buyer.cancels(&order).await;
            assert_eq!(cancelled.status, 200);
            assert_eq!(cancelled.ok()["orderStatus"], "3");
        }
        is_closed_and_returned(&buyer, &order, &sku, (10, 0)).await;
        assert_eq!(buyer.order(&order).await["closeReason"], "buyer");
        assert_eq!(buyer.payment_status(&order).await["trade_state"], "CLOSED");
        assert_eq!(buyer.history(&order).await, ["placed", "closed"]);
        assert!(!shop.phone_tries(&text(&code["code_url"])).await);
        shop.pass(2 * HOUR).await;
        is_closed_and_returned(&buyer, &order, &sku, (10, 0)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_31_a_cancellation_survives_a_wechat_that_does_not_answer() {
    Shop::run(async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        let order = buyer.buys(&sku, 2).await;
        buyer.asks_for_code(&order).await;
        shop.always("closeorder", "http_500").await;
        for _ in 0..2 {
            let cancelled = buyer.cancels(&order).await;
            assert_eq!(cancelled.status, 202, "accepted, not done");
            assert_eq!(cancelled.ok()["orderStatus"], "0");
        }
        shop.pass(SECOND).await;
        is_kept(&buyer, &order, &sku, (8, 2)).await;
        shop.clears_faults().await;
        shop.pass(10 * SECOND).await;
        is_closed_and_returned(&buyer, &order, &sku, (10, 0)).await;
        assert_eq!(buyer.order(&order).await["closeReason"], "buyer");
    })
    .await;
}

/// The buyer pays after all before WeChat confirms the close: the payment wins.
#[tokio::test(flavor = "multi_thread")]
async fn case_32_an_order_that_is_paid_while_it_is_being_closed_is_paid() {
    Shop::run(async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        let order = buyer.buys(&sku, 2).await;
        let code = buyer.asks_for_code(&order).await;
        shop.always("closeorder", "system_error_before").await;
        assert_eq!(buyer.cancels(&order).await.status, 202);
        shop.phone_pays(&text(&code["code_url"])).await;
        shop.clears_faults().await;
        shop.pass(2 * HOUR).await;
        assert!(buyer.is_paid(&order).await);
        assert_eq!(buyer.stock_of(&sku).await, (8, 2));
        assert_eq!(buyer.points().await, 10);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_paid_or_on_its_way_is_not_cancelled() {
    Shop::run(async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        let paid = buyer.buys(&sku, 1).await;
        let code = buyer.asks_for_code(&paid).await;
        shop.phone_pays(&text(&code["code_url"])).await;
        assert_eq!(buyer.cancels(&paid).await.refused(), (409, "wrong_state"));

        let parcel = json!([{ "id": paid["id"], "shippingName": "顺丰", "shippingCode": "SF1" }]);
        let operator = shop.operator().await;
        operator.post("/api/order/batchSend", parcel).await.ok();
        assert_eq!(buyer.cancels(&paid).await.refused(), (409, "wrong_state"));
        assert_eq!(buyer.stock_of(&sku).await, (9, 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_18_cancelling_and_paying_at_once_end_in_one_of_the_two() {
    Shop::run(async |shop| {
        let (_, buyers) = shop.people(40).await;
        let sku = shop.sku(100).await;
        let mut paid = 0;
        for (round, buyer) in buyers.iter().enumerate() {
            let order = buyer.buys(&sku, 1).await;
            let code = text(&buyer.asks_for_code(&order).await["code_url"]);
            // The phone's head start grows from round to round, so that each side wins sometimes.
            let head_start = Duration::from_micros(60 * u64::try_from(round).unwrap());
            let pay = async {
                let went_through = shop.phone_tries(&code).await;
                shop.deliver().await;
                went_through
            };
            let cancel = async {
                tokio::time::sleep(head_start).await;
                buyer.cancels(&order).await
            };
            let (went_through, cancelled) = tokio::join!(pay, cancel);
            assert!([200, 409].contains(&cancelled.status.as_u16()), "{cancelled:?}");
            assert_eq!(buyer.is_paid(&order).await, went_through);
            assert_eq!(buyer.is_closed(&order).await, !went_through);
            assert_eq!(buyer.points().await, if went_through { 10 } else { 0 });
            paid += i64::from(went_through);
        }
        assert_eq!(shop.stranger().stock_of(&sku).await, (100 - paid, paid));
        assert!(shop.flags().await.is_empty());
    })
    .await;
}
