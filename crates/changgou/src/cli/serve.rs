//! `changgou serve`: runs the web server, the worker and, in demo mode, the
//! WeChat Pay simulator. A stop finishes the requests it accepted.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing_subscriber::EnvFilter;

use super::demo_simulator::{self, DemoSimulator};
use super::{CommandError, close_shop, open_shop};
use crate::domain::clock::Clock;
use crate::domain::redact_url::redact_login;
use crate::flow::{App, demo, node};
use crate::infra::db::OpenMode;
use crate::infra::metrics::{self, PLACE_BATCH_ORDERS, SETTLED_TOGETHER};
use crate::infra::queue::{BrokerError, QUIET};
use crate::infra::settings::{NodeRole, Settings};
use crate::web::{self, WebState, router};
use crate::worker::{certificates, consumer, due_work, outbox_relay};

/// How often the metrics are compacted and the worker number is renewed.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(10);

/// Histograms of batch sizes, with buckets in orders.
const BATCH_HISTOGRAMS: [&str; 2] = [PLACE_BATCH_ORDERS, SETTLED_TOGETHER];
const BATCH_BUCKETS: [f64; 12] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0];

/// Buckets of the other histograms, in seconds.
const SECONDS_BUCKETS: [f64; 12] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// Who runs due work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worker {
    /// A task of this process.
    Own,
    /// A test, which calls [`due_work::step`].
    Called,
}

pub struct RunningShop {
    /// The address it listens on.
    pub address: SocketAddr,
    /// The shop itself.
    pub app: Arc<App>,
    web: WebState,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    server: JoinHandle<()>,
    simulator: Option<DemoSimulator>,
}

/// Runs until SIGTERM or SIGINT.
pub async fn serve(settings: Settings) -> Result<(), CommandError> {
    log(&settings);
    let stop_signal = wait_for_stop_signal();
    let running = start(settings, Clock::System, Worker::Own).await?;
    banner(&running);
    stop_signal.await;
    tracing::info!("stopping; accepted requests are finished first");
    running.stop().await
}

/// Starts a shop. Nothing listens before everything behind it is ready.
pub async fn start(settings: Settings, clock: Clock, work: Worker) -> Result<RunningShop, CommandError> {
    let listener = bind(settings.listen).await?;
    let address = listener.local_addr().map_err(|error| CommandError::Io("listen".to_owned(), error))?;
    let simulator = demo_simulator::start(&settings).await?;
    let settings = simulator.iter().fold(settings, |settings, simulator| simulator.account(settings));
    let role = settings.role;
    let app = open_shop(&settings, OpenMode::Migrate, clock).await?;
    fill_demo_or_check_logins(&app).await?;
    check_broker(&app).await?;
    let (stop, stopped) = watch::channel(false);
    let mut tasks = vec![
        tokio::spawn(run_upkeep(app.clone(), stopped.clone())),
        tokio::spawn(certificates::run(app.clone(), stopped.clone())),
    ];
    if work == Worker::Own && role != NodeRole::Web {
        tasks.push(tokio::spawn(due_work::run(app.clone(), stopped.clone())));
        tasks.extend(start_broker_loops(&app, &stopped));
    }
    let web = WebState::new(app.clone(), recorder()?);
    let (routes, settings) = (router(web.clone()), app.settings.clone());
    let server = tokio::spawn(async move { web::listen(listener, routes, &settings, stopped).await });
    Ok(RunningShop { address, app, web, stop, tasks, server, simulator })
}

async fn bind(address: SocketAddr) -> Result<TcpListener, CommandError> {
    TcpListener::bind(address)
        .await
        .map_err(|error| CommandError::Io(format!("cannot listen on {address}"), error))
}

/// Fills a demonstration with data. A real shop must not have accounts with demo passwords.
async fn fill_demo_or_check_logins(app: &App) -> Result<(), CommandError> {
    if app.settings.demo {
        return Ok(demo::fill_shop(app).await?);
    }
    let open = demo::accounts_with_public_password(app).await?;
    if open.is_empty() {
        return Ok(());
    }
    let names = open.join(" and ");
    Err(CommandError::message(format!(
        "{names} still have the passwords of the demonstration; use a fresh database_url"
    )))
}

/// A broker that refuses this shop is a mistake in the settings; one that cannot
/// be reached only delays events.
async fn check_broker(app: &App) -> Result<(), CommandError> {
    let Some(broker) = &app.broker else { return Ok(()) };
    match broker.ensure_connected().await {
        Ok(()) => Ok(()),
        Err(BrokerError::Away(why)) => {
            tracing::warn!(
                why,
                "the broker cannot be reached; the shop opens, and events wait in the outbox"
            );
            Ok(())
        }
        Err(refused @ BrokerError::Refused(_)) => Err(refused.into()),
    }
}

/// The loops that carry messages to and from the broker.
fn start_broker_loops(app: &Arc<App>, stopped: &watch::Receiver<bool>) -> Vec<JoinHandle<()>> {
    let Some(broker) = &app.broker else { return Vec::new() };
    vec![
        tokio::spawn(outbox_relay::run(app.clone(), stopped.clone())),
        tokio::spawn(consumer::run(app.clone(), broker.clone(), stopped.clone())),
    ]
}

/// Renews the worker number of this node and compacts the metrics.
async fn run_upkeep(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        tokio::select! {
            () = tokio::time::sleep(UPKEEP_INTERVAL) => {}
            _ = stopped.changed() => return,
        }
        if let Ok(recorder) = recorder() {
            recorder.run_upkeep();
        }
        node::renew_or_replace(&app).await;
    }
}

impl RunningShop {
    /// The address of the simulator, if one runs.
    pub fn simulator(&self) -> Option<SocketAddr> {
        self.simulator.as_ref().map(DemoSimulator::address)
    }

    /// Drains, finishes the requests it accepted, then closes everything.
    pub async fn stop(self) -> Result<(), CommandError> {
        self.web.drain();
        tokio::time::sleep(self.app.settings.drain).await;
        self.stop.send_replace(true);
        for task in self.tasks {
            task.await.map_err(|error| CommandError::message(error.to_string()))?;
        }
        self.server.await.map_err(|error| CommandError::message(error.to_string()))?;
        close_shop(&self.app).await?;
        if let Some(simulator) = self.simulator {
            simulator.stop().await;
        }
        Ok(())
    }
}

/// One recorder per process; tests run many shops in one.
fn recorder() -> Result<PrometheusHandle, CommandError> {
    static RECORDER: OnceLock<Result<PrometheusHandle, String>> = OnceLock::new();
    let built = RECORDER.get_or_init(|| {
        let counted = |builder: PrometheusBuilder, name: &&str| {
            builder.set_buckets_for_metric(Matcher::Full((*name).to_owned()), &BATCH_BUCKETS)
        };
        let builder = PrometheusBuilder::new().set_buckets(&SECONDS_BUCKETS);
        let builder = builder.and_then(|builder| BATCH_HISTOGRAMS.iter().try_fold(builder, counted));
        let installed = builder.and_then(PrometheusBuilder::install_recorder);
        installed.inspect(|_| metrics::describe()).map_err(|error| error.to_string())
    });
    built.clone().map_err(CommandError::message)
}

fn log(settings: &Settings) {
    let directives = |log: &str| format!("{QUIET},{log}");
    let filter =
        EnvFilter::try_new(directives(&settings.log)).unwrap_or_else(|_| EnvFilter::new(directives("info")));
    let format = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if settings.log_json { format.json().init() } else { format.init() }
}

fn banner(running: &RunningShop) {
    let shop = format!("http://{}", running.address);
    println!("Changgou  {shop}   API docs {shop}/api-docs");
    if let Some(simulator) = running.simulator() {
        println!("WeChat Pay simulator  http://{simulator}   (the phone that pays)");
    }
    if running.app.settings.demo {
        println!("Demo logins  demo/demo (buyer)   admin/admin (operator)");
    }
    let settings = &running.app.settings;
    let merchant = settings.wechat.as_ref().map(|account| account.mch_id.as_str());
    let (database, role) = (redact_login(&settings.database_url), settings.role.word());
    tracing::info!(%shop, merchant, database, role, "serving");
    for warning in settings.warnings() {
        tracing::warn!("{warning}");
    }
}

/// Installs the signal handlers at once, so that a signal during the start is not
/// lost; the future ends with the first signal.
fn wait_for_stop_signal() -> impl Future<Output = ()> {
    let mut terminate = signal(SignalKind::terminate()).expect("signals can be listened to");
    let mut interrupt = signal(SignalKind::interrupt()).expect("signals can be listened to");
    async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
}
