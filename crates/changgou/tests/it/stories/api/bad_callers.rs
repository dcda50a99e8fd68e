//! Every route, called without permission and with hostile values. Each call is refused with a reason in the caller's
//! language, and nothing changes.

use reqwest::Method;
use reqwest::header::{ACCEPT_LANGUAGE, CONTENT_TYPE};
use serde_json::{Value, json};

use crate::support::routes::{OTHERS, ROUTES, Route, Who};
use crate::support::shop::{Person, Reply, Shop, read};

/// Values that are no id, order id or username.
const HOSTILE: &[&str] = &[
    "",
    " ",
    "-1",
    "0x1f",
    "1.5",
    "9223372036854775808",
    "99999999999999999999999999",
    "' or '1'='1",
    "1; drop table tb_user",
    "1 union select password from tb_user",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "${jndi:ldap://evil.example/a}",
    "{{7*7}}",
    "\u{0}",
    "NO.1\u{0}",
    "NO.1\r\nset-cookie: a=b",
    "\u{1b}[2J",
    "NO.\u{ff11}",
    "\u{202e}1",
    "\u{1f6d2}",
];

/// The people of a test, and what belongs to the victim.
struct Scene {
    operator: Person,
    victim: Person,
    intruder: Person,
    order: String,
    address: String,
    sku: String,
    template: String,
}

async fn scene(shop: &Shop) -> Scene {
    let (operator, mut buyers) = shop.people(2).await;
    let (sku, victim, intruder) = (shop.sku(100).await, buyers.remove(0), buyers.remove(0));
    let order = victim.buys(&sku, 1).await["id"].as_str().unwrap().to_owned();
    let address = victim.get("/api/address/user/list").await.ok()[0]["id"].clone();
    intruder.puts_in_cart(&sku, 1).await;
    let template = operator.makes_coupons(json!({ "amount": 100 })).await;
    let address = address.as_str().unwrap().to_owned();
    Scene { operator, victim, intruder, order, address, sku, template }
}

impl Scene {
    /// Who may call a route.
    fn caller(&self, who: Who, shop: &Shop) -> Person {
        match who {
            Who::Anyone => shop.stranger(),
            Who::Buyer => self.intruder.clone(),
            Who::Operator => self.operator.clone(),
        }
    }

    /// Path and body of a route, with the victim's ids.
    fn filled(&self, text: &str) -> String {
        let things = [
            ("order", &self.order),
            ("address", &self.address),
            ("sku", &self.sku),
            ("user", &self.victim.name),
            ("template", &self.template),
        ];
        things.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }
}

async fn send(person: &Person, method: &str, path: &str, body: String, lang: &str) -> Reply {
    let request = person.request(Method::from_bytes(method.as_bytes()).unwrap(), path);
    let request =
        if body.is_empty() { request } else { request.header(CONTENT_TYPE, "application/json").body(body) };
    read(request.header(ACCEPT_LANGUAGE, lang)).await
}

/// Fails unless the answer is a complete refusal in the language asked for.
fn is_a_refusal_in(reply: &Reply, lang: &str, what: &str) {
    assert!((400..500).contains(&reply.status.as_u16()), "{what}: {reply:?}");
    let (_, reason) = reply.refused();
    assert!(reason.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{what}: {reason}");
    assert!((20001..=20006).contains(&reply.json["code"].as_u64().unwrap()), "{what}");
    let message = reply.json["message"].as_str().unwrap();
    let chinese = message.chars().any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter));
    assert_eq!(chinese, lang != "en", "{what}: {message}");
    let spoken = reply.headers["content-language"].to_str().unwrap();
    assert_eq!(spoken, if lang == "en" { "en" } else { "zh-CN" }, "{what}");
    assert!(!reply.headers.contains_key("set-cookie"), "{what}: {reply:?}");
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// The value encoded for a path, or escaped for a JSON body.
fn with_hostile(route: &Route, scene: &Scene, which: &str, word: &str) -> (String, String) {
    let json = Value::from(word).to_string();
    let path = route.path.replace(which, &percent(word));
    let body = route.body.replace(which, &json[1..json.len() - 1]);
    (scene.filled(&path), scene.filled(&body))
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_login_every_route_is_refused() {
    Shop::run(async |shop| {
        let scene = scene(shop).await;
        let before = shop.all_rows().await;
        for route in ROUTES.iter().filter(|route| route.who != Who::Anyone) {
            for (lang, token) in [("*", ""), ("en", "stale")] {
                let nobody = shop.stranger().with_token(token);
                let (path, body) = (scene.filled(route.path), scene.filled(route.body));
                let reply = send(&nobody, route.method, &path, body, lang).await;
                is_a_refusal_in(&reply, lang, route.path);
                assert_eq!(reply.refused(), (401, "login_required"), "{} {path}", route.method);
                // An invalid body tells a stranger no more than a valid one.
                let reply = send(&nobody, route.method, &path, "{".to_owned(), lang).await;
                assert_eq!(reply.refused(), (401, "login_required"), "{} {path}", route.method);
            }
        }
        assert_eq!(shop.all_rows().await, before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_buyer_cannot_act_as_an_operator_or_another_buyer() {
    Shop::run(async |shop| {
        let scene = scene(shop).await;
        let before = shop.all_rows().await;
        for route in ROUTES {
            let (path, body) = (scene.filled(route.path), scene.filled(route.body));
            let about = format!("{} {}", route.path, route.body);
            let wanted = match route.who {
                Who::Operator => (403, "forbidden"),
                Who::Buyer if about.contains("{order}") || about.contains("{address}") => (404, "not_found"),
                Who::Buyer | Who::Anyone => continue,
            };
            for lang in ["zh-TW", "en"] {
                let reply = send(&scene.intruder, route.method, &path, body.clone(), lang).await;
                is_a_refusal_in(&reply, lang, &path);
                assert_eq!(reply.refused(), wanted, "{} {path}", route.method);
            }
        }
        assert_eq!(shop.all_rows().await, before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_ids_are_refused_everywhere() {
    Shop::run(async |shop| {
        let scene = scene(shop).await;
        let before = shop.all_rows().await;
        let mut asked = 0;
        for route in ROUTES {
            let caller = scene.caller(route.who, shop);
            for which in ["{order}", "{address}", "{sku}", "{user}", "{template}"] {
                if !route.path.contains(which) && !route.body.contains(which) {
                    continue;
                }
                // Lists of ids may be empty.
                let list = route.path.contains("skuIds=");
                for (nth, word) in
                    HOSTILE.iter().enumerate().filter(|(_, word)| !(list && word.trim().is_empty()))
                {
                    let (path, body) = with_hostile(route, &scene, which, word);
                    let lang = if nth % 2 == 0 { "*" } else { "en" };
                    let reply = send(&caller, route.method, &path, body, lang).await;
                    is_a_refusal_in(&reply, lang, &format!("{} {path} {word:?}", route.method));
                    asked += 1;
                }
            }
        }
        assert!(asked > 400, "{asked}");
        assert_eq!(shop.all_rows().await, before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_above_its_limit_is_refused_by_every_route_that_reads_one() {
    Shop::run(async |shop| {
        let scene = scene(shop).await;
        let before = shop.all_rows().await;
        for route in ROUTES.iter().filter(|route| !route.body.is_empty()) {
            let caller = scene.caller(route.who, shop);
            for lang in ["*", "en"] {
                let mut body = scene.filled(route.body);
                // Only the one route that ships many parcels takes more than 64 KiB.
                let bound = if route.path.ends_with("batchSend") { 256 } else { 64 };
                body.extend(std::iter::repeat_n(' ', bound * 1024 + 1 - body.len()));
                let reply = send(&caller, route.method, &scene.filled(route.path), body, lang).await;
                is_a_refusal_in(&reply, lang, route.path);
                assert_eq!(reply.refused(), (413, "too_large"), "{}", route.path);
            }
        }
        let notice = shop.stranger().request(Method::POST, OTHERS[0].1).body("x".repeat(64 * 1024 + 1));
        assert_eq!(read(notice).await.status.as_u16(), 413);
        assert_eq!(shop.all_rows().await, before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_method_and_a_wrong_path_get_different_answers() {
    Shop::run(async |shop| {
        let scene = scene(shop).await;
        let before = shop.all_rows().await;
        for (nth, route) in ROUTES.iter().enumerate() {
            let lang = if nth % 2 == 0 { "*" } else { "en" };
            for method in ["PATCH", "OPTIONS", "TRACE", "BREW"] {
                let reply =
                    send(&scene.operator, method, &scene.filled(route.path), String::new(), lang).await;
                is_a_refusal_in(&reply, lang, route.path);
                assert_eq!(reply.refused(), (405, "method_not_allowed"), "{method} {}", route.path);
            }
        }
        for path in [
            "/api",
            "/api/",
            "/api/nothing",
            "/api/order/1/2/3",
            "/api/sku/",
            "/api//sku",
            "/api/order/%2e%2e/admin/x/y",
        ] {
            let reply = send(&scene.operator, "GET", path, String::new(), "en").await;
            is_a_refusal_in(&reply, "en", path);
            assert_eq!(reply.refused(), (404, "not_found"), "{path}");
        }
        for path in [
            "/nothing",
            "/static/../Cargo.toml",
            "/static/%2e%2e/%2e%2e/Cargo.toml",
            "/static/nothing.svg",
            "/.env",
            "/API/sku",
            "/API/sku",
        ] {
            assert_eq!(scene.operator.get(path).await.status.as_u16(), 404, "{path}");
        }
        assert_eq!(shop.all_rows().await, before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_notices_are_refused() {
    Shop::run(async |shop| {
        let before = shop.all_rows().await;
        for body in [
            "",
            "{}",
            "<xml></xml>",
            "<xml><return_code>SUCCESS</return_code><result_code>SUCCESS</result_code></xml>",
            "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><xml><sign>&x;</sign></xml>",
            "\u{0}",
        ] {
            let request = shop.stranger().request(Method::POST, OTHERS[0].1).body(body);
            let status = read(request).await.status.as_u16();
            assert_eq!(status, 400, "{body}");
        }
        assert_eq!(shop.all_rows().await, before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn text_of_a_buyer_is_stored_as_it_is_and_never_executed() {
    Shop::run(async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        for word in ["<script>alert(1)</script>", "'); drop table tb_order; --", "{{7*7}} ${7*7} %s %n", "\\u0000 & \" '"] {
            buyer.puts_in_cart(&sku, 1).await;
            let order = serde_json::json!({
                "receiverContact": word, "receiverMobile": "13800138000", "receiverAddress": word, "buyerMessage": word,
            });
            let order = buyer.post("/api/order", order).await.ok();
            let order = buyer.order(&order).await;
            for field in ["receiverContact", "receiverAddress", "buyerMessage"] {
                assert_eq!(order[field], word);
            }
        }
    })
    .await;
}
