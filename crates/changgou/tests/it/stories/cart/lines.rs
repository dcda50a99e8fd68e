//! The cart.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::shop::{Person, Reply, Shop, read};
use crate::support::snapshot::same_json;

async fn put(buyer: &Person, sku: &str, num: &str) -> Reply {
    buyer.post(&format!("/api/cart/add?id={sku}&num={num}"), Value::Null).await
}

async fn lines(buyer: &Person) -> Vec<Value> {
    buyer.get("/api/cart/list").await.ok().as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn adding_sets_the_quantity_and_zero_or_less_removes_the_line() {
    Shop::run(async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        put(&buyer, &sku, "2").await.ok();
        put(&buyer, &sku, "3").await.ok();
        let line = &lines(&buyer).await[0];
        assert_eq!((&line["skuId"], &line["num"]), (&json!(sku), &json!(3)), "set, not added");
        same_json("cart_line", line);
        for gone in ["0", "-1", "-9223372036854775808"] {
            put(&buyer, &sku, "1").await.ok();
            put(&buyer, &sku, gone).await.ok();
            assert!(lines(&buyer).await.is_empty(), "{gone}");
        }
        put(&buyer, &sku, "1").await.ok();
        buyer.delete(&format!("/api/cart/{sku}")).await.ok();
        buyer.delete(&format!("/api/cart/{sku}")).await.ok();
        assert!(lines(&buyer).await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_selection_lasts_until_the_quantity_is_set_again() {
    Shop::run(async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        put(&buyer, &sku, "1").await.ok();
        let select = |value: &str| format!("/api/cart/{sku}/selected?value={value}");
        buyer.put(&select("false"), Value::Null).await.ok();
        assert_eq!(lines(&buyer).await[0]["selected"], false);
        buyer.put(&select("1"), Value::Null).await.ok();
        assert_eq!(lines(&buyer).await[0]["selected"], true);
        buyer.put(&select("0"), Value::Null).await.ok();
        put(&buyer, &sku, "2").await.ok();
        assert_eq!(lines(&buyer).await[0]["selected"], true);
        for wrong in ["", "yes", "2", "TRUE"] {
            let reply = buyer.put(&select(wrong), Value::Null).await;
            assert_eq!(reply.refused(), (400, "bad_request"), "{wrong}");
        }
        let absent = buyer.put("/api/cart/1/selected?value=true", Value::Null).await;
        assert_eq!(absent.refused(), (404, "not_found"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cart_shows_changes_of_its_skus() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(1).await;
        let (buyer, skus) = (&buyers[0], shop.skus(3, 5).await);
        put(buyer, &skus[0], "6").await.ok();
        put(buyer, &skus[1], "1").await.ok();
        put(buyer, &skus[2], "1").await.ok();
        operator.put(&format!("/api/sku/{}", skus[1]), json!({ "price": 99 })).await.ok();
        operator.put(&format!("/api/sku/{}", skus[2]), json!({ "status": "2" })).await.ok();
        // The first is short, the second has another price, the third is off the shelf.
        same_json("cart_with_changed_skus", &json!(lines(buyer).await));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sku_that_cannot_be_bought_cannot_be_added() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(1).await;
        let (buyer, sku) = (&buyers[0], shop.sku(5).await);
        let path = format!("/api/sku/{sku}");
        operator.put(&path, json!({ "status": "2" })).await.ok();
        let reply = put(buyer, &sku, "1").await;
        assert_eq!(reply.refused(), (409, "off_shelf"));
        assert_eq!(reply.json["data"]["items"][0]["skuId"], sku.as_str());
        operator.put(&path, json!({ "status": "3" })).await.ok();
        assert_eq!(put(buyer, &sku, "1").await.refused(), (404, "not_found"));
        assert_eq!(put(buyer, "9223372036854775807", "1").await.refused(), (404, "not_found"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_numbers_are_refused_and_nothing_changes() {
    Shop::run(async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(5).await);
        put(&buyer, &sku, "2").await.ok();
        let before = shop.all_rows().await;
        for num in [
            "1000",
            "2147483647",
            "2147483648",
            "9223372036854775807",
            "9223372036854775808",
            "1.5",
            "",
            "1e2",
            "0x1",
            "%EF%BC%91",
            "1%00",
            "NaN",
            "1,0",
            "1%20",
        ] {
            assert_eq!(put(&buyer, &sku, num).await.refused(), (400, "bad_request"), "num {num}");
        }
        for id in ["", "-1", "1.5", "9223372036854775808", "abc", "1%20or%201=1", "+1"] {
            assert_eq!(put(&buyer, id, "1").await.refused(), (400, "bad_request"), "id {id}");
        }
        for query in ["", "id=1", "num=1", "id=1&num=1&num=2", "id=1&num=1&price=1"] {
            let reply = buyer.post(&format!("/api/cart/add?{query}"), Value::Null).await;
            assert_eq!(reply.refused(), (400, "bad_request"), "{query}");
        }
        assert_eq!(shop.all_rows().await, before);
        put(&buyer, &sku, "999").await.ok();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cart_holds_a_hundred_skus() {
    Shop::run(async |shop| {
        let (buyer, skus) = (shop.buyer().await, shop.skus(101, 5).await);
        for sku in &skus[..100] {
            put(&buyer, sku, "1").await.ok();
        }
        assert_eq!(put(&buyer, &skus[100], "1").await.refused(), (409, "cart_full"));
        put(&buyer, &skus[0], "2").await.ok();
        buyer.delete(&format!("/api/cart/{}", skus[1])).await.ok();
        put(&buyer, &skus[100], "1").await.ok();
        let order = buyer.orders().await;
        assert_eq!(order["items"].as_array().unwrap().len(), 100);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_buyer_sees_only_their_own_cart() {
    Shop::run(async |shop| {
        let (_, buyers) = shop.people(2).await;
        let sku = shop.sku(5).await;
        put(&buyers[0], &sku, "1").await.ok();
        assert!(lines(&buyers[1]).await.is_empty());
        buyers[1].delete(&format!("/api/cart/{sku}")).await.ok();
        assert_eq!(lines(&buyers[0]).await.len(), 1);
    })
    .await;
}

/// A request with the login cookie instead of the header, and one more header.
async fn with_cookie(buyer: &Person, method: Method, path: &str, header: (&str, &str)) -> Reply {
    let (cookie, stranger) = (format!("Authorization={}", buyer.token), buyer.with_token(""));
    let request = stranger.request(method, path).header("cookie", cookie);
    read(request.header(header.0, header.1)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_on_another_site_changes_no_cart() {
    Shop::run(async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(5).await);
        let path = format!("/api/cart/add?id={sku}&num=1");
        let ours = format!("http://{}", shop.running.address);
        for (method, header) in [
            (Method::GET, ("accept", "*/*")),
            (Method::GET, ("sec-fetch-site", "same-origin")),
            (Method::HEAD, ("accept", "*/*")),
            (Method::POST, ("origin", "https://evil.example")),
            (Method::POST, ("origin", "null")),
            (Method::POST, ("origin", "")),
            (Method::POST, ("sec-fetch-site", "cross-site")),
            (Method::POST, ("sec-fetch-site", "same-site")),
        ] {
            let reply = with_cookie(&buyer, method.clone(), &path, header).await;
            // HEAD changes nothing for any caller.
            let refused = if method == Method::HEAD { 405 } else { 403 };
            assert_eq!(reply.status.as_u16(), refused, "{method} {header:?}");
            assert!(lines(&buyer).await.is_empty(), "{method} {header:?}");
        }
        for header in [("origin", ours.as_str()), ("sec-fetch-site", "same-origin"), ("accept", "*/*")] {
            with_cookie(&buyer, Method::POST, &path, header).await.ok();
            assert_eq!(lines(&buyer).await.len(), 1, "{header:?}");
            put(&buyer, &sku, "0").await.ok();
        }
        let by_bearer = buyer.request(Method::GET, &path).header("origin", "https://evil.example");
        read(by_bearer).await.ok();
        assert_eq!(lines(&buyer).await.len(), 1, "another site cannot send the header");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_is_enough_for_reading() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(1).await;
        for (person, path) in [(&buyers[0], "/api/cart/list"), (&operator, "/api/admin/payment/flags")] {
            with_cookie(person, Method::GET, path, ("sec-fetch-site", "cross-site")).await.ok();
        }
        let change = format!("/api/user/points/add?username={}&points=1", buyers[0].name);
        let reply = with_cookie(&operator, Method::GET, &change, ("accept", "*/*")).await;
        assert_eq!(reply.refused(), (403, "forbidden"));
    })
    .await;
}
