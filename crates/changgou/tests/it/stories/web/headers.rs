//! Headers that every answer has, and those that every request needs.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::program::Place;
use crate::support::raw_http::conversation;
use crate::support::routes::ROUTES;
use crate::support::shop::{Shop, free_address, read};
use crate::support::wait::until;

fn by_https(settings: &mut changgou::infra::settings::Settings) {
    settings.public_url = "https://shop.example".to_owned();
    settings.secure_cookies = true;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_private_answer_is_kept_or_guessed_at() {
    Shop::run(async |shop| {
        let buyer = shop.buyer().await;
        for path in [
            "/api/user/me",
            "/api/address/user/list",
            "/api/order/1",
            "/api/nothing",
            "/",
            "/cart",
            "/orders",
            "/nothing",
            "/login",
            "/readyz",
            "/metrics",
        ] {
            let sent = buyer.request(Method::GET, path).send().await.unwrap();
            let headers = sent.headers();
            assert!(headers["cache-control"].to_str().unwrap().contains("no-store"), "{path}: {headers:?}");
            assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
            let kind = headers.get("content-type").map_or("", |kind| kind.to_str().unwrap());
            let is_page = kind.starts_with("text/html");
            let policy = headers.get("permissions-policy").map(|policy| policy.to_str().unwrap());
            assert_eq!(policy.is_some_and(|policy| policy.contains("camera=()")), is_page, "{path}");
            assert!(!headers.contains_key("strict-transport-security"), "{path}");
        }
        let sent = shop.http.get(shop.url("/static/shop.css")).send().await.unwrap();
        assert_eq!(sent.headers()["cache-control"], "public, max-age=3600");
        assert_eq!(sent.headers()["x-content-type-options"], "nosniff");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_of_https_stays_with_it() {
    Shop::run_with(by_https, async |shop| {
        let buyer = shop.buyer().await;
        let typed = json!({ "username": buyer.name, "password": "changgou" });
        let reply = shop.stranger().post("/api/user/login", typed).await;
        assert!(reply.headers["strict-transport-security"].to_str().unwrap().starts_with("max-age="));
        let cookie = reply.headers["set-cookie"].to_str().unwrap().to_owned();
        assert!(cookie.starts_with("__Host-Authorization=") && cookie.contains("; Path=/;"), "{cookie}");
        assert!(cookie.ends_with("; Secure") && !cookie.contains("Domain"), "{cookie}");
        let token = reply.ok()["accessToken"].as_str().unwrap().to_owned();
        for (name, status) in [("__Host-Authorization", 200), ("Authorization", 401)] {
            let request = shop.stranger().request(Method::GET, "/api/user/me");
            let reply = read(request.header("cookie", format!("{name}={token}"))).await;
            assert_eq!(reply.status.as_u16(), status, "{name}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn head_changes_nothing() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(1).await;
        let (buyer, sku) = (&buyers[0], shop.sku(10).await);
        let order = buyer.buys(&sku, 1).await["id"].as_str().unwrap().to_owned();
        let before = shop.all_rows().await;
        let filled = |path: &str| {
            path.replace("{sku}", &sku).replace("{order}", &order).replace("{user}", &buyer.name)
        };
        for path in ROUTES.iter().filter(|route| route.method == "GET").map(|route| filled(route.path)) {
            for person in [buyer, &operator] {
                person.request(Method::HEAD, &path).send().await.unwrap();
            }
        }
        for path in ["/".to_owned(), "/cart".to_owned(), "/order".to_owned(), format!("/pay/{order}")] {
            let sent = buyer.request(Method::HEAD, &path).send().await.unwrap();
            assert_eq!(sent.status().as_u16(), 200, "{path}");
        }
        assert_eq!(shop.all_rows().await, before);
        let path = format!("/api/cart/add?id={sku}&num=2");
        let sent = buyer.request(Method::HEAD, &path).send().await.unwrap();
        assert_eq!((sent.status().as_u16(), &sent.headers()["allow"]), (405, &"GET,POST".parse().unwrap()));
        assert_eq!(buyer.get("/api/cart/list").await.ok().as_array().map(Vec::len), Some(0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_has_exactly_one_host() {
    Shop::run(async |shop| {
        for (version, hosts, status) in [
            ("1.1", "host: shop\r\n", "200"),
            ("1.1", "", "400"),
            ("1.1", "host: shop\r\nhost: shop\r\n", "400"),
            ("1.1", "host: shop\r\nhost: evil.example\r\n", "400"),
            ("1.0", "", "200"),
        ] {
            let head = format!("GET /api/sku HTTP/{version}\r\n{hosts}connection: close\r\n\r\n");
            let heard = conversation(shop.running.address, &head).await;
            assert!(heard.contains(&format!(" {status} ")), "{version} {hosts:?}: {heard}");
            assert!(status == "200" || heard.contains("请求须有且只有一个 Host 请求头"), "{heard}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_shop_in_the_open_says_so_at_its_start() {
    let (place, port) = (Place::new(), free_address().port());
    let listen = format!("0.0.0.0:{port}");
    let real = [
        "serve",
        "--listen",
        &listen,
        "--wechat-appid",
        "wx8888888888888888",
        "--wechat-mch-id",
        "1900000109",
        "--wechat-api-key",
        "0123456789abcdef0123456789abcdef",
        "--log-format",
        "json",
    ];
    let log = place.folder.join("log");
    let mut command = place.command(&real);
    let mut child = command.stderr(std::fs::File::create(&log).unwrap()).spawn().unwrap();
    let said = || std::fs::read_to_string(&log).unwrap();
    until("it serves", async || said().contains("\"serving\"")).await;
    let warned = |words: &str| {
        let lines = said();
        lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()).any(|line| {
            line["level"] == "WARN" && line["fields"]["message"].as_str().unwrap_or_default().contains(words)
        })
    };
    for words in ["public_url is not set", "passwords and logins travel readable"] {
        until(words, async || warned(words)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
}
