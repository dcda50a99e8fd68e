//! The address book.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::shop::{Person, Shop, read};
use crate::support::snapshot::same_json;

fn words(alias: &str) -> Value {
    json!({
        "provinceid": "310000", "cityid": "310100", "areaid": "310115",
        "phone": "13900139000", "address": "碧波路 690 号", "contact": "李想", "alias": alias,
    })
}

async fn newcomer(shop: &Shop) -> Person {
    let buyer = shop.buyer().await;
    shop.sql("delete from tb_address").await;
    buyer
}

/// The aliases of the list, the default with a star.
async fn listed(buyer: &Person) -> Vec<String> {
    let list = buyer.get("/api/address/user/list").await.ok();
    let word = |address: &Value| {
        let star = if address["isDefault"] == "1" { "*" } else { "" };
        format!("{}{star}", address["alias"].as_str().unwrap_or("-"))
    };
    list.as_array().unwrap().iter().map(word).collect()
}

async fn adds(buyer: &Person, alias: &str) -> String {
    let added = buyer.post("/api/address", words(alias)).await.ok();
    format!("/api/address/{}", added["id"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_address_is_the_default_and_the_default_leads_the_list() {
    Shop::run(async |shop| {
        let buyer = newcomer(shop).await;
        adds(&buyer, "家").await;
        let work = adds(&buyer, "公司").await;
        adds(&buyer, "父母").await;
        assert_eq!(listed(&buyer).await, ["家*", "公司", "父母"]);
        buyer.put(&format!("{work}/default"), Value::Null).await.ok();
        assert_eq!(listed(&buyer).await, ["公司*", "家", "父母"]);
        let mut given = words("学校");
        given["isDefault"] = json!("1");
        buyer.post("/api/address", given).await.ok();
        assert_eq!(listed(&buyer).await, ["学校*", "家", "公司", "父母"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn taking_the_default_away_passes_it_on() {
    Shop::run(async |shop| {
        let buyer = newcomer(shop).await;
        let (home, work) = (adds(&buyer, "家").await, adds(&buyer, "公司").await);
        buyer.delete(&home).await.ok();
        assert_eq!(listed(&buyer).await, ["公司*"]);
        assert_eq!(buyer.delete(&home).await.refused(), (404, "not_found"));
        buyer.delete(&work).await.ok();
        assert!(listed(&buyer).await.is_empty());
        adds(&buyer, "新家").await;
        assert_eq!(listed(&buyer).await, ["新家*"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_reads_as_it_is_printed_on_a_parcel() {
    Shop::run(async |shop| {
        let buyer = newcomer(shop).await;
        let path = adds(&buyer, " 公司 ").await;
        let mut given = words("");
        given["address"] = json!("  张江路 1 号 ");
        buyer.put(&path, given).await.ok();
        let kept = buyer.get(&path).await.ok();
        assert_eq!(kept["fullAddress"], "上海市浦东新区张江路 1 号");
        assert_eq!(kept["username"], buyer.name.as_str());
        same_json("address", &kept);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_or_touches_anothers_address() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(2).await;
        let path = adds(&buyers[0], "家").await;
        let before = shop.all_rows().await;
        for other in [&buyers[1], &operator] {
            for reply in [
                other.get(&path).await,
                other.put(&path, words("mine")).await,
                other.delete(&path).await,
                other.put(&format!("{path}/default"), Value::Null).await,
            ] {
                assert_eq!(reply.refused(), (404, "not_found"));
                assert_eq!(reply.json["code"], 20006);
            }
        }
        assert_eq!(shop.all_rows().await, before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_leads_nowhere_is_refused() {
    Shop::run(async |shop| {
        let buyer = shop.buyer().await;
        let before = shop.all_rows().await;
        let long = "长".repeat(201);
        for (field, value) in [
            ("provinceid", "440000"),
            ("cityid", "310200"),
            ("areaid", "310100"),
            ("areaid", "999999"),
            ("areaid", ""),
            ("phone", "1234"),
            ("phone", "１３９００１３９０００"),
            ("phone", "13900139000x"),
            ("phone", "139001390001390013900"),
            ("contact", "   "),
            ("contact", "li\u{0}xiang"),
            ("address", ""),
            ("address", &long),
            ("address", "two\nlines"),
            ("alias", &long),
        ] {
            let mut given = words("家");
            given[field] = json!(value);
            let reply = buyer.post("/api/address", given).await;
            assert_eq!(reply.refused(), (400, "bad_request"), "{field} {value:?}");
        }
        assert_eq!(shop.all_rows().await, before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_must_be_given_at_its_own_level() {
    Shop::run(async |shop| {
        let buyer = shop.buyer().await;
        for (province, city, area) in [
            ("310000", "310000", "310000"),
            ("310115", "310115", "310115"),
            ("310000", "310115", "310100"),
            ("310000", "310100", "310100"),
        ] {
            let mut given = words("家");
            for (field, value) in [("provinceid", province), ("cityid", city), ("areaid", area)] {
                given[field] = json!(value);
            }
            let reply = buyer.post("/api/address", given).await;
            assert_eq!(reply.refused(), (400, "bad_request"), "{province} {city} {area}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_that_are_not_the_buyers_to_set_are_refused_by_name() {
    Shop::run(async |shop| {
        let (_, buyers) = shop.people(2).await;
        let path = adds(&buyers[0], "家").await;
        let before = shop.all_rows().await;
        for (field, value) in
            [("username", json!(buyers[1].name)), ("id", json!("1")), ("isdefault", json!("1"))]
        {
            let mut given = words("家");
            given[field] = value;
            for method in [Method::POST, Method::PUT] {
                let to = if method == Method::POST { "/api/address" } else { path.as_str() };
                let reply = read(buyers[0].request(method, to).json(&given)).await;
                assert_eq!(reply.refused(), (400, "bad_request"));
                assert!(reply.json["message"].as_str().unwrap().contains(field), "{reply:?}");
            }
        }
        assert_eq!(shop.all_rows().await, before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_requests_add_no_more_than_fifty_addresses() {
    Shop::run(async |shop| {
        let buyer = newcomer(shop).await;
        let mut all = tokio::task::JoinSet::new();
        for nth in 0..60 {
            let buyer = buyer.clone();
            all.spawn(async move { buyer.post("/api/address", words(&nth.to_string())).await });
        }
        let answers = all.join_all().await;
        let kept = answers.iter().filter(|reply| reply.status.is_success()).count();
        assert_eq!(kept, 50);
        let list = listed(&buyer).await;
        assert_eq!(list.iter().filter(|alias| alias.ends_with('*')).count(), 1, "{list:?}");
        let more = buyer.post("/api/address", words("51")).await;
        assert_eq!(more.refused(), (400, "bad_request"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_regions_is_read_level_by_level() {
    Shop::run(async |shop| {
        let stranger = shop.stranger();
        let provinces = stranger.get("/api/provinces").await.ok();
        let guangdong = json!({ "provinceid": "440000", "province": "广东省" });
        assert!(provinces.as_array().unwrap().contains(&guangdong));
        let cities = stranger.get("/api/cities?provinceid=440000").await.ok();
        let shenzhen = json!({ "cityid": "440300", "city": "深圳市", "provinceid": "440000" });
        assert!(cities.as_array().unwrap().contains(&shenzhen));
        let areas = stranger.get("/api/areas?cityid=440300").await.ok();
        let nanshan = json!({ "areaid": "440305", "area": "南山区", "cityid": "440300" });
        assert!(areas.as_array().unwrap().contains(&nanshan));
        for nowhere in ["/api/cities?provinceid=99", "/api/areas?cityid=%E5%B9%BF", "/api/areas?cityid="] {
            assert_eq!(stranger.get(nowhere).await.ok(), json!([]), "{nowhere}");
        }
        assert_eq!(stranger.get("/api/cities").await.refused(), (400, "bad_request"));
    })
    .await;
}
