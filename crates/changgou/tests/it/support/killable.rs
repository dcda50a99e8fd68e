//! The program itself, killed at a step that the world outside chooses. What
//! was before it a shop of this process tells, whose clock stands in the past;
//! then the program lives, dies and lives again in real time; what comes later
//! a shop of this process tells, whose clock can be moved.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use changgou::domain::clock::{Clock, UtcMs};
use changgou::infra::settings::{Protocol, Settings};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::support::rabbitmq::until;
use crate::support::second_connection::Outside;
use crate::support::shop::{Platform, Shop, World, redis_url, speak_v3};
use crate::support::wire::{Call, Point, Wire};

/// How far WeChat's clock is behind the shop's where a story begins in the past:
/// a trade whose time is over here is open there.
const BEHIND: Duration = Duration::from_secs(60);

/// The command that runs the shop.
const SERVE: &str = "serve";

/// A step at which the program dies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Step {
    BeforeTheCall,
    AfterTheCall,
    BeforeTheCommit,
    AfterTheCommit,
}

/// A call to WeChat and the transaction that keeps its answer.
pub struct Deed {
    pub call: Call,
    /// The tables the transaction writes.
    pub writes: &'static [&'static str],
    /// How many of them are committed.
    pub done: &'static str,
    /// The tables that the transaction behind it writes, if there is one.
    pub next: &'static [&'static str],
}

/// A shop before its program dies.
pub struct Past {
    pub shop: Shop,
    pub wire: Wire,
    behind: Duration,
}

/// A program that lives, or died.
pub struct Life {
    pub world: World,
    pub wire: Wire,
    pub outside: Outside,
    /// The command that is to run.
    runs: Vec<String>,
    process: Option<Child>,
}

/// Tells a story by API v2 and by API v3.
pub async fn by_both(story: impl AsyncFn(Protocol)) {
    tokio::join!(story(Protocol::V2), story(Protocol::V3));
}

/// A request whose answer nobody hears.
pub async fn unheard(request: RequestBuilder) {
    // The program dies over it.
    let _ = request.send().await;
}

impl Past {
    /// So long ago a shop opens.
    pub async fn of(api: Protocol, ago: Duration) -> Past {
        let (wire, begins) = (Wire::new().await, Clock::System.now().minus(ago));
        let behind = if ago.is_zero() { Duration::ZERO } else { BEHIND };
        let world = World::new(
            begins.minus(behind),
            |_| {},
            |settings, wechat| {
                if api == Protocol::V3 {
                    speak_v3(settings, wechat, Platform::PublicKey);
                }
                wire.tap(settings);
            },
        );
        Past { shop: world.await.opens(begins).await, wire, behind }
    }

    /// The present comes; the program does not run yet.
    pub async fn ends(self) -> Life {
        let Past { shop, wire, behind } = self;
        let world = shop.closes().await;
        wechat_comes_to(&world, Clock::System.now().minus(behind)).await;
        let outside = Outside::at(&world.settings).await;
        Life { world, wire, outside, runs: vec![SERVE.to_owned()], process: None }
    }
}

impl Life {
    /// From now on it runs this command.
    pub fn is_to_run(&mut self, args: &[&str]) {
        self.runs = args.iter().map(ToString::to_string).collect();
    }

    /// The program runs, and takes requests if it is to.
    pub async fn lives(&mut self) {
        if self.process.is_none() {
            self.process = Some(self.starts());
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

    fn starts(&self) -> Child {
        self.program().args(&self.runs).spawn().expect("the program starts")
    }

    /// Dies at a step of a deed that `asked` makes it do, or, where that asks for
    /// nothing, its own worker. So many such calls are on their way then.
    pub async fn dies(
        &mut self,
        step: Step,
        (deed, many): (&Deed, u32),
        asked: impl Future<Output = ()> + Send + 'static,
    ) {
        let at = if step == Step::BeforeTheCall { Point::Before } else { Point::After };
        let caught = self.wire.catches(deed.call, at);
        self.lives().await;
        let asking = tokio::spawn(asked);
        caught.come(many).await;
        match step {
            Step::BeforeTheCall | Step::AfterTheCall => self.dies_now().await,
            Step::BeforeTheCommit => self.dies_within(deed.writes, || caught.go_on()).await,
            Step::AfterTheCommit => {
                let done = (deed.done, i64::from(many));
                self.dies_after(done, deed.next, || caught.go_on()).await;
            }
        }
        asking.abort();
        if step != Step::AfterTheCommit {
            assert_eq!(self.outside.count(deed.done).await, 0, "{}", deed.done);
        }
    }

    /// Dies in the middle of a transaction that writes these tables; where it
    /// does not live, it is started for that.
    pub async fn dies_within(&mut self, tables: &'static [&'static str], begins: impl FnOnce()) {
        let halt = self.outside.halts(tables).await;
        if self.process.is_none() {
            self.process = Some(self.starts());
        }
        begins();
        halt.is_reached().await;
        kill(&mut self.process).await;
        halt.ends().await;
        self.audits().await;
    }

    /// Dies before a transaction that writes these tables has begun.
    pub async fn dies_waiting(&mut self, tables: &'static [&'static str], begins: impl FnOnce()) {
        let halt = self.outside.keeps_from(tables).await;
        begins();
        halt.is_reached().await;
        kill(&mut self.process).await;
        halt.ends().await;
        self.audits().await;
    }

    /// Dies as soon as a `select` gives that number; what writes the tables of
    /// `next` does not come to its end.
    pub async fn dies_after(
        &mut self,
        (done, count): (&str, i64),
        next: &'static [&'static str],
        begins: impl FnOnce(),
    ) {
        let halt = self.outside.halts(next).await;
        begins();
        self.outside.sees(done, count).await;
        kill(&mut self.process).await;
        halt.ends().await;
        self.audits().await;
    }

    /// Dies where it stands.
    pub async fn dies_now(&mut self) {
        kill(&mut self.process).await;
        self.audits().await;
    }

    /// The program runs again, and is ended as it should be; later is now, and
    /// a shop of this process stands there.
    pub async fn later(mut self) -> Shop {
        self.is_to_run(&[SERVE]);
        self.lives().await;
        let mut process = self.process.take().unwrap();
        let term = format!("kill -TERM {}", process.id().expect("it lives"));
        assert!(Command::new("sh").args(["-c", &term]).status().await.unwrap().success());
        let ended = process.wait().await.unwrap();
        assert!(ended.success(), "{ended}; see {}", self.world.folder.display());
        let Life { world, outside, .. } = self;
        outside.leaves().await;
        let now = Clock::System.now();
        wechat_comes_to(&world, now).await;
        world.opens(now).await
    }

    /// The laws hold, says the program, whenever it died.
    async fn audits(&self) {
        let audit = self.runs(&["audit"]).await;
        assert!(audit.status.success(), "{}", String::from_utf8_lossy(&audit.stdout));
    }

    /// The buyer's phone pays; whether the program lives is all the same to it.
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

/// Time passes at WeChat until then.
async fn wechat_comes_to(world: &World, then: UtcMs) {
    let clock = world.http.get(format!("http://{}/sim/clock", world.wechat.address())).send().await;
    let now = clock.unwrap().json::<Value>().await.unwrap()["now_ms"].as_i64().unwrap();
    world.wechat.advance(then.since(UtcMs(now))).await;
}

/// The settings as the environment has them.
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

/// What WeChat took and gave back is in the shop's books, once; nothing waits
/// for a person, and nothing that is due stays undone.
pub async fn adds_up(shop: &Shop) {
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
