//! The OpenAPI document names every route and every refusal, and the answers match it.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::routes::{in_the_source, without_names};
use crate::support::shop::{Person, Reply, Shop, read};
use crate::support::snapshot::same_lines;

fn described() -> Value {
    serde_json::from_str(changgou::web::openapi_document()).expect("it is JSON")
}

#[test]
fn every_route_is_described() {
    let doc = described();
    let mut routes = BTreeSet::new();
    for (path, methods) in doc["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            routes.insert((method.to_uppercase(), without_names(path)));
        }
    }
    let mut ours = in_the_source();
    ours.retain(|(_, path)| !path.starts_with("/static/"));
    assert_eq!(routes, ours);
}

#[test]
fn every_refusal_is_described() {
    let source = include_str!("../../../../src/domain/reason.rs");
    let words = source.split("=> \"").skip(1).map(|rest| rest.split('"').next().unwrap());
    let words: BTreeSet<&str> = words.chain(["internal_error"]).collect();
    let doc = described();
    let schemas = doc["components"]["schemas"].as_object().unwrap();
    let listed = schemas["Reason"]["enum"].as_array().unwrap();
    assert_eq!(listed.iter().map(|word| word.as_str().unwrap()).collect::<BTreeSet<_>>(), words);
    let refusals = schemas.iter().filter(|(name, _)| name.len() > 7 && name.ends_with("Refusal"));
    let mut told = BTreeSet::new();
    let text = doc.to_string();
    for (name, refusal) in refusals {
        told.insert(refusal["allOf"][1]["properties"]["reason"]["const"].as_str().unwrap());
        assert!(text.contains(&format!("#/components/schemas/{name}\"")), "no route answers with {name}");
    }
    assert_eq!(told, words);
}

#[test]
fn every_reference_resolves_and_every_reason_is_in_both_languages() {
    let doc = described();
    let mut open = vec![&doc];
    while let Some(node) = open.pop() {
        if let Some(target) = node["$ref"].as_str() {
            assert!(doc.pointer(&target[1..]).is_some(), "{target}");
        }
        for name in ["summary", "description"] {
            let Some(words) = node[name].as_str().filter(|words| *words != "OpenAPI 3.1") else { continue };
            let chinese = words.chars().any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter));
            let english = words.chars().any(|letter| letter.is_ascii_alphabetic());
            assert!(chinese && english, "{words}");
        }
        match node {
            Value::Object(fields) => open.extend(fields.values()),
            Value::Array(items) => open.extend(items),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

/// Paths, methods, statuses and schemas; not the texts.
#[tokio::test]
async fn the_outline_of_the_document_is_as_recorded() {
    Shop::run(async |shop| {
        let sent = shop.http.get(shop.url("/api-docs/openapi.json")).send().await.unwrap();
        let document: Value = sent.json().await.unwrap();
        let mut lines = Vec::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                let statuses = operation["responses"].as_object().into_iter().flatten();
                let statuses: Vec<&str> = statuses.map(|(status, _)| status.as_str()).collect();
                lines.push(format!("{} {path} {}", method.to_uppercase(), statuses.join(" ")));
            }
        }
        let schemas = document["components"]["schemas"].as_object().unwrap();
        lines.extend(schemas.keys().map(|name| format!("schema {name}")));
        lines.sort();
        same_lines("openapi_outline", &lines);
    })
    .await;
}

/// Whether a value matches a schema, with the part of JSON Schema that the document uses.
fn fits(doc: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let wrong = |why: &str| Err(format!("{why}: {value} against {schema}"));
    if let Some(target) = schema["$ref"].as_str() {
        fits(doc, doc.pointer(&target[1..]).expect("it leads somewhere"), value)?;
    }
    let list = |name: &str| schema[name].as_array().into_iter().flatten();
    for part in list("allOf") {
        fits(doc, part, value)?;
    }
    for name in ["anyOf", "oneOf"] {
        if schema.get(name).is_some() && list(name).all(|part| fits(doc, part, value).is_err()) {
            return wrong("none of them");
        }
    }
    if schema.get("const").is_some_and(|only| only != value)
        || schema.get("enum").is_some() && list("enum").all(|one| one != value)
    {
        return wrong("another value");
    }
    let is = |kind: &Value| match kind.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("no type {other}"),
    };
    let kind = &schema["type"];
    if !kind.as_array().map_or_else(|| kind.is_null() || is(kind), |kinds| kinds.iter().any(is)) {
        return wrong("another type");
    }
    let number = value.as_i64();
    let bound = |name: &str| schema[name].as_i64().zip(number);
    if bound("minimum").is_some_and(|(least, number)| number < least)
        || bound("maximum").is_some_and(|(most, number)| number > most)
    {
        return wrong("out of bounds");
    }
    if let Some(fields) = value.as_object() {
        if let Some(missing) = list("required").find(|name| !fields.contains_key(name.as_str().unwrap())) {
            return wrong(&format!("without {missing}"));
        }
        for (name, value) in fields {
            match schema["properties"].get(name) {
                Some(schema) => fits(doc, schema, value)?,
                None if schema["additionalProperties"] == false => return wrong(&format!("with {name}")),
                None => {}
            }
        }
    }
    if let (Some(items), Some(of)) = (value.as_array(), schema.get("items")) {
        for item in items {
            fits(doc, of, item)?;
        }
    }
    Ok(())
}

/// Sends a request and checks the answer against the document.
struct Asking {
    doc: Value,
    answers: BTreeSet<(String, u16)>,
}

impl Asking {
    async fn ask(&mut self, who: &Person, method: &str, path: &str, route: &str, body: Value) -> Reply {
        let request = who.request(Method::from_bytes(method.as_bytes()).unwrap(), path);
        let reply = read(if body.is_null() { request } else { request.json(&body) }).await;
        let status = reply.status.as_u16();
        let mut said = &self.doc["paths"][route][method.to_lowercase()]["responses"][status.to_string()];
        if let Some(target) = said["$ref"].as_str() {
            said = self.doc.pointer(&target[1..]).unwrap();
        }
        let schema = &said["content"]["application/json"]["schema"];
        assert!(schema.is_object(), "{method} {route} {status} is not described: {reply:?}");
        fits(&self.doc, schema, &reply.json).unwrap_or_else(|why| panic!("{method} {path}: {why}"));
        let word = reply.json["reason"].as_str().unwrap_or("ok");
        self.answers.insert((word.to_owned(), status));
        reply
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shop_answers_as_described() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(2).await;
        let buyer = &buyers[0];
        let mut asking = Asking { doc: described(), answers: BTreeSet::new() };
        let (templates, settlement) = ("/api/admin/coupon", "/api/order/settlement");
        for template in [
            json!({ "name": "十元", "nameEn": "Ten", "kind": "amount", "amount": 1000, "validDays": 1, "buyerNum": 1,
                    "grantOnPaid": true, "totalNum": 9 }),
            json!({ "name": "九折", "kind": "percent", "percent": 10, "most": 500, "minMoney": 99_900,
                    "scope": "category", "scopeIds": [7], "validTo": "2027-01-01T00:00:00+08:00" }),
            json!({ "name": "早", "kind": "amount", "amount": 1, "validFrom": "2026-12-01T00:00:00Z",
                    "validTo": "2027-01-01T00:00:00Z" }),
        ] {
            asking.ask(&operator, "POST", templates, templates, template).await.ok();
        }
        let all = asking.ask(&operator, "GET", templates, templates, Value::Null).await.ok();
        let mut coupons = Vec::new();
        for template in all.as_array().unwrap() {
            let path = format!("{templates}/{}/grant", template["id"].as_str().unwrap());
            let to = json!({ "username": buyer.name });
            let granted = asking.ask(&operator, "POST", &path, "/api/admin/coupon/{id}/grant", to).await.ok();
            coupons.push(granted["id"].as_str().unwrap().to_owned());
        }
        let [early, dear, ten] = coupons.try_into().unwrap();
        let ended = format!("{templates}/{}", all[2]["id"].as_str().unwrap());
        let grant = "/api/admin/coupon/{id}/grant";
        let again = json!({ "username": buyer.name });
        asking.ask(&operator, "POST", &format!("{ended}/grant"), grant, again).await;
        asking.ask(&operator, "PUT", &ended, "/api/admin/coupon/{id}", json!({ "status": "2" })).await.ok();
        asking.ask(buyer, "PUT", &ended, "/api/admin/coupon/{id}", json!({ "status": "2" })).await;

        let sku = json!({ "name": "货", "price": 1000, "num": 5, "buyerLimit": 2, "saleFrom": "2026-11-23T03:00:00Z",
                          "saleTo": "2026-11-23T04:00:00Z", "categoryId": 8 });
        let sku = asking.ask(&operator, "POST", "/api/sku", "/api/sku", sku).await.ok();
        let sku = sku["id"].as_str().unwrap();
        asking.ask(buyer, "GET", &format!("/api/sku/{sku}"), "/api/sku/{id}", Value::Null).await.ok();
        buyer.puts_in_cart(sku, 3).await;
        let nothing = Value::Null;
        asking.ask(buyer, "GET", "/api/cart/list", "/api/cart/list", nothing.clone()).await.ok();
        asking.ask(buyer, "GET", settlement, settlement, nothing.clone()).await.ok();
        for query in [format!("couponId={early}"), format!("couponId={dear}"), "couponId=1".to_owned(), "points=1".to_owned()] {
            asking.ask(buyer, "GET", &format!("{settlement}?{query}"), settlement, nothing.clone()).await;
        }
        asking.ask(buyer, "POST", "/api/order", "/api/order", json!({})).await;
        shop.pass(std::time::Duration::from_secs(3600)).await;
        asking.ask(buyer, "POST", "/api/order", "/api/order", json!({})).await;
        buyer.puts_in_cart(sku, 2).await;
        for body in [
            json!({ "couponId": early }),
            json!({ "couponId": dear }),
            json!({ "couponId": "1" }),
            json!({ "points": 1 }),
            json!({ "points": -1 }),
            json!({ "payMoney": 1 }),
        ] {
            asking.ask(buyer, "POST", "/api/order", "/api/order", body).await;
        }
        let path = format!("/api/user/points/add?username={}&points=5000", buyer.name);
        asking.ask(&operator, "POST", &path, "/api/user/points/add", nothing.clone()).await.ok();
        asking.ask(buyer, "POST", "/api/order", "/api/order", json!({ "points": 5000 })).await;
        let path = format!("{settlement}?couponId={ten}&points=100");
        asking.ask(buyer, "GET", &path, settlement, nothing.clone()).await.ok();
        let body = json!({ "couponId": ten, "points": 100 });
        let order = asking.ask(buyer, "POST", "/api/order", "/api/order", body).await.ok();
        let code = buyer.asks_for_code(&order).await;
        shop.phone_pays(code["code_url"].as_str().unwrap()).await;
        let path = format!("/api/order/{}", order["id"].as_str().unwrap());
        asking.ask(buyer, "GET", &path, "/api/order/{id}", nothing.clone()).await.ok();
        for status in ["usable", "used", "expired", "lost"] {
            let path = format!("/api/coupon/user/list?status={status}");
            asking.ask(buyer, "GET", &path, "/api/coupon/user/list", nothing.clone()).await;
        }
        buyers[1].puts_in_cart(sku, 2).await;
        let body = json!({ "couponId": ten });
        asking.ask(&buyers[1], "POST", "/api/order", "/api/order", body.clone()).await;
        buyer.puts_in_cart(&shop.sku(10).await, 1).await;
        asking.ask(buyer, "POST", "/api/order", "/api/order", body).await;
        shop.pass(std::time::Duration::from_secs(3600)).await;
        asking.ask(&buyers[1], "POST", "/api/order", "/api/order", json!({})).await;
        shop.pass(std::time::Duration::from_secs(40 * 86_400)).await;
        let body = json!({ "couponId": dear, "skuIds": [] });
        asking.ask(buyer, "POST", "/api/order", "/api/order", body).await;
        asking.ask(buyer, "POST", "/api/order", "/api/order", json!({ "couponId": early })).await;

        let heard: BTreeSet<&str> = asking.answers.iter().map(|(word, _)| word.as_str()).collect();
        for word in [
            "coupon_used", "coupon_not_started", "coupon_expired", "coupon_not_met", "coupon_exhausted",
            "points_short", "points_over_share", "sale_not_started", "sale_ended", "limit_exceeded",
            "price_changed", "not_found", "bad_request", "forbidden", "cart_empty",
        ] {
            assert!(heard.contains(word), "{word}: {heard:?}");
        }
    })
    .await;
}
