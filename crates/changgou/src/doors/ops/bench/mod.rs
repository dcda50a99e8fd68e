//! `changgou bench`: drives a shop through its public API, bounded in time and
//! number, reports what it saw, and proves the laws afterwards: a bench that
//! leaves a broken law behind has failed.

mod buyer;
mod client;
mod report;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use clap::{Arg, ArgMatches, Command, value_parser};
use serde::Deserialize;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{Failed, audit};
use crate::ground::settings::Settings;
use buyer::Buyer;
use report::Tally;

/// What the buyers do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scenario {
    /// Order what is in the cart already.
    Place,
    /// Fill the cart, look at the settlement, order.
    Flow,
    /// All want the same SKU.
    Hot,
    /// Look at the front page's list and at settlements.
    Browse,
}

/// What to drive, and how hard.
pub(super) struct Plan {
    address: SocketAddr,
    tokens: String,
    clients: usize,
    seconds: u64,
    lines: usize,
    scenario: Scenario,
    json: Option<String>,
    audit: Option<()>,
}

/// A login of the tokens file.
#[derive(Clone, Deserialize)]
struct Login {
    token: String,
    role: String,
}

pub(super) fn command() -> Command {
    let number = |name: &'static str, default: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name("N")
            .default_value(default)
            .value_parser(value_parser!(u32))
            .help(help)
    };
    Command::new("bench")
        .about("Drive a shop through its API and measure it; the audit ends it")
        .arg(Arg::new("tokens").long("tokens").value_name("FILE").required(true).help("logins written by changgou seed"))
        .arg(Arg::new("address").long("address").value_name("HOST:PORT").help("the shop [default: the setting listen]"))
        .arg(
            Arg::new("scenario").long("scenario").value_parser(["place", "flow", "hot", "browse"]).default_value("place")
                .help("place: order from filled carts; flow: cart, settlement, order; hot: one SKU; browse: reads"),
        )
        .arg(number("clients", "64", "buyers at once, each on a connection of its own"))
        .arg(number("seconds", "10", "how long at most"))
        .arg(number("lines", "3", "lines of an order"))
        .arg(Arg::new("json").long("json").value_name("FILE").help("write the report there"))
        .arg(Arg::new("audit").long("audit").action(clap::ArgAction::SetTrue).help("prove the laws on database_url afterwards"))
}

impl Plan {
    pub(super) fn read(settings: &Settings, matches: &ArgMatches) -> Result<Plan, Failed> {
        let number = |name: &str| matches.get_one::<u32>(name).copied().unwrap_or(1).max(1);
        let text = |name: &str| matches.get_one::<String>(name).cloned();
        let address = text("address").map(|address| address.parse()).transpose();
        Ok(Plan {
            address: address
                .map_err(|_| Failed::told("--address is HOST:PORT with a numeric host"))?
                .unwrap_or(settings.listen),
            tokens: text("tokens").unwrap_or_default(),
            clients: number("clients") as usize,
            seconds: u64::from(number("seconds")),
            lines: number("lines") as usize,
            scenario: match text("scenario").as_deref() {
                Some("flow") => Scenario::Flow,
                Some("hot") => Scenario::Hot,
                Some("browse") => Scenario::Browse,
                Some(_) | None => Scenario::Place,
            },
            json: text("json"),
            audit: matches.get_flag("audit").then_some(()),
        })
    }
}

pub(super) async fn bench(settings: &Settings, plan: Plan) -> Result<ExitCode, Failed> {
    if !plan.address.ip().is_loopback() {
        return Err(Failed::told("bench loads this machine only: give a loopback address"));
    }
    let plan = Arc::new(plan);
    let tally = drive(&plan).await?;
    let report = tally.report();
    println!("{report}");
    if let Some(path) = &plan.json {
        let json = report.json().to_string();
        std::fs::write(path, json).map_err(|error| Failed::Io(path.clone(), error))?;
    }
    match plan.audit {
        Some(()) => audit::audit(settings).await,
        None => Ok(ExitCode::SUCCESS),
    }
}

/// Lets the buyers loose, each on one connection, for as long as planned.
async fn drive(plan: &Arc<Plan>) -> Result<Tally, Failed> {
    let logins = Arc::new(logins(&plan.tokens)?);
    let skus = Arc::new(buyer::skus_on_sale(plan).await?);
    let next = Arc::new(AtomicUsize::new(0));
    let (began, until) = (Instant::now(), Instant::now() + Duration::from_secs(plan.seconds));
    let mut buyers = JoinSet::new();
    for seat in 0..plan.clients {
        let (plan, logins, skus, next) = (plan.clone(), logins.clone(), skus.clone(), next.clone());
        buyers.spawn(async move { sit(&plan, &logins, skus, &next, seat, until).await });
    }
    let mut tally = Tally::new(began);
    while let Some(done) = buyers.join_next().await {
        tally.add(done.map_err(|error| Failed::told(error.to_string()))??);
    }
    tally.end(Instant::now());
    Ok(tally)
}

/// One connection: one buyer after another until time or buyers run out.
async fn sit(
    plan: &Plan,
    logins: &[Login],
    skus: Arc<Vec<String>>,
    next: &AtomicUsize,
    seat: usize,
    until: Instant,
) -> Result<Tally, Failed> {
    let mut tally = Tally::new(Instant::now());
    let mut connection = client::Connection::open(plan.address).await.map_err(lost)?;
    let mut round = seat;
    while Instant::now() < until {
        let nth = next.fetch_add(1, Ordering::Relaxed);
        if plan.scenario == Scenario::Place && nth >= logins.len() {
            break;
        }
        let login = &logins[nth % logins.len()];
        let mut buyer =
            Buyer { connection: &mut connection, token: &login.token, skus: &skus, tally: &mut tally };
        match plan.scenario {
            Scenario::Place => buyer.orders_the_cart(plan.lines, until).await,
            Scenario::Flow => buyer.shops(plan.lines, round).await,
            Scenario::Hot => buyer.shops(1, 0).await,
            Scenario::Browse => buyer.looks(round).await,
        }
        .map_err(lost)?;
        round += plan.clients;
    }
    Ok(tally)
}

fn lost(error: std::io::Error) -> Failed {
    Failed::Io("the connection to the shop".to_owned(), error)
}

fn logins(path: &str) -> Result<Vec<Login>, Failed> {
    let text = std::fs::read_to_string(path).map_err(|error| Failed::Io(path.to_owned(), error))?;
    let read = text.lines().map(serde_json::from_str::<Login>).collect::<Result<Vec<_>, _>>();
    let all = read.map_err(|error| Failed::told(format!("{path}: {error}")))?;
    let buyers: Vec<Login> = all.into_iter().filter(|login| login.role == "buyer").collect();
    if buyers.is_empty() {
        return Err(Failed::told(format!(
            "{path} has no buyers; make some with changgou seed --users N --tokens FILE"
        )));
    }
    Ok(buyers)
}
