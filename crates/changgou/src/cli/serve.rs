//! Runs the shop: its web door, its worker and, in a demonstration, the
//! simulated WeChat Pay. A stop finishes what was accepted.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing_subscriber::EnvFilter;
use wechatpay_simulator::{Merchant, MerchantKeys, Simulator};

use super::{Failed, leave, merchant, shop};
use crate::domain::clock::Clock;
use crate::domain::redact_url::without_login;
use crate::flow::{App, demo, node};
use crate::infra::db::Open;
use crate::infra::queue::{QUIET, Trouble};
use crate::infra::settings::{Protocol, PublicKey, Role, Settings, Wechat, WechatV3};
use crate::web::{self, Web, router};
use crate::worker::{certificates, consumer, due_work, outbox_relay};

/// How often counters are tidied and the worker number is renewed.
const TICK: Duration = Duration::from_secs(10);

/// Histograms of what is done together, and their bounds, in orders.
const TOGETHER: [&str; 2] = ["changgou_place_batch_orders", "changgou_settled_together"];
const BATCHES: [f64; 12] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0];

/// Bounds of the other histograms, in seconds.
const BUCKETS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// Who does the work whose time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worker {
    /// A task of this process.
    Own,
    /// Whoever calls [`due_work::step`]: a test.
    Called,
}

/// A shop that runs.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// The shop itself.
    pub app: Arc<App>,
    web: Web,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    server: JoinHandle<()>,
    simulator: Option<Simulator>,
}

/// The command: runs until it is told to stop.
pub async fn serve(settings: Settings) -> Result<(), Failed> {
    log(&settings);
    let asked = stop_asked();
    let running = start(settings, Clock::System, Worker::Own).await?;
    banner(&running);
    asked.await;
    tracing::info!("stopping; accepted requests are finished first");
    running.stop().await
}

/// Starts a shop. Nothing listens before everything behind it is ready.
pub async fn start(settings: Settings, clock: Clock, work: Worker) -> Result<Running, Failed> {
    let listener = bind(settings.listen).await?;
    let address = listener.local_addr().map_err(|error| Failed::Io("listen".to_owned(), error))?;
    let simulator = simulator(&settings).await?;
    let settings = simulator.iter().fold(settings, with_simulated);
    let role = settings.role;
    let app = shop(&settings, Open::Migrate, clock).await?;
    fill_or_refuse(&app).await?;
    greet_broker(&app).await?;
    let (stop, stopped) = watch::channel(false);
    let mut tasks = vec![
        tokio::spawn(keep_house(app.clone(), stopped.clone())),
        tokio::spawn(certificates::run(app.clone(), stopped.clone())),
    ];
    if work == Worker::Own && role != Role::Web {
        tasks.push(tokio::spawn(due_work::run(app.clone(), stopped.clone())));
        tasks.extend(carriers(&app, &stopped));
    }
    let door = Web::new(app.clone(), recorder()?);
    let server = tokio::spawn(web::listen(listener, router(door.clone()), stopped));
    Ok(Running { address, app, web: door, stop, tasks, server, simulator })
}

async fn bind(address: SocketAddr) -> Result<TcpListener, Failed> {
    TcpListener::bind(address).await.map_err(|error| Failed::Io(format!("cannot listen on {address}"), error))
}

async fn simulator(settings: &Settings) -> Result<Option<Simulator>, Failed> {
    if !settings.demo || settings.wechat.is_some() {
        return Ok(None);
    }
    let mut options = wechatpay_simulator::SimulatorOptions::new(settings.simulator_listen, Merchant::demo());
    options.native_callback_url = Some(settings.wechat_native_callback_url());
    Ok(Some(wechatpay_simulator::start(options).await?))
}

/// The settings with the account the simulator knows. Making keys for API v3
/// takes a moment, so they are only made where they are used.
fn with_simulated(settings: Settings, simulator: &Simulator) -> Settings {
    let account = Wechat { base_url: format!("http://{}", simulator.address()), ..merchant(&settings) };
    let v3 = match settings.wechat_protocol {
        Protocol::V2 => None,
        Protocol::V3 => simulator.merchant_keys(&account.mch_id).map(|keys| v3_keys(keys, simulator)),
    };
    Settings { wechat: Some(Wechat { v3, ..account }), ..settings }
}

fn v3_keys(keys: MerchantKeys, simulator: &Simulator) -> WechatV3 {
    let platform = simulator.platform_keys();
    WechatV3 {
        api_v3_key: keys.api_v3_key,
        api_v3_key_old: None,
        serial_no: keys.serial_no,
        key_pem: keys.private_key_pem.into_bytes(),
        public_key: Some(PublicKey { id: platform.public_key_id, pem: platform.public_key_pem.into_bytes() }),
    }
}

/// A demonstration gets its data; a real shop must not have a door that everybody can open.
async fn fill_or_refuse(app: &App) -> Result<(), Failed> {
    if app.settings.demo {
        return Ok(demo::fill(app).await?);
    }
    let open = demo::open_doors(app).await?;
    if open.is_empty() {
        return Ok(());
    }
    let names = open.join(" and ");
    Err(Failed::told(format!(
        "{names} still have the passwords of the demonstration; use a fresh database_url"
    )))
}

/// A broker that refuses this shop is a mistake in the settings; one that is
/// away only makes events late.
async fn greet_broker(app: &App) -> Result<(), Failed> {
    let Some(broker) = &app.broker else { return Ok(()) };
    match broker.greet().await {
        Ok(()) => Ok(()),
        Err(Trouble::Away(why)) => {
            tracing::warn!(why, "the broker is away; the shop opens, and events wait in the outbox");
            Ok(())
        }
        Err(refused @ Trouble::Refused(_)) => Err(refused.into()),
    }
}

/// Whoever carries messages to and from the broker.
fn carriers(app: &Arc<App>, stopped: &watch::Receiver<bool>) -> Vec<JoinHandle<()>> {
    let Some(broker) = &app.broker else { return Vec::new() };
    vec![
        tokio::spawn(outbox_relay::run(app.clone(), stopped.clone())),
        tokio::spawn(consumer::run(app.clone(), broker.clone(), stopped.clone())),
    ]
}

/// Keeps this node's place among the others and tidies the counters.
async fn keep_house(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        tokio::select! {
            () = tokio::time::sleep(TICK) => {}
            _ = stopped.changed() => return,
        }
        if let Ok(recorder) = recorder() {
            recorder.run_upkeep();
        }
        node::keep(&app).await;
    }
}

impl Running {
    /// Where the simulated WeChat Pay listens, if there is one.
    pub fn simulator(&self) -> Option<SocketAddr> {
        self.simulator.as_ref().map(Simulator::address)
    }

    /// Lets the reverse proxy notice, finishes what was accepted, then closes everything.
    pub async fn stop(self) -> Result<(), Failed> {
        self.web.drain();
        tokio::time::sleep(self.app.settings.drain).await;
        self.stop.send_replace(true);
        for task in self.tasks {
            task.await.map_err(|error| Failed::told(error.to_string()))?;
        }
        self.server.await.map_err(|error| Failed::told(error.to_string()))?;
        leave(&self.app).await?;
        if let Some(simulator) = self.simulator {
            simulator.stop().await;
        }
        Ok(())
    }
}

/// One recorder a process, however many shops run in it.
fn recorder() -> Result<PrometheusHandle, Failed> {
    static RECORDER: OnceLock<Result<PrometheusHandle, String>> = OnceLock::new();
    let built = RECORDER.get_or_init(|| {
        let counted = |builder: PrometheusBuilder, name: &&str| {
            builder.set_buckets_for_metric(Matcher::Full((*name).to_owned()), &BATCHES)
        };
        let builder = PrometheusBuilder::new().set_buckets(&BUCKETS);
        let builder = builder.and_then(|builder| TOGETHER.iter().try_fold(builder, counted));
        builder.and_then(PrometheusBuilder::install_recorder).map_err(|error| error.to_string())
    });
    built.clone().map_err(Failed::told)
}

fn log(settings: &Settings) {
    let asked = |log: &str| format!("{QUIET},{log}");
    let filter = EnvFilter::try_new(asked(&settings.log)).unwrap_or_else(|_| EnvFilter::new(asked("info")));
    let format = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if settings.log_json { format.json().init() } else { format.init() }
}

fn banner(running: &Running) {
    let shop = format!("http://{}", running.address);
    println!("Changgou  {shop}   API docs {shop}/api-docs");
    if let Some(simulator) = running.simulator() {
        println!("WeChat Pay simulator  http://{simulator}   (the phone that pays)");
    }
    if running.app.settings.demo {
        println!("Demo logins  demo/demo (buyer)   admin/admin (operator)");
    }
    let wechat = merchant(&running.app.settings);
    let (database, role) =
        (without_login(&running.app.settings.database_url), running.app.settings.role.word());
    tracing::info!(%shop, merchant = wechat.mch_id, database, role, "serving");
}

/// Listens for the signals to stop; the future ends when one has come. A
/// signal that comes while the shop is still starting is kept for then.
fn stop_asked() -> impl Future<Output = ()> {
    let mut terminate = signal(SignalKind::terminate()).expect("signals can be listened to");
    let mut interrupt = signal(SignalKind::interrupt()).expect("signals can be listened to");
    async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
}
