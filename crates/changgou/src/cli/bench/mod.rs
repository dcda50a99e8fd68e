//! `changgou bench`: drives a shop through its public API, bounded in time and
//! number, reports what it saw, and proves the laws afterwards: a bench that
//! leaves a broken law behind has failed.

mod browse;
mod client;
mod connection;
mod cost;
mod engine;
mod flash;
mod histogram;
mod json_scan;
mod notices;
mod pace;
mod plan;
mod proc;
mod purchase;
mod report;
mod rng;
mod tally;
mod work;
mod world;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::ArgMatches;
use tokio::runtime::Builder;

use super::{CommandError, audit, gateway, leave, shop};
use crate::domain::redact_url::without_login;
use crate::infra::settings::Settings;
use connection::Seat;
use cost::Watch;
use engine::Scratch;
use pace::Pace;
use plan::{Audit, Door, Inside, Plan, Scenario};
use proc::Process;
use report::Report;
use work::Work;
use world::World;

pub(super) use plan::command;

/// The command. Buyers share one thread, so that they leave the machine to the
/// shop; the engine inside this process has all of it.
pub(super) fn run(settings: &Settings, matches: &ArgMatches) -> Result<ExitCode, CommandError> {
    let plan = Plan::read(settings, matches)?;
    if !plan.addresses.iter().all(|address| address.ip().is_loopback()) {
        return Err(CommandError::told("bench loads this machine only: give a loopback address"));
    }
    let mut threads = match plan.scenario {
        Scenario::Door(_) => Builder::new_current_thread(),
        Scenario::Inside(_) => Builder::new_multi_thread(),
    };
    let runtime = threads.enable_all().build();
    runtime
        .map_err(|error| CommandError::Io("cannot start".to_owned(), error))?
        .block_on(bench(settings, &plan))
}

async fn bench(settings: &Settings, plan: &Plan) -> Result<ExitCode, CommandError> {
    let report = match plan.scenario {
        Scenario::Door(door) => through_the_door(settings, plan, door).await?,
        Scenario::Inside(what) => inside(settings, plan, what).await?,
    };
    if let Some(path) = &plan.json {
        let json = report.json().to_string();
        std::fs::write(path, json).map_err(|error| CommandError::Io(path.clone(), error))?;
    }
    Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn through_the_door(settings: &Settings, plan: &Plan, door: Door) -> Result<Report, CommandError> {
    let server = Process::listening(plan.address().port());
    let mut world = Arc::new(World::see(plan).await?);
    let work = Work::prepare(door, &world, settings).await?;
    let seats = seats(plan).await?;
    let (shop, own) = (server.clone().and_then(Watch::begin), Watch::begin(Process::own()));
    if let Some(world) = Arc::get_mut(&mut world) {
        world.begin(work.turns(plan.count));
    }
    let tally = work.run(&world, seats).await?;
    let mut report = Report::new(plan, &world.pace, tally);
    (report.shop, report.bench) = (shop.and_then(Watch::end), own.and_then(Watch::end));
    report.checks = work.check(&world, &report.tally).await?;
    print!("{report}");
    report.laws_hold = prove(settings, plan.audit, server.as_ref()).await?;
    Ok(report)
}

/// Every client is connected before the clock starts.
async fn seats(plan: &Plan) -> Result<Vec<Seat>, CommandError> {
    let mut seats = Vec::with_capacity(plan.clients);
    for address in plan.addresses.iter().cycle().take(plan.clients) {
        seats.push(Seat::take(*address).await.map_err(lost)?);
    }
    Ok(seats)
}

/// Runs the engine in this process, on a database that is gone afterwards.
async fn inside(settings: &Settings, plan: &Plan, what: Inside) -> Result<Report, CommandError> {
    let scratch = Scratch::open(settings, what).await?;
    let own = Watch::begin(Process::own());
    let pace = Arc::new(Pace::new(plan.span, plan.count, plan.rate));
    let tally = match what {
        Inside::Raw => scratch.write(&pace).await?,
        Inside::Engine => scratch.place(plan, &pace).await?,
    };
    let mut report = Report::new(plan, &pace, tally);
    report.bench = own.and_then(Watch::end);
    scratch.close().await?;
    print!("{report}");
    if plan.audit != Audit::Never {
        report.laws_hold = Some(holds(&scratch.settings).await?);
    }
    Ok(report)
}

/// Proves the laws on the database of the settings, where it is the shop's.
async fn prove(
    settings: &Settings,
    audit: Audit,
    server: Option<&Process>,
) -> Result<Option<bool>, CommandError> {
    let is_ours = |file: &PathBuf| server.is_none_or(|shop| shop.holds(file));
    // Who names a server means it.
    let named = settings.database_url.starts_with("mysql://");
    match audit {
        Audit::Never => Ok(None),
        Audit::IfOurs if named => holds(settings).await.map(Some),
        Audit::Always => holds(settings).await.map(Some),
        Audit::IfOurs if file_of(&settings.database_url).filter(is_ours).is_some() => {
            holds(settings).await.map(Some)
        }
        Audit::IfOurs => {
            println!("no audit: the shop is not seen to use {}", without_login(&settings.database_url));
            Ok(None)
        }
    }
}

async fn holds(settings: &Settings) -> Result<bool, CommandError> {
    Ok(audit::audit(settings).await? == ExitCode::SUCCESS)
}

/// The database file, if it is there.
fn file_of(database_url: &str) -> Option<PathBuf> {
    Path::new(database_url.strip_prefix("sqlite://")?).canonicalize().ok()
}

fn lost(error: std::io::Error) -> CommandError {
    CommandError::Io("the connection to the shop".to_owned(), error)
}
