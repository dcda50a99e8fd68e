//! A shop for one test: with its own database, its own WeChat, a clock that the test moves and a worker that the test
//! runs. Each test ends with the audit.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use changgou::cli::serve::{self, RunningShop, Worker};
use changgou::domain::clock::{Clock, UtcMs};
use changgou::flow::{audit, cart, relay, seed};
use changgou::infra::cache::CacheUrl;
use changgou::infra::queue::BrokerStatus;
use changgou::infra::settings::{Protocol, PublicKey, Settings, WechatAccount, WechatV3Account};
use changgou::worker::due_work;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use wechatpay_simulator::{ClockMode, Merchant, Simulator, SimulatorOptions};

use crate::support::{rabbitmq, servers};

/// The time at which every test begins: 2026-11-23 10:00 in Beijing.
pub const START: UtcMs = UtcMs(1_795_399_200_000);

/// A running shop, the WeChat it talks to, and the clock of both.
pub struct Shop {
    pub running: RunningShop,
    pub wechat: Simulator,
    pub clock: Clock,
    pub http: Client,
    folder: PathBuf,
}

/// A shop that is closed, with all that opens it again.
pub struct World {
    pub settings: Settings,
    pub wechat: Simulator,
    pub http: Client,
    pub folder: PathBuf,
}

/// A client of the shop, logged in or not.
#[derive(Clone)]
pub struct Person {
    pub name: String,
    pub token: String,
    http: Client,
    base: String,
}

/// An answer: status, headers, JSON (null if the body is not JSON).
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub json: Value,
}

impl Shop {
    /// Opens a shop, runs the test, and audits the shop at its end.
    pub async fn run(story: impl AsyncFnOnce(&Shop)) {
        Shop::run_with(|_| {}, story).await;
    }

    /// The same with changed settings.
    pub async fn run_with(change: impl FnOnce(&mut Settings), story: impl AsyncFnOnce(&Shop)) {
        Shop::open(change).await.runs(story).await;
    }

    /// The same with a WeChat of changed options.
    pub async fn run_by(
        rule: impl FnOnce(&mut SimulatorOptions),
        change: impl FnOnce(&mut Settings),
        story: impl AsyncFnOnce(&Shop),
    ) {
        Shop::open_with(rule, |settings, _| change(settings)).await.runs(story).await;
    }

    /// A shop whose new payments use API v3; it has the key of v2 too.
    pub async fn run_v3(platform: Platform, story: impl AsyncFnOnce(&Shop)) {
        Shop::run_v3_with(platform, |_| {}, story).await;
    }

    /// The same with changed settings.
    pub async fn run_v3_with(
        platform: Platform,
        change: impl FnOnce(&mut Settings),
        story: impl AsyncFnOnce(&Shop),
    ) {
        let shop = Shop::open_beside(|settings, wechat| {
            use_v3(settings, wechat, platform);
            change(settings);
        });
        shop.await.runs(story).await;
    }

    async fn runs(self, story: impl AsyncFnOnce(&Shop)) {
        story(&self).await;
        self.audit().await;
        self.empties_outbox().await;
        self.shut().await;
    }

    /// A test that breaks data on purpose: no audit at its end.
    pub async fn run_unaudited(story: impl AsyncFnOnce(&Shop)) {
        let shop = Shop::open(|_| {}).await;
        story(&shop).await;
        shop.shut().await;
    }

    async fn shut(self) {
        let World { settings, wechat, folder, .. } = self.closes().await;
        if let Some(amqp) = settings.amqp {
            rabbitmq::clear(&amqp).await;
        }
        wechat.stop().await;
        servers::drop_database(&settings.database_url).await;
        std::fs::remove_dir_all(folder).expect("the folder is the test's own");
    }

    /// Audits the shop and removes everything it made.
    pub async fn ends(self) {
        self.runs(async |_| {}).await;
    }

    /// Stops the shop, but not its WeChat.
    pub async fn closes(self) -> World {
        let Shop { running, wechat, folder, http, .. } = self;
        let settings = running.app.settings.clone();
        running.stop().await.expect("the shop stops");
        World { settings, wechat, http, folder }
    }

    async fn open(change: impl FnOnce(&mut Settings)) -> Shop {
        Shop::open_beside(|settings, _| change(settings)).await
    }

    async fn open_beside(change: impl FnOnce(&mut Settings, &Simulator)) -> Shop {
        Shop::open_with(|_| {}, change).await
    }

    async fn open_with(
        rule: impl FnOnce(&mut SimulatorOptions),
        change: impl FnOnce(&mut Settings, &Simulator),
    ) -> Shop {
        if std::env::var_os("TEST_LOG").is_some() {
            // Another test of this process may have set it up.
            let _ = tracing_subscriber::fmt().with_test_writer().try_init();
        }
        World::new(START, rule, change).await.opens(START).await
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running.address)
    }

    pub fn wechat_url(&self, path: &str) -> String {
        format!("http://{}{path}", self.wechat.address())
    }

    /// The first operator and `count` buyers, each with an address.
    pub async fn people(&self, count: usize) -> (Person, Vec<Person>) {
        let seeded = seed::create_users(&self.running.app, count, &mut |_| {}).await.expect("people move in");
        let mut all = seeded.into_iter().map(|one| self.person(one.username, one.token));
        (all.next().unwrap(), all.collect())
    }

    /// One buyer with an address.
    pub async fn buyer(&self) -> Person {
        self.people(1).await.1.remove(0)
    }

    pub async fn operator(&self) -> Person {
        self.people(0).await.0
    }

    fn person(&self, name: String, token: String) -> Person {
        Person { name, token, http: self.http.clone(), base: self.url("") }
    }

    /// A client who is not logged in.
    pub fn stranger(&self) -> Person {
        self.person(String::new(), String::new())
    }

    /// New SKUs with this stock each; their ids.
    pub async fn skus(&self, count: usize, stock: i64) -> Vec<String> {
        let made =
            seed::create_skus(&self.running.app, count, stock, &mut |_| {}).await.expect("SKUs are put up");
        made.iter().map(ToString::to_string).collect()
    }

    pub async fn sku(&self, stock: i64) -> String {
        self.skus(1, stock).await.remove(0)
    }

    /// Advances the clocks of shop and WeChat, and runs the worker.
    pub async fn pass(&self, span: Duration) {
        self.clock.advance(span);
        self.wechat.advance(span).await;
        self.work().await;
    }

    /// Runs the worker until nothing is due.
    pub async fn work(&self) {
        for _ in 0..100 {
            let app = &self.running.app;
            let done = due_work::step(app).await.expect("work can be claimed");
            let sent = relay::send_batch(app).await.expect("the outbox can be emptied");
            if done + sent.confirmed == 0 {
                return;
            }
        }
        panic!("the worker never comes to an end");
    }

    /// Empties the outbox; with a broker that is up no message may stay.
    async fn empties_outbox(&self) {
        let app = &self.running.app;
        let is_there = app.broker.as_ref().is_some_and(|broker| broker.status() == BrokerStatus::Up);
        if !is_there {
            return;
        }
        self.clock.advance(Duration::from_secs(3600));
        while relay::send_batch(app).await.expect("the outbox can be emptied").confirmed > 0 {}
        let left = relay::backlog(&app.db, app.now()).await.unwrap();
        assert_eq!(left.messages, 0, "messages stay in the outbox");
    }

    /// Lets WeChat deliver the notices that are due.
    pub async fn deliver(&self) {
        self.wechat.advance(Duration::ZERO).await;
    }

    /// The buyer's phone pays, and WeChat delivers the notice.
    pub async fn phone_pays(&self, code_url: &str) -> Value {
        let trade = self.phone_pays_silently(code_url).await;
        self.deliver().await;
        trade
    }

    /// The buyer's phone pays; the notice waits until it is delivered.
    pub async fn phone_pays_silently(&self, code_url: &str) -> Value {
        self.control(Method::POST, "/sim/pay", json!({ "code_url": code_url })).await
    }

    /// The phone pays with these changes, such as `"amount": 1` or `"coupon": 300`; the notice waits.
    pub async fn phone_pays_oddly(&self, code: &Value, how: Value) -> Value {
        let mut pay = how;
        pay["code_url"] = code["code_url"].clone();
        self.control(Method::POST, "/sim/pay", pay).await
    }

    /// Sets WeChat's faults: a list as in the simulator's README.
    pub async fn faults(&self, faults: Value) {
        self.control(Method::PUT, "/sim/faults", json!({ "faults": faults })).await;
    }

    pub async fn control(&self, method: Method, path: &str, body: Value) -> Value {
        let sent = self.http.request(method, self.wechat_url(path)).json(&body).send().await.unwrap();
        assert!(sent.status().is_success(), "{path}: {}", sent.text().await.unwrap());
        sent.json().await.unwrap()
    }

    /// Another node of the same shop, with the same servers.
    pub async fn node(&self, change: impl FnOnce(&mut Settings)) -> RunningShop {
        let mut settings = Settings { listen: free_address(), ..self.running.app.settings.clone() };
        change(&mut settings);
        serve::start(settings, self.clock.clone(), Worker::Called).await.expect("the node starts")
    }

    /// The number of lines in all carts.
    pub async fn lines_in_carts(&self) -> i64 {
        let mut lines = 0;
        for (username,) in self.rows::<(String,)>("select username from tb_user").await {
            lines += cart::count_lines(&self.running.app, username).await.expect("carts are counted");
        }
        lines
    }

    /// Fails if the audit finds anything.
    pub async fn audit(&self) {
        let findings = audit::audit(&self.running.app.db).await.expect("the audit runs");
        let broken: Vec<_> = findings.iter().filter(|finding| !finding.broken.is_empty()).collect();
        assert!(broken.is_empty(), "{broken:#?}");
    }
}

impl World {
    /// A WeChat whose clock begins at that time, and the settings for a shop.
    pub async fn new(
        begins: UtcMs,
        rule: impl FnOnce(&mut SimulatorOptions),
        change: impl FnOnce(&mut Settings, &Simulator),
    ) -> World {
        let mut options = SimulatorOptions::new(([127, 0, 0, 1], 0).into(), Merchant::demo());
        options.clock = ClockMode::Manual { start_ms: begins.0 };
        rule(&mut options);
        let wechat = wechatpay_simulator::start(options).await.expect("the simulator starts");
        let folder = fresh_folder();
        let mut settings = settings(&folder, &wechat).await;
        change(&mut settings, &wechat);
        let http = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        World { settings, wechat, http, folder }
    }

    /// Opens the shop with its clock at that time.
    pub async fn opens(self, at: UtcMs) -> Shop {
        let World { settings, wechat, http, folder } = self;
        let clock = Clock::manual(at);
        let running = serve::start(settings, clock.clone(), Worker::Called).await.expect("the shop starts");
        Shop { running, wechat, clock, http, folder }
    }
}

/// What a shop knows of WeChat's keys at its start.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Platform {
    /// Nothing: it fetches the certificates.
    Certificates,
    /// The public key; it fetches certificates too.
    PublicKey,
}

/// Changes settings so that new payments use API v3.
pub fn use_v3(settings: &mut Settings, wechat: &Simulator, platform: Platform) {
    let account = settings.wechat.as_mut().unwrap();
    let keys = wechat.merchant_keys(&account.mch_id).unwrap();
    let shown = wechat.platform_keys();
    let public = PublicKey { id: shown.public_key_id, pem: shown.public_key_pem.into_bytes() };
    account.v3 = Some(WechatV3Account {
        api_v3_key: keys.api_v3_key,
        api_v3_key_old: None,
        serial_no: keys.serial_no,
        key_pem: keys.private_key_pem.into_bytes(),
        public_key: (platform == Platform::PublicKey).then_some(public),
    });
    settings.wechat_protocol = Protocol::V3;
}

async fn settings(folder: &std::path::Path, wechat: &Simulator) -> Settings {
    let Merchant { appid, mch_id, api_key } = Merchant::demo();
    let account = WechatAccount {
        appid,
        mch_id,
        api_key: Some(api_key),
        api_key_old: None,
        v3: None,
        base_url: format!("http://{}", wechat.address()),
        backup_url: None,
        certificate: None,
    };
    let listen = free_address();
    Settings {
        listen,
        amqp: rabbitmq::fresh(),
        database_url: servers::fresh_database(folder).await,
        demo: false,
        public_url: format!("http://{listen}"),
        wechat_notify_url: format!("http://{listen}/api/weixin/pay/notify/url"),
        wechat_refund_notify_url: format!("http://{listen}/api/weixin/pay/refund/notify"),
        wechat_v3_notify_url: format!("http://{listen}/api/weixin/pay/v3/notify"),
        wechat: Some(account),
        cache: redis_url().map(|url| CacheUrl::parse(&url).expect("TEST_REDIS_URL is an address")),
        cache_prefix: fresh_prefix(),
        ..Settings::defaults()
    }
}

/// The Redis that all tests share, each with its own prefix; `None` without Redis.
pub fn redis_url() -> Option<String> {
    std::env::var_os("TEST_REDIS_URL")?.into_string().ok().filter(|url| !url.is_empty())
}

/// A unique prefix for the keys of a test.
pub fn fresh_prefix() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let clock = Clock::System.now().0;
    format!("t{clock}-{}-{}:", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// An address that must be known before the shop listens on it. Its port is outside the range the system assigns, so
/// it stays free while the shop is closed.
pub fn free_address() -> std::net::SocketAddr {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    loop {
        let nth = std::process::id().wrapping_mul(101).wrapping_add(COUNT.fetch_add(1, Ordering::Relaxed));
        let port = 10_000 + u16::try_from(nth % 10_000).unwrap();
        if let Ok(probe) = std::net::TcpListener::bind(("127.0.0.1", port)) {
            return probe.local_addr().unwrap();
        }
    }
}

pub fn fresh_folder() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("changgou-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

impl Person {
    /// Sends a request with this person's token, if they have one.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        if self.token.is_empty() { request } else { request.bearer_auth(&self.token) }
    }

    /// A client of another shop who is not logged in.
    pub fn at(base: String) -> Person {
        Person {
            name: String::new(),
            token: String::new(),
            http: Client::builder().no_proxy().build().unwrap(),
            base,
        }
    }

    /// The same person at another node.
    pub fn at_node(&self, node: &RunningShop) -> Person {
        Person { base: format!("http://{}", node.address), ..self.clone() }
    }

    /// The same person with another login.
    pub fn with_token(&self, token: &str) -> Person {
        Person { token: token.to_owned(), ..self.clone() }
    }

    /// The URL of a path at this person's node.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub async fn get(&self, path: &str) -> Reply {
        read(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        read(self.request(Method::POST, path).json(&body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Reply {
        read(self.request(Method::PUT, path).json(&body)).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        read(self.request(Method::DELETE, path)).await
    }

    /// Sets how many of a SKU are in the cart.
    pub async fn puts_in_cart(&self, sku: &str, num: i64) {
        self.get(&format!("/api/cart/add?id={sku}&num={num}")).await.ok();
    }

    /// Orders what is selected in the cart.
    pub async fn orders(&self) -> Value {
        self.post("/api/order", json!({})).await.ok()
    }

    /// Puts one SKU in the cart and orders it.
    pub async fn buys(&self, sku: &str, num: i64) -> Value {
        self.puts_in_cart(sku, num).await;
        self.orders().await
    }

    /// Creates a coupon template: 10 yuan off any order, valid for a week, with `changes`; its id.
    pub async fn makes_coupons(&self, changes: Value) -> String {
        let mut template = json!({ "name": "满减券", "kind": "amount", "amount": 1000, "validDays": 7 });
        for (name, value) in changes.as_object().unwrap() {
            template[name] = value.clone();
        }
        self.post("/api/admin/coupon", template).await.ok()["id"].as_str().unwrap().to_owned()
    }

    /// Creates a SKU of 10 yuan with a stock of 100, with `changes`; its id.
    pub async fn puts_up(&self, changes: Value) -> String {
        let mut sku = json!({ "name": "货", "price": 1000, "num": 100 });
        for (name, value) in changes.as_object().unwrap() {
            sku[name] = value.clone();
        }
        self.post("/api/sku", sku).await.ok()["id"].as_str().unwrap().to_owned()
    }

    /// Grants a buyer a coupon of a template; its id.
    pub async fn grants(&self, template: &str, buyer: &Person) -> String {
        let path = format!("/api/admin/coupon/{template}/grant");
        let granted = self.post(&path, json!({ "username": buyer.name })).await.ok();
        granted["id"].as_str().unwrap().to_owned()
    }

    /// Asks for the code to pay an order with.
    pub async fn asks_for_code(&self, order: &Value) -> Value {
        let id = order["id"].as_str().unwrap();
        self.post(&format!("/api/weixin/pay/create/native?outtradeno={id}"), Value::Null).await.ok()
    }

    /// The order as it is now.
    pub async fn order(&self, order: &Value) -> Value {
        self.get(&format!("/api/order/{}", order["id"].as_str().unwrap())).await.ok()
    }

    pub async fn points(&self) -> i64 {
        self.get("/api/user/me").await.ok()["points"].as_i64().unwrap()
    }

    pub async fn stock_of(&self, sku: &str) -> (i64, i64) {
        let sku = self.get(&format!("/api/sku/{sku}")).await.ok();
        (sku["num"].as_i64().unwrap(), sku["saleNum"].as_i64().unwrap())
    }
}

/// Sends a request and reads the answer.
pub async fn read(request: reqwest::RequestBuilder) -> Reply {
    let sent = request.send().await.expect("the shop answers");
    let (status, headers) = (sent.status(), sent.headers().clone());
    let text = sent.text().await.expect("the answer arrives");
    Reply { status, headers, json: serde_json::from_str(&text).unwrap_or(Value::Null) }
}

impl Reply {
    /// The data of a success.
    pub fn ok(self) -> Value {
        assert!(self.status.is_success() && self.json["flag"] == true, "{self:#?}");
        assert_eq!(self.json["code"], 20000);
        self.json["data"].clone()
    }

    /// Status and reason of a refusal; fails if the envelope is incomplete.
    #[track_caller]
    pub fn refused(&self) -> (u16, &str) {
        assert_eq!(self.json["flag"], false, "{self:#?}");
        assert!(self.json["message"].as_str().is_some_and(|message| !message.is_empty()), "{self:#?}");
        (self.status.as_u16(), self.json["reason"].as_str().expect("a refusal has a reason"))
    }
}
