//! The program as a process that is killed at a chosen step. First a shop inside the test, with its clock in the
//! past, sets the scene ([`PastShop`]); then the program runs, is killed and started again in real time
//! ([`KillableProgram`]); at last a shop inside the test, with a clock that can be moved, shows what became of it.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use changgou::domain::clock::{Clock, UtcMs};
use changgou::infra::settings::{Protocol, Settings};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::support::second_connection::SecondConnection;
use crate::support::shop::{Platform, Shop, World, redis_url, use_v3};
use crate::support::wait::until;
use crate::support::wechat_proxy::{Call, Point, WechatProxy};

/// How far WeChat's clock is behind the shop's if a test begins in the past: a trade that is over for the shop is
/// still open at WeChat.
const BEHIND: Duration = Duration::from_secs(60);

const SERVE: &str = "serve";

/// A step at which the program is killed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Step {
    BeforeTheCall,
    AfterTheCall,
    BeforeTheCommit,
    AfterTheCommit,
}

/// A call to WeChat and the transaction that stores its answer.
pub struct CallAndCommit {
    pub call: Call,
    /// The tables that the transaction writes.
    pub writes: &'static [&'static str],
    /// A query: how many such transactions are committed.
    pub done: &'static str,
    /// The tables that the next transaction writes, if there is one.
    pub next: &'static [&'static str],
}

/// A shop inside the test, before the program takes over.
pub struct PastShop {
    pub shop: Shop,
    pub proxy: WechatProxy,
    behind: Duration,
}

/// The program, running or killed.
pub struct KillableProgram {
    pub world: World,
    pub proxy: WechatProxy,
    pub database: SecondConnection,
    /// The command it runs.
    runs: Vec<String>,
    process: Option<Child>,
}

/// Runs a test by API v2 and by API v3.
pub async fn by_both_apis(story: impl AsyncFn(Protocol)) {
    tokio::join!(story(Protocol::V2), story(Protocol::V3));
}

/// Sends a request and ignores the answer.
pub async fn sent_without_answer(request: RequestBuilder) {
    // The program is killed while it answers.
    let _ = request.send().await;
}

impl PastShop {
    /// Opens a shop with its clock `ago` in the past.
    pub async fn of(api: Protocol, ago: Duration) -> PastShop {
        let (proxy, begins) = (WechatProxy::new().await, Clock::System.now().minus(ago));
        let behind = if ago.is_zero() { Duration::ZERO } else { BEHIND };
        let world = World::new(
            begins.minus(behind),
            |_| {},
            |settings, wechat| {
                if api == Protocol::V3 {
                    use_v3(settings, wechat, Platform::PublicKey);
                }
                proxy.tap(settings);
            },
        );
        PastShop { shop: world.await.opens(begins).await, proxy, behind }
    }

    /// Closes the shop and sets WeChat's clock to now; the program does not run yet.
    pub async fn hands_over(self) -> KillableProgram {
        let PastShop { shop, proxy, behind } = self;
        let world = shop.closes().await;
        wechat_comes_to(&world, Clock::System.now().minus(behind)).await;
        let database = SecondConnection::at(&world.settings).await;
        KillableProgram { world, proxy, database, runs: vec![SERVE.to_owned()], process: None }
    }
}

impl KillableProgram {
    /// Sets the command that the program runs.
    pub fn sets_command(&mut self, args: &[&str]) {
        self.runs = args.iter().map(ToString::to_string).collect();
    }

    /// Starts the program, and waits until it takes requests if it serves.
    pub async fn starts(&mut self) {
        if self.process.is_none() {
            self.process = Some(self.spawn());
        }
        if self.runs[0] != SERVE {
            return;
        }
        let ready = format!("http://{}/readyz", self.world.settings.listen);
        let is_ready = async || {
            let told = self.world.http.get(&ready).send().await;
            told.is_ok_and(|told| told.status().is_success())
        };
        until(&format!("the program in {}", self.world.folder.display()), is_ready).await;
    }

    fn spawn(&self) -> Child {
        self.program().args(&self.runs).spawn().expect("the program starts")
    }

    /// Kills the program at a step of `work`. A request (`asked`) or the program's own worker does the work; `many`
    /// such calls are under way then.
    pub async fn is_killed_at(
        &mut self,
        step: Step,
        (work, many): (&CallAndCommit, u32),
        asked: impl Future<Output = ()> + Send + 'static,
    ) {
        let at = if step == Step::BeforeTheCall { Point::Before } else { Point::After };
        let held = self.proxy.holds(work.call, at);
        self.starts().await;
        let asking = tokio::spawn(asked);
        held.arrive(many).await;
        match step {
            Step::BeforeTheCall | Step::AfterTheCall => self.is_killed().await,
            Step::BeforeTheCommit => self.is_killed_inside(work.writes, || held.go_on()).await,
            Step::AfterTheCommit => {
                let done = (work.done, i64::from(many));
                self.is_killed_after(done, work.next, || held.go_on()).await;
            }
        }
        asking.abort();
        if step != Step::AfterTheCommit {
            assert_eq!(self.database.count(work.done).await, 0, "{}", work.done);
        }
    }

    /// Kills the program inside a transaction that writes these tables; starts it first if it does not run.
    pub async fn is_killed_inside(&mut self, tables: &'static [&'static str], begins: impl FnOnce()) {
        let blocked = self.database.blocks_inside(tables).await;
        if self.process.is_none() {
            self.process = Some(self.spawn());
        }
        begins();
        blocked.is_reached().await;
        kill(&mut self.process).await;
        blocked.ends().await;
        self.audits().await;
    }

    /// Kills the program before a transaction that writes these tables begins.
    pub async fn is_killed_before(&mut self, tables: &'static [&'static str], begins: impl FnOnce()) {
        let blocked = self.database.blocks_before(tables).await;
        begins();
        blocked.is_reached().await;
        kill(&mut self.process).await;
        blocked.ends().await;
        self.audits().await;
    }

    /// Kills the program as soon as a `select` gives `count`; transactions that write the tables of `next` are
    /// blocked.
    pub async fn is_killed_after(
        &mut self,
        (done, count): (&str, i64),
        next: &'static [&'static str],
        begins: impl FnOnce(),
    ) {
        let blocked = self.database.blocks_inside(next).await;
        begins();
        self.database.sees(done, count).await;
        kill(&mut self.process).await;
        blocked.ends().await;
        self.audits().await;
    }

    /// Kills the program now.
    pub async fn is_killed(&mut self) {
        kill(&mut self.process).await;
        self.audits().await;
    }

    /// Starts the program again, stops it by SIGTERM, and opens the shop inside the test.
    pub async fn becomes_shop(mut self) -> Shop {
        self.sets_command(&[SERVE]);
        self.starts().await;
        let mut process = self.process.take().unwrap();
        let term = format!("kill -TERM {}", process.id().expect("it lives"));
        assert!(Command::new("sh").args(["-c", &term]).status().await.unwrap().success());
        let ended = process.wait().await.unwrap();
        assert!(ended.success(), "{ended}; see {}", self.world.folder.display());
        let KillableProgram { world, database, .. } = self;
        database.leaves().await;
        let now = Clock::System.now();
        wechat_comes_to(&world, now).await;
        world.opens(now).await
    }

    /// `changgou audit` finds nothing, whenever the program was killed.
    async fn audits(&self) {
        let audit = self.runs(&["audit"]).await;
        assert!(audit.status.success(), "{}", String::from_utf8_lossy(&audit.stdout));
    }

    /// The buyer's phone pays, whether the program runs or not.
    pub async fn pays(&self, code_url: &str) {
        let url = format!("http://{}/sim/pay", self.world.wechat.address());
        let paid = self.world.http.post(url).json(&json!({ "code_url": code_url })).send().await.unwrap();
        assert!(paid.status().is_success(), "{}", paid.text().await.unwrap());
    }

    /// Runs a command to its end.
    pub async fn runs(&self, args: &[&str]) -> std::process::Output {
        self.program().args(args).stdout(Stdio::piped()).output().await.expect("it runs")
    }

    /// The program with the settings of the shop.
    fn program(&self) -> Command {
        let World { settings, folder, .. } = &self.world;
        let log = std::fs::File::options().create(true).append(true).open(folder.join("log")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_changgou"));
        command.env_clear().current_dir(folder).envs(variables(settings, folder));
        command.stdout(Stdio::null()).stderr(log).kill_on_drop(true);
        command
    }
}

/// `kill -9`.
async fn kill(process: &mut Option<Child>) {
    process.take().expect("it lives").kill().await.expect("it dies");
}

/// Advances WeChat's clock to that time.
async fn wechat_comes_to(world: &World, then: UtcMs) {
    let clock = world.http.get(format!("http://{}/sim/clock", world.wechat.address())).send().await;
    let now = clock.unwrap().json::<Value>().await.unwrap()["now_ms"].as_i64().unwrap();
    world.wechat.advance(then.since(UtcMs(now))).await;
}

/// The settings as environment variables.
fn variables(settings: &Settings, folder: &Path) -> Vec<(String, String)> {
    let wechat = settings.wechat.as_ref().unwrap();
    let mut all = vec![
        ("LISTEN", settings.listen.to_string()),
        ("DATABASE_URL", settings.database_url.clone()),
        ("WECHAT_APPID", wechat.appid.clone()),
        ("WECHAT_MCH_ID", wechat.mch_id.clone()),
        ("WECHAT_API_KEY", wechat.api_key.clone().unwrap()),
        ("WECHAT_BASE_URL", wechat.base_url.clone()),
        ("WECHAT_PROTOCOL", settings.wechat_protocol.word().to_owned()),
        ("REDIS_PREFIX", settings.cache_prefix.clone()),
        ("LOG", "warn".to_owned()),
    ];
    all.extend(redis_url().map(|url| ("REDIS_URL", url)));
    if let Some(amqp) = &settings.amqp {
        all.extend([("AMQP_URL", amqp.url.clone()), ("AMQP_PREFIX", amqp.prefix.clone())]);
    }
    if let Some(v3) = &wechat.v3 {
        let public = v3.public_key.as_ref().unwrap();
        let file = |name: &str, pem: &[u8]| {
            let path = folder.join(name);
            std::fs::write(&path, pem).unwrap();
            path.display().to_string()
        };
        all.extend([
            ("WECHAT_API_V3_KEY", v3.api_v3_key.clone()),
            ("WECHAT_SERIAL_NO", v3.serial_no.clone()),
            ("WECHAT_KEY_FILE", file("apiclient_key.pem", &v3.key_pem)),
            ("WECHAT_PUBLIC_KEY_ID", public.id.clone()),
            ("WECHAT_PUBLIC_KEY_FILE", file("pub_key.pem", &public.pem)),
        ]);
    }
    all.into_iter().map(|(name, value)| (format!("CHANGGOU_{name}"), value)).collect()
}

/// The shop's payments and refunds equal WeChat's; nothing waits for an operator, and no due work is left.
pub async fn amounts_match_wechat(shop: &Shop) {
    let trades = shop.trades().await;
    let sum = |name: &str| trades.iter().map(|trade| trade[name].as_i64().unwrap_or(0)).sum::<i64>();
    let sql = "select (select coalesce(cast(sum(total_fee) as signed), 0) from payment_attempt \
               where transaction_id is not null), (select coalesce(cast(sum(refund_fee) as signed), 0) \
               from payment_refund where state = 'done')";
    let ours = shop.rows::<(i64, i64)>(sql).await;
    assert_eq!(ours, [(sum("paid_fee"), sum("refunded_fee"))], "ours and WeChat's: {trades:#?}");
    for trade in &trades {
        assert!(trade["refunds"].as_array().unwrap().len() <= 1, "{trade:#}");
    }
    assert_eq!(shop.flags().await, []);
    let troubles = shop.operator().await.get("/api/admin/refund?state=trouble").await.ok();
    assert_eq!(troubles, json!([]));
    shop.work().await;
    let sql = format!("select kind, ref from due where due_ms <= {}", shop.clock.now().0);
    assert_eq!(shop.rows::<(String, String)>(&sql).await, []);
}
