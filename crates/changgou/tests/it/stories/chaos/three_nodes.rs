//! Nodes and servers are killed under load: three nodes on one database server, Redis and RabbitMQ, and buyers who
//! retry with the same key. At the end every acknowledged order exists once, every payment is settled, and the audit
//! finds nothing. Runs for `CHAOS_SECONDS` beside servers that it may kill (`ci/chaos.sh`); without that variable it
//! does nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use changgou::infra::settings::AmqpSettings;
use mysql_async::prelude::Queryable;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use wechatpay_simulator::{Merchant, Simulator, SimulatorOptions};

use crate::support::rabbitmq::{Rabbit, heard, json as read_json};
use crate::support::shop::{free_address, fresh_folder};
use crate::support::wait::until;
use crate::support::wechat::text;
use crate::support::{rabbitmq, servers};

const NODES: usize = 3;
const SKUS: usize = 40;

/// Pieces of each SKU: the popular one sells out, the others do not.
const STOCK: usize = 2000;

/// The fault in which the broker stays down until the buyers are done.
const GONE: &str = "amqp-gone";

/// The time between two faults.
const PAUSE: Duration = Duration::from_secs(4);

/// How long settlement may take once all servers are up again.
const RECOVERY: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_acknowledged_is_lost_whatever_is_killed() {
    let Some(seconds) = number("CHAOS_SECONDS") else { return };
    let mut stage = Stage::set(number("CHAOS_BUYERS").unwrap_or(40)).await;
    let said = Arc::new(Said::default());
    let mut shopping = JoinSet::new();
    for token in &stage.tokens {
        shopping.spawn(Buyer::new(&stage, token, said.clone()).shop());
    }
    let until = Instant::now() + Duration::from_secs(seconds as u64);
    let faults = faults();
    for nth in 0.. {
        tokio::time::sleep(PAUSE.min(until.saturating_duration_since(Instant::now()))).await;
        if Instant::now() >= until {
            break;
        }
        stage.pull(&faults[nth % faults.len()], nth).await;
    }
    said.over.store(true, Ordering::SeqCst);
    shopping.join_all().await;
    stage.ends_what_lasts().await;
    stage.recovers(&said).await;
    stage.has_all(&said).await;
    stage.has_told_all(&said).await;
    stage.audits();
    let (placed, paid) = (said.placed.lock().unwrap().len(), said.paid.lock().unwrap().len());
    let (unclear, refused) = (said.unclear.load(Ordering::SeqCst), said.refused.load(Ordering::SeqCst));
    println!(
        "{} buyers, {seconds} s, {} plugs pulled ({}): {placed} orders acknowledged, {paid} paid, {refused} refused, \
         {unclear} answers that had to be asked for again; all there once, all settled, laws hold",
        stage.tokens.len(),
        stage.pulled.values().sum::<usize>(),
        stage.pulled.iter().map(|(what, times)| format!("{what} {times}")).collect::<Vec<_>>().join(", "),
    );
    assert!(placed > 20 && paid > 2, "too little happened to prove anything");
    stage.strikes().await;
}

/// The broker of this run, without a prefix.
fn broker() -> Option<AmqpSettings> {
    variable("TEST_AMQP_URL").map(|url| AmqpSettings { url, prefix: String::new() })
}

fn variable(name: &str) -> Option<String> {
    std::env::var_os(name)?.into_string().ok().filter(|value| !value.is_empty())
}

fn number(name: &str) -> Option<usize> {
    variable(name)?.parse().ok()
}

/// The faults, in turn: `node`, `mysql`, `redis` (which loses its data), `amqp`, and `all` at once. `amqp-gone` keeps
/// the broker down until the buyers are done.
fn faults() -> Vec<String> {
    let listed = variable("CHAOS_FAULTS").unwrap_or_else(|| "node,mysql,redis,amqp,all".to_owned());
    listed.split(',').map(str::to_owned).collect()
}

/// What the buyers' answers said.
#[derive(Default)]
struct Said {
    over: AtomicBool,
    /// Orders by name, with the token of their buyer.
    placed: Mutex<BTreeMap<String, String>>,
    /// Orders that were paid by phone.
    paid: Mutex<BTreeSet<String>>,
    unclear: AtomicUsize,
    refused: AtomicUsize,
}

/// A node that runs until it is dropped (SIGKILL).
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// Three nodes, their servers and their WeChat.
struct Stage {
    folder: PathBuf,
    database: String,
    listen: Vec<SocketAddr>,
    nodes: Vec<Option<Process>>,
    wechat: Simulator,
    http: Client,
    tokens: Vec<String>,
    skus: Vec<String>,
    pulled: BTreeMap<String, usize>,
}

impl Stage {
    async fn set(buyers: usize) -> Stage {
        let folder = fresh_folder();
        let wechat = SimulatorOptions::new(([127, 0, 0, 1], 0).into(), Merchant::demo());
        let mut stage = Stage {
            database: servers::fresh_database(&folder).await,
            listen: (0..NODES).map(|_| free_address()).collect(),
            nodes: Vec::new(),
            wechat: wechatpay_simulator::start(wechat).await.unwrap(),
            http: Client::builder().no_proxy().timeout(Duration::from_secs(30)).build().unwrap(),
            tokens: Vec::new(),
            skus: Vec::new(),
            pulled: BTreeMap::new(),
            folder,
        };
        stage.seeds(buyers).await;
        for nth in 0..NODES {
            let started = stage.program(nth).arg("serve").spawn().unwrap();
            stage.nodes.push(Some(Process(started)));
        }
        for nth in 0..NODES {
            stage.is_ready(nth).await;
        }
        if let Some(amqp) = broker() {
            let rabbit = Rabbit::at(&amqp).await;
            drop(rabbit.listens("order.placed").await);
            rabbit.leaves().await;
        }
        stage
    }

    fn program(&self, nth: usize) -> Command {
        let Merchant { appid, mch_id, api_key } = Merchant::demo();
        let program = variable("CHAOS_PROGRAM").unwrap_or_else(|| env!("CARGO_BIN_EXE_changgou").to_owned());
        let log =
            std::fs::File::options().create(true).append(true).open(self.folder.join(format!("{nth}.log")));
        let mut command = Command::new(program);
        for (setting, server) in
            [("CHANGGOU_REDIS_URL", "TEST_REDIS_URL"), ("CHANGGOU_AMQP_URL", "TEST_AMQP_URL")]
        {
            command.envs(variable(server).map(|url| (setting, url)));
        }
        command
            .current_dir(&self.folder)
            .env("CHANGGOU_LISTEN", self.listen[nth].to_string())
            .env("CHANGGOU_DATABASE_URL", &self.database)
            .env("CHANGGOU_DEMO", "true")
            .env("CHANGGOU_WECHAT_APPID", appid)
            .env("CHANGGOU_WECHAT_MCH_ID", mch_id)
            .env("CHANGGOU_WECHAT_API_KEY", api_key)
            .env("CHANGGOU_WECHAT_BASE_URL", format!("http://{}", self.wechat.address()))
            .env("CHANGGOU_LOG", "warn")
            .stdout(Stdio::null())
            .stderr(log.unwrap());
        command
    }

    async fn seeds(&mut self, buyers: usize) {
        let (buyers, skus, stock) = (buyers.to_string(), SKUS.to_string(), STOCK.to_string());
        let args = ["seed", "--users", &buyers, "--skus", &skus, "--stock", &stock, "--tokens", "tokens"];
        assert!(self.program(0).args(args).status().unwrap().success());
        let tokens = std::fs::read_to_string(self.folder.join("tokens")).unwrap();
        let token =
            |line: &str| serde_json::from_str::<Value>(line).unwrap()["token"].as_str().unwrap().to_owned();
        self.tokens = tokens.lines().skip(1).map(token).collect();
        let mut connection = servers::connect(&self.database).await;
        let numbers: Vec<i64> =
            connection.query("select id from tb_sku order by id desc limit 40").await.unwrap();
        self.skus = numbers.iter().map(i64::to_string).collect();
        connection.disconnect().await.unwrap();
    }

    async fn is_ready(&self, nth: usize) {
        let deadline = Instant::now() + RECOVERY;
        let url = format!("http://{}/readyz", self.listen[nth]);
        while !self.http.get(&url).send().await.is_ok_and(|reply| reply.status() == StatusCode::OK) {
            assert!(Instant::now() < deadline, "node {nth} is not ready; see {}", self.folder.display());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn pull(&mut self, what: &str, nth: usize) {
        if what == GONE && self.pulled.contains_key(GONE) {
            return;
        }
        *self.pulled.entry(what.to_owned()).or_default() += 1;
        match what {
            "node" => self.kills_a_node(nth),
            "redis" => empty_redis().await,
            "all" => {
                self.kills_a_node(nth);
                empty_redis().await;
                tokio::join!(again("redis"), again("amqp"), again("mysql"));
            }
            GONE => servers_sh("--kill", "amqp").await,
            server => again(server).await,
        }
    }

    /// Starts a broker that was down all the time.
    async fn ends_what_lasts(&self) {
        if self.pulled.contains_key(GONE) {
            again("amqp").await;
        }
    }

    fn kills_a_node(&mut self, nth: usize) {
        let nth = nth % NODES;
        self.nodes[nth] = None;
        self.nodes[nth] = Some(Process(self.program(nth).arg("serve").spawn().unwrap()));
    }

    /// Waits until every node is ready and every payment is settled. A node that could not start without its database
    /// is started once more, as a supervisor does.
    async fn recovers(&mut self, said: &Said) {
        let began = Instant::now();
        for nth in 0..NODES {
            let ended = self.nodes[nth].as_mut().is_none_or(|node| node.0.try_wait().unwrap().is_some());
            if ended {
                self.kills_a_node(nth);
            }
            self.is_ready(nth).await;
        }
        let paid = said.paid.lock().unwrap().clone();
        let mut connection = servers::connect(&self.database).await;
        loop {
            let sql = "select id from tb_order where pay_status = '1' and pay_type = '1'";
            let settled: Vec<String> = connection.query(sql).await.unwrap();
            let settled: BTreeSet<String> = settled.into_iter().collect();
            let open: Vec<&String> = paid.difference(&settled).collect();
            if open.is_empty() {
                break;
            }
            assert!(
                began.elapsed() < RECOVERY,
                "paid and not settled: {open:?}; see {}",
                self.folder.display()
            );
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        println!(
            "settled {:.1} s after the last plug was pulled and the buyers had gone",
            began.elapsed().as_secs_f64()
        );
        connection.disconnect().await.unwrap();
    }

    /// Every acknowledged order exists, belongs to its buyer, and no key made two orders.
    async fn has_all(&self, said: &Said) {
        let placed = said.placed.lock().unwrap().clone();
        let mut connection = servers::connect(&self.database).await;
        let there: Vec<String> = connection.query("select id from tb_order").await.unwrap();
        let there: BTreeSet<String> = there.into_iter().collect();
        let lost: Vec<&String> = placed.keys().filter(|id| !there.contains(*id)).collect();
        assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
        let keys: Vec<(i64, i64)> = connection
            .query("select count(*), count(distinct order_id) from idempotency_key where key_text like '%chaos-%'")
            .await
            .unwrap();
        // Each request had its own key: more orders than keys means that one was placed twice.
        assert_eq!(keys[0].0, keys[0].1);
        assert_eq!(keys[0].1 as usize, there.len(), "orders that no key stands for");
        connection.disconnect().await.unwrap();
    }

    /// The outbox empties, and another system received an event of every acknowledged order.
    async fn has_told_all(&self, said: &Said) {
        let Some(amqp) = broker() else { return };
        let began = Instant::now();
        let mut connection = servers::connect(&self.database).await;
        let waiting = async |connection: &mut mysql_async::Conn| {
            connection.query_first::<i64, _>("select count(*) from outbox").await.unwrap().unwrap()
        };
        while waiting(&mut connection).await > 0 {
            assert!(began.elapsed() < RECOVERY, "the outbox is not emptied; see {}", self.folder.display());
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        connection.disconnect().await.unwrap();
        println!("outbox empty {:.1} s after that", began.elapsed().as_secs_f64());
        let placed: BTreeSet<String> = said.placed.lock().unwrap().keys().cloned().collect();
        until("the broker answers", async || rabbitmq::answers(&amqp).await).await;
        let rabbit = Rabbit::at(&amqp).await;
        let mut listener = rabbit.listens("order.placed").await;
        let mut told = BTreeSet::new();
        while !placed.is_subset(&told) {
            told.insert(text(&read_json(&heard(&mut listener).await.data)["order_id"]));
        }
        rabbit.leaves().await;
    }

    fn audits(&self) {
        let audit = self.program(0).arg("audit").stdout(Stdio::piped()).output().unwrap();
        assert!(audit.status.success(), "{}", String::from_utf8_lossy(&audit.stdout));
    }

    async fn strikes(self) {
        let Stage { nodes, wechat, folder, database, .. } = self;
        drop(nodes);
        wechat.stop().await;
        servers::drop_database(&database).await;
        std::fs::remove_dir_all(folder).unwrap();
    }
}

/// Kills a server and starts it again with its data.
async fn again(server: &str) {
    servers_sh("--again", server).await;
}

async fn servers_sh(what: &str, server: &str) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ci/servers.sh");
    let done = tokio::process::Command::new("bash").args([script, what, server]).status().await;
    assert!(done.unwrap().success(), "{what} {server}");
}

async fn empty_redis() {
    let Some(url) = variable("TEST_REDIS_URL") else { return };
    let done = tokio::process::Command::new("redis-cli").args(["-u", &url, "flushall"]).output().await;
    assert!(done.unwrap().status.success(), "Redis is emptied");
}

/// A buyer who orders again and again, at any node.
struct Buyer {
    http: Client,
    token: String,
    nodes: Vec<SocketAddr>,
    next: usize,
    skus: Vec<String>,
    wechat: SocketAddr,
    said: Arc<Said>,
    think: Duration,
}

impl Buyer {
    fn new(stage: &Stage, token: &str, said: Arc<Said>) -> Buyer {
        Buyer {
            http: stage.http.clone(),
            token: token.to_owned(),
            nodes: stage.listen.clone(),
            next: token.bytes().map(usize::from).sum(),
            skus: stage.skus.clone(),
            wechat: stage.wechat.address(),
            said,
            think: Duration::from_millis(number("CHAOS_THINK_MS").unwrap_or(0) as u64),
        }
    }

    async fn shop(mut self) {
        for round in 0.. {
            if self.said.over.load(Ordering::SeqCst) {
                return;
            }
            tokio::time::sleep(self.think).await;
            self.next += 7;
            // The first SKU is the popular one.
            let skus = [self.skus[0].clone(), self.skus[1 + self.next % (SKUS - 1)].clone()];
            let wanted = &skus[usize::from(round % 2 == 0)];
            if let Some(order) = self.buy(wanted, round).await
                && round % 3 == 0
            {
                self.pay(&order).await;
            }
        }
    }

    async fn buy(&mut self, sku: &str, round: usize) -> Option<String> {
        let put = format!("/api/cart/add?id={sku}&num=1");
        let key = format!("chaos-{}-{round}", self.next);
        loop {
            // Fills a cart again that was lost with Redis.
            self.asks(Method::POST, &put, None, json!({})).await?;
            match self.asks(Method::POST, "/api/order", Some(&key), json!({ "skuIds": [sku] })).await? {
                (StatusCode::OK, answer) => {
                    let id = answer["data"]["id"].as_str().unwrap().to_owned();
                    self.said.placed.lock().unwrap().insert(id.clone(), self.token.clone());
                    return Some(id);
                }
                (_, answer) if answer["reason"] == "cart_empty" || answer["reason"] == "not_in_cart" => {}
                (_, answer) => {
                    assert_eq!(answer["reason"], "stock_short", "{answer}");
                    self.said.refused.fetch_add(1, Ordering::SeqCst);
                    return None;
                }
            }
        }
    }

    async fn pay(&mut self, order: &str) {
        let create = format!("/api/weixin/pay/create/native?outtradeno={order}");
        let Some((StatusCode::OK, code)) = self.asks(Method::POST, &create, None, json!({})).await else {
            return;
        };
        let pay = self.http.post(format!("http://{}/sim/pay", self.wechat));
        let paid = pay.json(&json!({ "code_url": code["data"]["code_url"] })).send().await.unwrap();
        assert!(paid.status().is_success());
        self.said.paid.lock().unwrap().insert(order.to_owned());
    }

    /// Retries at another node each time until there is a definite answer; `None` if the run is over without one.
    async fn asks(
        &mut self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: Value,
    ) -> Option<(StatusCode, Value)> {
        let deadline = Instant::now() + RECOVERY * 2;
        loop {
            let node = self.nodes[self.next % self.nodes.len()];
            let request =
                self.http.request(method.clone(), format!("http://{node}{path}")).bearer_auth(&self.token);
            let request =
                key.into_iter().fold(request, |request, key| request.header("idempotency-key", key));
            if let Ok(reply) = request.json(&body).send().await {
                let status = reply.status();
                let answer = reply.json::<Value>().await;
                match answer {
                    Ok(answer) if !status.is_server_error() && status != StatusCode::TOO_MANY_REQUESTS => {
                        return Some((status, answer));
                    }
                    Ok(_) | Err(_) => {}
                }
            }
            assert!(Instant::now() < deadline, "nobody answers {path}");
            self.said.unclear.fetch_add(1, Ordering::SeqCst);
            self.next += 1;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}
