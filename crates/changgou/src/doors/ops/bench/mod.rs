//! `changgou bench`: drives a shop through its public API, bounded in time and
//! number, reports what it saw, and proves the laws afterwards: a bench that
//! leaves a broken law behind has failed.

mod buying;
mod client;
mod cost;
mod dice;
mod engine;
mod flash;
mod glance;
mod histogram;
mod looking;
mod notices;
mod pace;
mod plan;
mod proc;
mod report;
mod seat;
mod tally;
mod world;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::ArgMatches;
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{Failed, audit, gateway, holder, leave, shop};
use crate::ground::settings::Settings;
use cost::Watch;
use engine::Scratch;
use flash::Sale;
use notices::Post;
use pace::Pace;
use plan::{Audit, Plan, Scenario};
use proc::Process;
use report::Report;
use seat::Seat;
use tally::Tally;
use world::World;

pub(super) use plan::command;

/// The command. Buyers share one thread, so that they leave the machine to the
/// shop; the engine inside this process has all of it.
pub(super) fn run(settings: &Settings, matches: &ArgMatches) -> Result<ExitCode, Failed> {
    let plan = Plan::read(settings, matches)?;
    let mut threads = match plan.scenario.is_inside() {
        true => Builder::new_multi_thread(),
        false => Builder::new_current_thread(),
    };
    let runtime = threads.enable_all().build();
    runtime.map_err(|error| Failed::Io("cannot start".to_owned(), error))?.block_on(bench(settings, plan))
}

async fn bench(settings: &Settings, plan: Plan) -> Result<ExitCode, Failed> {
    if !plan.address.ip().is_loopback() {
        return Err(Failed::told("bench loads this machine only: give a loopback address"));
    }
    let report = if plan.scenario.is_inside() {
        inside(settings, &plan).await?
    } else {
        through_the_door(settings, &plan).await?
    };
    if let Some(path) = &plan.json {
        let json = report.json().to_string();
        std::fs::write(path, json).map_err(|error| Failed::Io(path.clone(), error))?;
    }
    Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What the buyers of a scenario need before they begin.
#[derive(Clone)]
enum Stage {
    Bare,
    Flash(Arc<Sale>),
    Notices(Arc<Post>),
}

async fn through_the_door(settings: &Settings, plan: &Plan) -> Result<Report, Failed> {
    let server = Process::listening(plan.address.port());
    let mut world = Arc::new(World::see(plan).await?);
    let stage = match plan.scenario {
        Scenario::Flash => Stage::Flash(flash::announce(&world).await?),
        Scenario::Notices => Stage::Notices(notices::prepare(&world, settings).await?),
        Scenario::Place
        | Scenario::Flow
        | Scenario::Hot
        | Scenario::Shuffled
        | Scenario::Browse
        | Scenario::Home
        | Scenario::Settlement
        | Scenario::Engine
        | Scenario::Raw => Stage::Bare,
    };
    let seats = seats(plan).await?;
    let watched = server.clone().and_then(Watch::begin);
    let own = Watch::begin(Process::own());
    if let Some(world) = Arc::get_mut(&mut world) {
        world.begin();
    }
    let began = Instant::now();
    let tally = drive(&world, &stage, seats).await?;
    let seconds = began.elapsed().as_secs_f64();
    let (shop, bench) = (watched.and_then(Watch::end), own.and_then(Watch::end));
    let checks = match &stage {
        Stage::Bare => Vec::new(),
        Stage::Flash(sale) => flash::check(&world, sale, &tally).await?,
        Stage::Notices(post) => notices::check(&world, post, &tally).await?,
    };
    let late_and_dropped = world.pace.late_and_dropped();
    let plan = plan.clone();
    let mut report = Report { plan, seconds, tally, late_and_dropped, shop, bench, checks, laws_hold: None };
    print!("{report}");
    report.laws_hold = prove(settings, report.plan.audit, server.as_ref()).await?;
    Ok(report)
}

/// Every client is connected before the clock starts.
async fn seats(plan: &Plan) -> Result<Vec<Seat>, Failed> {
    let mut seats = Vec::with_capacity(plan.clients);
    for _ in 0..plan.clients {
        seats.push(Seat::take(plan.address).await.map_err(lost)?);
    }
    Ok(seats)
}

/// Lets the buyers loose, each on one connection.
async fn drive(world: &Arc<World>, stage: &Stage, seats: Vec<Seat>) -> Result<Tally, Failed> {
    let mut buyers = JoinSet::new();
    for mut seat in seats {
        let (world, stage) = (world.clone(), stage.clone());
        buyers.spawn(async move {
            sit(&world, &stage, &mut seat).await;
            seat.tally
        });
    }
    let mut all = Tally::default();
    while let Some(done) = buyers.join_next().await {
        all.add(&done.map_err(|error| Failed::told(error.to_string()))?);
    }
    Ok(all)
}

async fn sit(world: &World, stage: &Stage, seat: &mut Seat) {
    match (stage, world.plan.scenario) {
        (Stage::Flash(sale), _) => flash::hammer(world, sale, seat).await,
        (Stage::Notices(post), _) => notices::deliver(world, post, seat).await,
        (Stage::Bare, Scenario::Flow) => buying::flow(world, seat).await,
        (Stage::Bare, Scenario::Hot) => buying::hot(world, seat).await,
        (Stage::Bare, Scenario::Shuffled) => buying::shuffled(world, seat).await,
        (Stage::Bare, Scenario::Browse) => looking::browse(world, seat).await,
        (Stage::Bare, Scenario::Home) => looking::home(world, seat).await,
        (Stage::Bare, Scenario::Settlement) => looking::settlement(world, seat).await,
        (
            Stage::Bare,
            Scenario::Place | Scenario::Flash | Scenario::Notices | Scenario::Engine | Scenario::Raw,
        ) => buying::place(world, seat).await,
    }
}

/// Runs the engine in this process, on a database that is gone afterwards.
async fn inside(settings: &Settings, plan: &Plan) -> Result<Report, Failed> {
    let scratch = Scratch::open(settings, plan).await?;
    let own = Watch::begin(Process::own());
    let pace = Arc::new(Pace::new(plan.span, plan.count, plan.rate));
    let tally = match plan.scenario {
        Scenario::Raw => scratch.write(&pace).await?,
        Scenario::Place
        | Scenario::Flow
        | Scenario::Hot
        | Scenario::Shuffled
        | Scenario::Flash
        | Scenario::Notices
        | Scenario::Browse
        | Scenario::Home
        | Scenario::Settlement
        | Scenario::Engine => scratch.place(plan, &pace).await?,
    };
    let seconds = pace.began().elapsed().as_secs_f64();
    let bench = own.and_then(Watch::end);
    scratch.close().await?;
    let (late_and_dropped, plan) = (pace.late_and_dropped(), plan.clone());
    let mut report = Report {
        plan,
        seconds,
        tally,
        late_and_dropped,
        shop: None,
        bench,
        checks: Vec::new(),
        laws_hold: None,
    };
    print!("{report}");
    if report.plan.audit != Audit::Never {
        report.laws_hold = Some(audit::audit(&scratch.settings).await? == ExitCode::SUCCESS);
    }
    Ok(report)
}

/// Proves the laws on the database of the settings, where it is the shop's.
async fn prove(settings: &Settings, audit: Audit, server: Option<&Process>) -> Result<Option<bool>, Failed> {
    match audit {
        Audit::Never => return Ok(None),
        Audit::Always => {}
        Audit::IfOurs => {
            let file =
                file_of(&settings.database_url).filter(|file| server.is_none_or(|shop| shop.holds(file)));
            if file.is_none() {
                println!("no audit: the shop is not seen to use {}", settings.database_url);
                return Ok(None);
            }
        }
    }
    Ok(Some(audit::audit(settings).await? == ExitCode::SUCCESS))
}

/// The database file, if it is there.
fn file_of(database_url: &str) -> Option<PathBuf> {
    Path::new(database_url.strip_prefix("sqlite://")?).canonicalize().ok()
}

fn lost(error: std::io::Error) -> Failed {
    Failed::Io("the connection to the shop".to_owned(), error)
}
