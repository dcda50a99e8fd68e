//! The load generator: drives a shop through its public API, bounded in time
//! and number, reports what it measured, and audits the shop's database
//! afterwards. A run that leaves a broken law behind has failed.

mod audit;
mod browse;
mod client;
mod cost;
mod engine;
mod flash;
mod http;
mod json_scan;
mod latencies;
mod notices;
mod options;
mod pacer;
mod plan;
mod process;
mod purchase;
mod report;
mod run_state;
mod stats;
mod workload;

use std::process::ExitCode;
use std::sync::Arc;

use changgou::cli::CommandError;
use changgou::infra::settings::{self, Settings};
use mimalloc::MiMalloc;
use tokio::runtime::Builder;

use client::Client;
use cost::Monitor;
use engine::ScratchShop;
use pacer::Pacer;
use plan::{Audit, HttpScenario, InProcessScenario, Plan, Scenario};
use process::Process;
use report::Report;
use run_state::RunState;
use workload::Workload;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("changgou-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Clients share one thread, so that they leave the machine to the shop; the
/// engine inside this process has all of it.
fn run() -> Result<ExitCode, CommandError> {
    let matches = options::command().get_matches();
    let settings = settings::load(&matches)?;
    let plan = options::read(&settings, &matches)?;
    if !plan.addresses.iter().all(|address| address.ip().is_loopback()) {
        return Err(CommandError::message("bench loads this machine only: give a loopback address"));
    }
    let mut threads = match plan.scenario {
        Scenario::Http(_) => Builder::new_current_thread(),
        Scenario::InProcess(_) => Builder::new_multi_thread(),
    };
    let runtime = threads.enable_all().build();
    runtime
        .map_err(|error| CommandError::Io("cannot start".to_owned(), error))?
        .block_on(bench(&settings, &plan))
}

async fn bench(settings: &Settings, plan: &Plan) -> Result<ExitCode, CommandError> {
    let report = match plan.scenario {
        Scenario::Http(scenario) => over_http(settings, plan, scenario).await?,
        Scenario::InProcess(scenario) => in_process(settings, plan, scenario).await?,
    };
    if let Some(path) = &plan.json {
        let json = report.json().to_string();
        std::fs::write(path, json).map_err(|error| CommandError::Io(path.clone(), error))?;
    }
    Ok(if report.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn over_http(settings: &Settings, plan: &Plan, scenario: HttpScenario) -> Result<Report, CommandError> {
    let server = Process::listening(plan.address().port());
    let mut run = Arc::new(RunState::load(plan).await?);
    let workload = Workload::prepare(scenario, &run, settings).await?;
    let clients = connect(plan).await?;
    let (shop, own) = (server.clone().and_then(Monitor::start), Monitor::start(Process::own()));
    if let Some(run) = Arc::get_mut(&mut run) {
        run.start(workload.iterations_max(plan.count));
    }
    let stats = workload.run(&run, clients).await?;
    let mut report = Report::new(plan, &run.pacer, stats);
    (report.shop, report.bench) = (shop.and_then(Monitor::finish), own.and_then(Monitor::finish));
    report.checks = workload.check(&run, &report.stats).await?;
    print!("{report}");
    report.laws_hold = audit::after_run(settings, plan.audit, server.as_ref()).await?;
    Ok(report)
}

/// Every client is connected before the clock starts.
async fn connect(plan: &Plan) -> Result<Vec<Client>, CommandError> {
    let mut clients = Vec::with_capacity(plan.clients);
    for address in plan.addresses.iter().cycle().take(plan.clients) {
        clients.push(Client::connect(*address).await?);
    }
    Ok(clients)
}

/// Runs the engine in this process, on a database that is removed afterwards.
async fn in_process(
    settings: &Settings,
    plan: &Plan,
    scenario: InProcessScenario,
) -> Result<Report, CommandError> {
    let shop = ScratchShop::open(settings, scenario).await?;
    let own = Monitor::start(Process::own());
    let pacer = Arc::new(Pacer::new(plan.duration, plan.count, plan.rate));
    let stats = match scenario {
        InProcessScenario::Raw => shop.write(&pacer).await?,
        InProcessScenario::Engine => shop.place_orders(plan, &pacer).await?,
    };
    let mut report = Report::new(plan, &pacer, stats);
    report.bench = own.and_then(Monitor::finish);
    shop.close().await?;
    print!("{report}");
    if plan.audit != Audit::Never {
        report.laws_hold = Some(audit::laws_hold(&shop.settings).await?);
    }
    Ok(report)
}
