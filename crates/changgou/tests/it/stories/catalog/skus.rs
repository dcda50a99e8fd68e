//! The catalogue: what buyers find, and what operators change.

use serde_json::{Value, json};

use crate::support::shop::{Person, Shop};

async fn sells(operator: &Person, name: &str, name_en: &str) -> String {
    let sku = json!({ "name": name, "nameEn": name_en, "price": 100, "num": 5 });
    let sku = operator.post("/api/sku", sku).await.ok();
    sku["id"].as_str().unwrap().to_owned()
}

/// The ids a search finds.
async fn found(shop: &Shop, query: &str) -> Vec<String> {
    let request = shop.stranger().request(reqwest::Method::GET, "/api/sku").query(&[("q", query)]);
    let page = crate::support::shop::read(request).await.ok();
    let list = page["list"].as_array().unwrap();
    assert_eq!(page["total"], list.len());
    list.iter().map(|sku| sku["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn any_part_of_a_name_finds_it_in_both_languages() {
    Shop::run(async |shop| {
        let operator = shop.operator().await;
        let phone = sells(&operator, "云雀 X23 智能手机", "Lark X23 Smartphone").await;
        let case = sells(&operator, "云雀 手机壳", "Lark Phone Case").await;
        for (query, wanted) in [
            ("云", vec![&phone, &case]),
            ("手机", vec![&phone, &case]),
            ("智能手机", vec![&phone]),
            ("机壳 云雀", vec![&case]),
            ("x2", vec![&phone]),
            ("LARK smart", vec![&phone]),
            ("phone case", vec![&case]),
            ("手机 平板", vec![]),
        ] {
            assert_eq!(found(shop, query).await.iter().collect::<Vec<_>>(), wanted, "{query}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signs_with_a_meaning_to_sql_mean_nothing_to_a_search() {
    Shop::run(async |shop| {
        let operator = shop.operator().await;
        sells(&operator, "云雀 手机", "Lark").await;
        for query in ["%", "_", "'", "\"", "%%%", "a' or 1=1 --", "\\", "手%", "手' or '1'='1"] {
            let all = found(shop, query).await;
            let harmless = query.contains('手') || all.is_empty();
            assert!(harmless, "{query} found {all:?}");
        }
        let control = shop.stranger().get("/api/sku?q=%00").await;
        assert_eq!(control.refused(), (400, "bad_request"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_paged_without_gaps_or_repeats() {
    Shop::run(async |shop| {
        let skus = shop.skus(7, 1).await;
        let mut seen = Vec::new();
        for page in 1..=4 {
            let page = shop.stranger().get(&format!("/api/sku?page={page}&size=3")).await.ok();
            assert_eq!(page["total"], 7);
            let list = page["list"].as_array().unwrap().clone();
            seen.extend(list.iter().map(|sku| sku["id"].as_str().unwrap().to_owned()));
        }
        assert_eq!(seen, skus);
        for wrong in [
            "page=0",
            "page=-1",
            "page=10001",
            "size=0",
            "size=101",
            "page=1.5",
            "size=",
            "page=99999999999999999999",
        ] {
            let reply = shop.stranger().get(&format!("/api/sku?{wrong}")).await;
            assert_eq!(reply.refused(), (400, "bad_request"), "{wrong}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_off_the_shelf_is_shown_but_not_found_and_what_is_deleted_is_gone() {
    Shop::run(async |shop| {
        let operator = shop.operator().await;
        let sku = sells(&operator, "旧款手表", "Old watch").await;
        let path = format!("/api/sku/{sku}");
        operator.put(&path, json!({ "status": "2" })).await.ok();
        assert_eq!(shop.stranger().get(&path).await.ok()["status"], "2");
        assert!(found(shop, "手表").await.is_empty());
        operator.put(&path, json!({ "status": "1" })).await.ok();
        assert_eq!(found(shop, "手表").await, [sku]);
        operator.put(&path, json!({ "status": "3" })).await.ok();
        assert_eq!(shop.stranger().get(&path).await.refused(), (404, "not_found"));
        assert!(found(shop, "手表").await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_name_is_found_and_the_old_one_forgotten() {
    Shop::run(async |shop| {
        let operator = shop.operator().await;
        let sku = sells(&operator, "蓝色雨伞", "Umbrella").await;
        operator.put(&format!("/api/sku/{sku}"), json!({ "name": "红色阳伞" })).await.ok();
        assert!(found(shop, "雨伞").await.is_empty());
        assert_eq!(found(shop, "阳伞").await, [sku]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_changes_price_and_stock_and_the_ledger_knows() {
    Shop::run(async |shop| {
        let (operator, sku) = (shop.operator().await, shop.sku(10).await);
        let path = format!("/api/sku/{sku}");
        let changed = operator.put(&path, json!({ "price": 1, "num": 3 })).await.ok();
        assert_eq!((&changed["price"], &changed["num"]), (&json!(1), &json!(3)));
        operator.put(&path, json!({ "num": 2_147_483_647 })).await.ok();
        let moved = format!("select kind, num from stock_movement where sku_id = {sku} order by ref");
        let moved = shop.rows::<(String, i64)>(&moved).await;
        let word = |kind: &str, num| (kind.to_owned(), num);
        assert_eq!(moved, [word("opening", 10), word("adjust", -7), word("adjust", 2_147_483_644)]);
        let before = shop.all_rows().await;
        for wrong in [
            json!({ "num": -1 }),
            json!({ "num": 2_147_483_648_i64 }),
            json!({ "num": 1.5 }),
            json!({ "num": "3" }),
            json!({ "price": -1 }),
            json!({ "price": 2_147_483_648_i64 }),
            json!({ "price": 9.99 }),
            json!({ "status": "4" }),
            json!({ "name": "" }),
            json!({ "name": "长".repeat(201) }),
            json!({ "saleNum": 9 }),
        ] {
            let reply = operator.put(&path, wrong.clone()).await;
            assert_eq!(reply.refused(), (400, "bad_request"), "{wrong}");
        }
        let again =
            operator.post("/api/sku", json!({ "id": sku, "name": "again", "price": 1, "num": 1 })).await;
        assert_eq!(again.refused(), (409, "id_taken"));
        assert_eq!(shop.all_rows().await, before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn buyers_cannot_do_what_operators_can() {
    Shop::run(async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        buyer.puts_in_cart(&sku, 1).await;
        let order = buyer.orders().await;
        buyer.puts_in_cart(&sku, 1).await;
        let before = shop.all_rows().await;
        let parcel = json!([{ "id": order["id"], "shippingName": "SF", "shippingCode": "1" }]);
        let take = format!("/api/sku/decr/count?username={}", buyer.name);
        for reply in [
            buyer.post("/api/sku", json!({ "name": "mine", "price": 1, "num": 1 })).await,
            buyer.put(&format!("/api/sku/{sku}"), json!({ "price": 1 })).await,
            buyer.post(&take, Value::Null).await,
            buyer.post("/api/user/points/add?points=1", Value::Null).await,
            buyer.get("/api/user/points/add?points=1").await,
            buyer.post("/api/order/batchSend", parcel).await,
            buyer.get("/api/admin/payment/flags").await,
        ] {
            assert_eq!(reply.refused(), (403, "forbidden"));
            assert_eq!(reply.json["code"], 20003);
        }
        assert_eq!(shop.all_rows().await, before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn taking_a_cart_out_of_the_stock_is_all_or_nothing() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(1).await;
        let skus = shop.skus(2, 3).await;
        let take = format!("/api/sku/decr/count?username={}", buyers[0].name);
        let empty = operator.post(&take, Value::Null).await;
        assert_eq!(empty.refused(), (409, "cart_empty"));
        buyers[0].puts_in_cart(&skus[0], 2).await;
        buyers[0].puts_in_cart(&skus[1], 4).await;
        let short = operator.post(&take, Value::Null).await;
        assert_eq!(short.refused(), (409, "stock_short"));
        assert_eq!(short.json["data"]["items"][0]["skuId"], skus[1].as_str());
        assert_eq!(buyers[0].stock_of(&skus[0]).await, (3, 0));
        buyers[0].puts_in_cart(&skus[1], 3).await;
        assert_eq!(operator.post(&take, Value::Null).await.ok()["num"], 5);
        assert_eq!(buyers[0].stock_of(&skus[0]).await, (1, 2));
        assert_eq!(buyers[0].stock_of(&skus[1]).await, (0, 3));
    })
    .await;
}
