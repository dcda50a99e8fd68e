//! The program is killed under load and started again: acknowledged orders exist, and payments made meanwhile are
//! found.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use wechatpay_simulator::{Merchant, Simulator, SimulatorOptions};

use crate::support::shop::{fresh_prefix, redis_url};

const BUYERS: usize = 6;
const KILLS: usize = 3;

/// The SKU that everybody buys.
const SKU: &str = "900001";

/// How long buyers order before the kill.
const UNDISTURBED: Duration = Duration::from_millis(700);

/// How long the shop may take to find payments made while it was down.
const PATIENCE: Duration = Duration::from_secs(40);

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_shop_keeps_everything_it_acknowledged() {
    let house = House::new().await;
    let mut shop = house.starts().await;
    house.stocks_up().await;
    let buyers = house.registers().await;
    for _ in 0..KILLS {
        let said = Arc::new(Mutex::new(Said::default()));
        let mut shopping = JoinSet::new();
        for buyer in &buyers {
            shopping.spawn(house.shops(buyer, said.clone()));
        }
        tokio::time::sleep(UNDISTURBED).await;
        drop(shop);
        shopping.join_all().await;

        let said = Arc::try_unwrap(said).unwrap().into_inner().unwrap();
        assert!(
            said.placed.len() > BUYERS && !said.codes.is_empty(),
            "{} orders, {} codes: not enough to prove anything",
            said.placed.len(),
            said.codes.len()
        );
        // Every other code is paid while the shop is down.
        let paid = said.codes.iter().step_by(2);
        let paid: Vec<&(String, String)> = paid.collect();
        for (_, code) in &paid {
            house.pays(code).await;
        }
        shop = house.starts().await;
        house.has_all(&said).await;
        for (order, _) in &paid {
            house.comes_to_know(&said.placed[order].0, order).await;
        }
        house.audits();
    }
    drop(shop);
    house.audits();
    house.wechat.stop().await;
    std::fs::remove_dir_all(house.folder).unwrap();
}

/// A shop that runs until it is dropped (SIGKILL).
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// What the shop acknowledged.
#[derive(Debug, Default)]
struct Said {
    /// Orders with their buyer and the answer.
    placed: BTreeMap<String, (String, Value)>,
    /// Codes that were shown, with their order.
    codes: Vec<(String, String)>,
}

/// A folder with a database, a WeChat in real time, and a program to start.
struct House {
    folder: PathBuf,
    listen: SocketAddr,
    wechat: Simulator,
    http: Client,
    prefix: String,
}

impl House {
    async fn new() -> House {
        let folder = std::env::temp_dir().join(format!("changgou-crash-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let wechat = SimulatorOptions::new(([127, 0, 0, 1], 0).into(), Merchant::demo());
        let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        House {
            folder,
            listen: free.local_addr().unwrap(),
            wechat: wechatpay_simulator::start(wechat).await.unwrap(),
            http: Client::builder().no_proxy().build().unwrap(),
            prefix: fresh_prefix(),
        }
    }

    fn program(&self) -> Command {
        let Merchant { appid, mch_id, api_key } = Merchant::demo();
        let database = format!("sqlite://{}", Path::new(&self.folder).join("shop.db").display());
        let mut command = Command::new(env!("CARGO_BIN_EXE_changgou"));
        command
            .current_dir(&self.folder)
            .env("CHANGGOU_LISTEN", self.listen.to_string())
            .env("CHANGGOU_DATABASE_URL", database)
            .env("CHANGGOU_DEMO", "true")
            .env("CHANGGOU_WECHAT_APPID", appid)
            .env("CHANGGOU_WECHAT_MCH_ID", mch_id)
            .env("CHANGGOU_WECHAT_API_KEY", api_key)
            .env("CHANGGOU_WECHAT_BASE_URL", format!("http://{}", self.wechat.address()))
            .env("CHANGGOU_LOG", "error")
            .stdout(Stdio::null());
        if let Some(url) = redis_url() {
            command.env("CHANGGOU_REDIS_URL", url).env("CHANGGOU_REDIS_PREFIX", &self.prefix);
        }
        command
    }

    /// Starts the shop and waits until it answers.
    async fn starts(&self) -> Process {
        let process = Process(self.program().arg("serve").spawn().unwrap());
        let deadline = Instant::now() + PATIENCE;
        while self.http.get(self.url("/readyz")).send().await.is_err() {
            assert!(Instant::now() < deadline, "the shop does not start");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        process
    }

    fn audits(&self) {
        let audit = self.program().arg("audit").stdout(Stdio::piped()).output().unwrap();
        assert!(audit.status.success(), "{}", String::from_utf8_lossy(&audit.stdout));
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.listen)
    }

    /// The demonstration's operator creates one SKU with enough stock for everybody.
    async fn stocks_up(&self) {
        let login = json!({ "username": "admin", "password": "admin" });
        let login = ask(&self.http, Method::POST, self.url("/api/user/login"), "", login).await;
        let token = login.unwrap()["accessToken"].as_str().unwrap().to_owned();
        let sku = json!({ "id": SKU, "name": "杯子", "price": 100, "num": 1_000_000 });
        ask(&self.http, Method::POST, self.url("/api/sku"), &token, sku).await.unwrap();
    }

    /// Buyers with a login each.
    async fn registers(&self) -> Vec<String> {
        let mut tokens = Vec::new();
        for nth in 0..BUYERS {
            let account = json!({ "username": format!("buyer{nth}"), "password": "correct horse" });
            let made = ask(&self.http, Method::POST, self.url("/api/user/add"), "", account).await;
            tokens.push(made.unwrap()["accessToken"].as_str().unwrap().to_owned());
        }
        tokens
    }

    /// Orders and asks for codes until the shop is killed.
    fn shops(&self, token: &str, said: Arc<Mutex<Said>>) -> impl Future<Output = ()> + Send + 'static {
        let (http, token, base) = (self.http.clone(), token.to_owned(), self.url(""));
        async move {
            loop {
                let put = format!("{base}/api/cart/add?id={SKU}&num=1");
                let order = json!({ "receiverContact": "张三", "receiverMobile": "13800138000",
                    "receiverAddress": "广东省深圳市南山区科苑路 15 号" });
                let Some(_) = ask(&http, Method::GET, put, &token, json!({})).await else {
                    return;
                };
                let placed = ask(&http, Method::POST, format!("{base}/api/order"), &token, order).await;
                let Some(placed) = placed else { return };
                let id = placed["id"].as_str().unwrap().to_owned();
                said.lock().unwrap().placed.insert(id.clone(), (token.clone(), placed));
                let create = format!("{base}/api/weixin/pay/create/native?outtradeno={id}");
                let Some(code) = ask(&http, Method::POST, create, &token, json!({})).await else {
                    return;
                };
                let code = code["code_url"].as_str().unwrap().to_owned();
                said.lock().unwrap().codes.push((id, code));
            }
        }
    }

    /// The phone pays; the shop is down.
    async fn pays(&self, code: &str) {
        let url = format!("http://{}/sim/pay", self.wechat.address());
        let paid = self.http.post(url).json(&json!({ "code_url": code }));
        assert!(paid.send().await.unwrap().status().is_success());
    }

    /// Every acknowledged order exists as it was answered.
    async fn has_all(&self, said: &Said) {
        for (id, (token, placed)) in &said.placed {
            let url = self.url(&format!("/api/order/{id}"));
            let there = ask(&self.http, Method::GET, url, token, json!({})).await.unwrap();
            for name in ["items", "totalNum", "totalMoney", "payMoney", "receiverAddress", "createTime"] {
                assert_eq!(there[name], placed[name], "{id}: {name}");
            }
        }
    }

    /// The order becomes paid by itself: WeChat sends the notice again, or the shop queries. The test reads the
    /// database, since the return page would query too.
    async fn comes_to_know(&self, token: &str, order: &str) {
        let deadline = Instant::now() + PATIENCE;
        let url = self.url(&format!("/api/order/{order}"));
        loop {
            let there = ask(&self.http, Method::GET, url.clone(), token, json!({})).await;
            if there.unwrap()["payStatus"] == "1" {
                return;
            }
            assert!(Instant::now() < deadline, "{order} was paid and the shop does not know");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// The data of a success; `None` once the shop is down.
async fn ask(http: &Client, method: Method, url: String, token: &str, body: Value) -> Option<Value> {
    let sent = http.request(method, &url).bearer_auth(token).json(&body).send();
    let answer: Value = sent.await.ok()?.json().await.ok()?;
    assert_eq!(answer["flag"], true, "{url}: {answer}");
    Some(answer["data"].clone())
}
