//! `changgou serve` from its start to its end.

use serde_json::json;

use crate::support::program::{Place, Serving, Socket};
use crate::support::shop::Person;

const SKU: &str = "100000003145";

async fn login(serving: &Serving, name: &str) -> Person {
    let typed = json!({ "username": name, "password": name });
    let tokens = serving.stranger().post("/api/user/login", typed).await.ok();
    serving.stranger().with_token(tokens["accessToken"].as_str().unwrap())
}

/// Buys and pays in the demonstration; the order's id.
async fn buys_and_pays(serving: &Serving) -> String {
    let demo = login(serving, "demo").await;
    let order = demo.buys(SKU, 1).await;
    let code = demo.asks_for_code(&order).await;
    let pay = json!({ "code_url": code["code_url"] });
    let phone = reqwest::Client::new().post(format!("http://{}/sim/pay", serving.simulator));
    assert!(phone.json(&pay).send().await.unwrap().status().is_success());
    let id = order["id"].as_str().unwrap();
    let standing = demo.get(&format!("/api/weixin/pay/status/query?outtradeno={id}")).await.ok();
    assert_eq!((&standing["trade_state"], &standing["payStatus"]), (&json!("SUCCESS"), &json!("1")));
    id.to_owned()
}

async fn text(serving: &Serving, path: &str) -> (u16, String) {
    let sent = reqwest::get(serving.url(path)).await.unwrap();
    (sent.status().as_u16(), sent.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_creates_a_shop_and_the_next_start_finds_it() {
    let place = Place::new();
    let serving = place.serves();
    for word in
        [serving.url(""), format!("http://{}", serving.simulator), "demo/demo".into(), "admin/admin".into()]
    {
        assert!(serving.banner.contains(&word), "{}", serving.banner);
    }
    assert_eq!(text(&serving, "/healthz").await, (200, "ok\n".to_owned()));
    assert_eq!(text(&serving, "/readyz").await, (200, "ready\n".to_owned()));

    let demo = login(&serving, "demo").await;
    assert_eq!(demo.get("/api/address/user/list").await.ok().as_array().unwrap().len(), 2);
    let id = buys_and_pays(&serving).await;
    let id = id.as_str();

    let (status, metrics) = text(&serving, "/metrics").await;
    assert_eq!(status, 200);
    for name in [
        "changgou_http_seconds_count{route=\"/api/order\"",
        "changgou_due_backlog",
        "changgou_place_batch_orders",
    ] {
        assert!(metrics.contains(name), "{name} in {metrics}");
    }
    assert!(!metrics.contains(id) && !metrics.contains(&demo.token), "nothing of what is in a request");

    serving.terminate();
    let (code, log) = serving.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(!log.contains("ERROR") && !log.contains(&demo.token), "{log}");

    let shown = place.says(&["order", "show", id]);
    for word in [id, "AwaitingShipment", "placed", "paid", "attempt", "payment 4"] {
        assert!(shown.contains(word), "{word} in {shown}");
    }
    assert!(place.complains(&["order", "show", "NO.1"]).contains("no order NO.1"));
    assert!(place.says(&["audit"]).contains("35 laws hold"));

    let again = place.serves();
    let found = login(&again, "demo").await.order(&json!({ "id": id })).await;
    assert_eq!(found["payStatus"], "1");
    assert_eq!(login(&again, "admin").await.get("/api/user/me").await.ok()["role"], "operator");
    again.terminate();
    assert_eq!(again.end().0, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_finishes_what_was_accepted_and_takes_nothing_new() {
    let place = Place::new();
    let serving = place.serves();
    let demo = login(&serving, "demo").await;
    demo.puts_in_cart(SKU, 1).await;

    let mut socket = Socket::to(serving.address).unwrap();
    socket.send(&format!(
        "POST /api/order HTTP/1.1\r\nhost: shop\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: 2\r\nexpect: 100-continue\r\n\r\n",
        demo.token
    ));
    socket.hears("HTTP/1.1 100 Continue\r\n\r\n");
    serving.terminate();
    let address = serving.address;
    while Socket::to(address).is_ok() {
        tokio::task::yield_now().await;
    }
    socket.send("{}");
    let answer = socket.answer();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("NO."), "{answer}");
    assert_eq!(serving.end().0, Some(0));

    let again = place.serves();
    let list = login(&again, "demo").await.get("/api/order/user/list").await.ok();
    assert_eq!(list["total"], 1, "what was answered is kept");
    again.terminate();
    assert_eq!(again.end().0, Some(0));
    assert!(place.says(&["audit"]).contains("35 laws hold"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_shop_loses_no_order_it_confirmed() {
    let place = Place::new();
    let serving = place.serves();
    let demo = login(&serving, "demo").await;
    let mut confirmed = Vec::new();
    for _ in 0..5 {
        let order = demo.buys(SKU, 1).await;
        confirmed.push(order["id"].clone());
    }
    serving.kill();
    assert!(place.says(&["audit"]).contains("35 laws hold"));
    let again = place.serves();
    let list = login(&again, "demo").await.get("/api/order/user/list").await.ok();
    confirmed.reverse();
    let kept: Vec<_> = list["list"].as_array().unwrap().iter().map(|order| order["id"].clone()).collect();
    assert_eq!(kept, confirmed);
    again.terminate();
    assert_eq!(again.end().0, Some(0));
}

#[test]
fn a_real_shop_has_no_door_that_everybody_can_open() {
    let place = Place::new();
    let demo = place.serves();
    demo.terminate();
    assert_eq!(demo.end().0, Some(0));
    let real = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--wechat-appid",
        "wx1",
        "--wechat-mch-id",
        "1900000109",
        "--wechat-api-key",
        "0123456789abcdef0123456789abcdef",
    ];
    let complaint = place.complains(&real);
    assert!(complaint.contains("demo and admin") && complaint.contains("database_url"), "{complaint}");
}

#[test]
fn a_port_in_use_is_reported() {
    let place = Place::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let complaint = place.complains(&["serve", "--listen", &address]);
    assert!(complaint.contains(&format!("cannot listen on {address}")), "{complaint}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demonstration_starts_on_a_machine_without_certificate_authorities() {
    let place = Place::new();
    let serving = place.serves_where(&[("SSL_CERT_FILE", "/dev/null")]);
    buys_and_pays(&serving).await;
    serving.kill();
}
