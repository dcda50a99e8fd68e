//! Refunds by API v3.

use std::time::Duration;

use changgou::domain::money::Fen;
use changgou::infra::gateway::{RefundCall, RefundCallRequest, RefundProgress};
use serde_json::{Value, json};

use crate::support::notice_target::Target;
use crate::support::shop::{Platform, Shop};
use crate::support::wechat::{V3_NOTICES, text};

const PINNED: &str = "WECHATPAY2-SHA256-RSA2048";

async fn paid(shop: &Shop) -> Target {
    let target = Target::of(shop).await;
    shop.phone_pays(&text(&shop.trade(&target.number).await["code_url"])).await;
    assert!(target.buyer.is_paid(&target.order).await);
    target
}

/// The request for a refund of this amount.
fn request(shop: &Shop, target: &Target, number: &str, fen: i64) -> String {
    let ask = RefundCallRequest {
        out_trade_no: &target.number,
        out_refund_no: number,
        total_fee: Fen(target.fen),
        refund_fee: Fen(fen),
        reason: "商品缺货",
        notify_url: &shop.running.app.settings.wechat_v3_notify_url,
        sign_type: PINNED,
    };
    shop.running.app.gateway.refund_request(&ask).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_goes_from_accepted_to_its_end() {
    Shop::run_v3(Platform::Certificates, async |shop| {
        let (gateway, target) = (&shop.running.app.gateway, paid(shop).await);
        assert!(matches!(gateway.query_refund("R1", PINNED).await, RefundProgress::Missing));
        let bytes = request(shop, &target, "R1", 100);
        let RefundCall::Accepted { refund_id } = gateway.refund(&bytes, PINNED).await else { panic!("R1") };
        let RefundCall::Accepted { refund_id: again } = gateway.refund(&bytes, PINNED).await else {
            panic!("R1 again")
        };
        assert_eq!(refund_id, again);
        assert!(matches!(gateway.query_refund("R1", PINNED).await, RefundProgress::Processing(_)));
        shop.wechat.advance(Duration::from_secs(1)).await;
        let RefundProgress::Done(facts) = gateway.query_refund("R1", PINNED).await else { panic!("done") };
        assert_eq!((facts.refund_fee, &facts.out_trade_no), (Fen(100), &target.number));
        assert!(facts.arrived.is_some());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_refund_failure_has_its_own_outcome() {
    Shop::run_v3(Platform::PublicKey, async |shop| {
        let (gateway, target) = (&shop.running.app.gateway, paid(shop).await);
        let faults = [
            json!({ "on": "refund", "kind": "refuse", "code": "NOTENOUGH", "times": 1 }),
            json!({ "on": "refund", "kind": "system_error_after", "times": 1 }),
            json!({ "on": "refund", "kind": "ends_abnormal", "times": 1 }),
            json!({ "on": "refund", "kind": "ends_closed", "times": 1 }),
        ];
        shop.faults(json!(faults)).await;
        let of = |number: &str, fen| request(shop, &target, number, fen);
        assert!(matches!(gateway.refund(&of("R1", 1), PINNED).await, RefundCall::Later(_)));
        assert!(matches!(gateway.refund(&of("R2", 1), PINNED).await, RefundCall::Unknown(_)));
        assert!(matches!(gateway.query_refund("R2", PINNED).await, RefundProgress::Processing(_)));
        assert!(matches!(gateway.refund(&of("R3", 1), PINNED).await, RefundCall::Accepted { .. }));
        assert!(matches!(gateway.refund(&of("R4", 1), PINNED).await, RefundCall::Accepted { .. }));
        shop.wechat.advance(Duration::from_secs(1)).await;
        assert!(matches!(gateway.query_refund("R3", PINNED).await, RefundProgress::Abnormal(_)));
        assert!(matches!(gateway.query_refund("R4", PINNED).await, RefundProgress::Closed(_)));
        let too_much = gateway.refund(&of("R5", target.fen), PINNED).await;
        assert!(matches!(too_much, RefundCall::Refused(_)), "{too_much:?}");
    })
    .await;
}

/// The shop queries a refund it was notified of, by the API of its payment.
#[tokio::test(flavor = "multi_thread")]
async fn a_refund_of_the_shop_is_notified_and_done() {
    Shop::run_v3(Platform::PublicKey, async |shop| {
        let target = paid(shop).await;
        let path = format!("/api/admin/order/{}/refund", text(&target.order["id"]));
        shop.operator().await.post(&path, json!({ "amount": 100, "reason": "少发一件" })).await.ok();
        shop.work().await;
        shop.wechat.advance(Duration::from_secs(1)).await;
        let told = shop.deliveries(&target.number).await.remove(0);
        assert_eq!(
            (&told["about"], &told["status"]),
            (&Value::from("refund"), &Value::from(204)),
            "{told:#}"
        );
        assert!(text(&told["url"]).ends_with(V3_NOTICES));
        let states = shop.rows::<(String,)>("select state from payment_refund").await;
        assert_eq!(states, [("done".to_owned(),)]);
    })
    .await;
}
