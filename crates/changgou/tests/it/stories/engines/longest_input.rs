//! The longest accepted input of every field is stored whole, on every engine, also where the shop puts
//! texts together.

use serde_json::{Value, json};

use crate::support::shop::{Person, Shop};

/// `length` letters of four bytes in UTF-8.
fn letters(length: usize) -> String {
    "𠮷".repeat(length)
}

async fn address(buyer: &Person) -> Value {
    let longest = json!({
        "provinceid": "150000", "cityid": "152900", "areaid": "152921", "phone": "+86 138-0013-8000 00",
        "address": letters(200), "contact": letters(50), "alias": letters(50), "isDefault": "1",
    });
    buyer.post("/api/address", longest).await.ok()
}

async fn sku(operator: &Person) -> String {
    let longest = json!({
        "sn": letters(100), "name": letters(200), "nameEn": letters(200), "price": 10_000, "num": 100,
        "categoryName": letters(200), "brandName": letters(100), "spec": letters(200), "spuId": letters(20),
    });
    operator.post("/api/sku", longest).await.ok()["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_input_of_every_field_is_stored_whole() {
    Shop::run(async |shop| {
        let (buyer, operator) = (shop.buyer().await, shop.operator().await);
        let (address, sku) = (address(&buyer).await, sku(&operator).await);
        assert_eq!((&address["address"], &address["contact"]), (&json!(letters(200)), &json!(letters(50))));
        buyer.puts_in_cart(&sku, 1).await;
        let asked = json!({ "addressId": address["id"], "buyerMessage": letters(1000) });
        let order = buyer.post("/api/order", asked).await.ok();
        assert!(order["receiverAddress"].as_str().unwrap().ends_with(&letters(200)), "{order}");
        assert_eq!(order["buyerMessage"], letters(1000));
        assert_eq!(order["items"][0]["name"], letters(200));
        let code = buyer.asks_for_code(&order).await;
        shop.phone_pays(code["code_url"].as_str().unwrap()).await;
        let parcel = json!([{ "id": order["id"], "shippingName": letters(20), "shippingCode": letters(20) }]);
        operator.post("/api/order/batchSend", parcel).await.ok();
        let refund = json!({ "reason": letters(26) });
        let id = order["id"].as_str().unwrap();
        buyer.post(&format!("/api/order/{id}/refund"), refund).await.ok();
        let denied = json!({ "reason": letters(200) });
        operator.post(&format!("/api/admin/order/{id}/refund/deny"), denied).await.ok();
        let now = buyer.order(&order).await;
        assert_eq!((&now["shippingName"], &now["shippingCode"]), (&json!(letters(20)), &json!(letters(20))));
        closes_with_the_longest_note(&buyer, &operator, &sku).await;
        grants_the_longest_coupon(&buyer, &operator).await;
    })
    .await;
}

async fn closes_with_the_longest_note(buyer: &Person, operator: &Person, sku: &str) {
    let order = buyer.buys(sku, 1).await;
    let path = format!("/api/admin/order/{}/close", order["id"].as_str().unwrap());
    operator.post(&path, json!({ "reason": letters(100) })).await.ok();
}

async fn grants_the_longest_coupon(buyer: &Person, operator: &Person) {
    let name = json!({ "name": letters(100), "nameEn": letters(100) });
    let template = operator.makes_coupons(name).await;
    operator.grants(&template, buyer).await;
    let coupons = buyer.get("/api/coupon/user/list?status=usable").await.ok();
    assert_eq!(coupons[0]["name"], letters(100));
}
