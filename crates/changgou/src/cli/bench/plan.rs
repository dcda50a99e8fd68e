//! What to drive, and how hard: the command line of `changgou bench`.

use std::net::SocketAddr;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::CommandError;
use crate::infra::settings::Settings;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scenario {
    /// A shop that serves, through its public API.
    Door(Door),
    /// This very process, on a database of its own.
    Inside(Inside),
}

/// What buyers do through the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Door {
    /// Order what is in the cart already.
    Place,
    /// Order whole carts without a look at them.
    Whole,
    /// Fill the cart, look at the settlement, order.
    Flow,
    /// The same, but all want one SKU.
    Hot,
    /// Carts of one to five SKUs, drawn and put in at random.
    Shuffled,
    /// A sale that opens at a moment everybody waits for.
    Flash,
    /// Payment notices, doubled and out of order.
    Notices,
    /// Payment notices with copies and forgeries among them.
    Storm,
    /// Look at pages, lists, SKUs and settlements.
    Browse,
    /// Look at the front page.
    Home,
    /// Look at the settlement of three lines.
    Settlement,
}

/// What is done in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inside {
    /// Place orders, without HTTP.
    Engine,
    /// One write after another.
    Raw,
}

/// Each scenario with its word and what it is.
const SCENARIOS: [(Scenario, &str, &str); 13] = [
    (Scenario::Door(Door::Place), "place", "orders out of filled carts (changgou seed --cart-lines 99)"),
    (
        Scenario::Door(Door::Whole),
        "whole",
        "whole carts, each once and unseen (changgou seed --cart-lines 3)",
    ),
    (Scenario::Door(Door::Flow), "flow", "cart adds, settlement, order"),
    (Scenario::Door(Door::Hot), "hot", "the same, everybody wants one SKU"),
    (Scenario::Door(Door::Shuffled), "shuffled", "cart adds of 1 to 5 random SKUs in random order, order"),
    (Scenario::Door(Door::Flash), "flash", "a sale opens while all order; one piece a buyer, --stock pieces"),
    (
        Scenario::Door(Door::Notices),
        "notices",
        "payment notices for fresh orders, shuffled, each delivered twice",
    ),
    (
        Scenario::Door(Door::Storm),
        "storm",
        "the same, but three of ten deliveries are copies and one is forged",
    ),
    (Scenario::Door(Door::Browse), "browse", "front page, list, SKU and settlement in turn"),
    (Scenario::Door(Door::Home), "home", "the front page alone"),
    (Scenario::Door(Door::Settlement), "settlement", "the settlement of three lines alone"),
    (
        Scenario::Inside(Inside::Engine),
        "engine",
        "places orders in this process on a scratch database, no HTTP",
    ),
    (
        Scenario::Inside(Inside::Raw),
        "raw",
        "one write transaction after another on a scratch database, one client",
    ),
];

impl Scenario {
    /// Its word on the command line and in the report.
    pub(super) fn word(self) -> &'static str {
        SCENARIOS.iter().find(|(scenario, ..)| *scenario == self).map_or("", |(_, word, _)| word)
    }

    fn read(word: &str) -> Option<Scenario> {
        SCENARIOS.iter().find(|(_, known, _)| *known == word).map(|(scenario, ..)| *scenario)
    }
}

/// What to drive, and how hard.
#[derive(Clone, Debug)]
pub(in super::super) struct Plan {
    pub(super) scenario: Scenario,
    /// Where the shop's nodes listen; at least one.
    pub(super) addresses: Vec<SocketAddr>,
    /// The file of logins.
    pub(super) tokens: Option<String>,
    pub(super) clients: usize,
    pub(super) span: Duration,
    /// Pieces of work at most.
    pub(super) count: Option<u64>,
    /// Pieces of work a second, whether or not the shop keeps up.
    pub(super) rate: Option<f64>,
    /// Lines of an order.
    pub(super) lines: usize,
    /// Pieces of the SKU of a flash sale.
    pub(super) stock: usize,
    pub(super) json: Option<String>,
    pub(super) audit: Audit,
}

impl Plan {
    /// The first node, where one is enough.
    pub(super) fn address(&self) -> SocketAddr {
        self.addresses[0]
    }
}

/// Whether the laws are proved at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Audit {
    /// Where the shop's database is the one of the settings.
    IfOurs,
    /// On the database of the settings, whoever uses it.
    Always,
    /// Not.
    Never,
}

/// The command.
pub(in super::super) fn command() -> Command {
    let scenarios: Vec<String> =
        SCENARIOS.iter().map(|(_, word, meaning)| format!("  {word:<11} {meaning}")).collect();
    Command::new("bench")
        .about("Drive a shop on this machine through its API, measure it, and prove the laws afterwards")
        .after_help(format!(
            "Scenarios:\n{}\n\nExit 1: a law is broken, a check of the scenario failed, or nothing succeeded.\n\
             Times are those the buyers see; with --rate they count from the moment the request was due.",
            scenarios.join("\n")
        ))
        .args(what())
        .args(how_hard())
        .args(afterwards())
}

fn text(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help)
}

fn number(name: &'static str, help: &'static str) -> Arg {
    text(name, "N", help).value_parser(value_parser!(u32).range(1..))
}

fn what() -> [Arg; 3] {
    let words = SCENARIOS.map(|(_, word, _)| word);
    [
        text("scenario", "WORD", "what the buyers do, see below").value_parser(words).default_value("place"),
        text("tokens", "FILE", "logins written by changgou seed; not needed for engine and raw"),
        text(
            "address",
            "HOST:PORT",
            "the shop, or its nodes separated by commas [default: the setting listen]",
        ),
    ]
}

fn how_hard() -> [Arg; 6] {
    let paced = "begin N a second, at random moments, whether or not the shop keeps up \
                 [default: begin one when the last is done]";
    [
        number("clients", "buyers at once, each on a connection of its own").default_value("64"),
        number("seconds", "how long at most").default_value("10"),
        number("count", "how many orders, flows, notices or requests at most; of flash, buyers"),
        number("rate", paced),
        number("lines", "lines of an order").default_value("3"),
        number("stock", "pieces on a flash sale").default_value("100"),
    ]
}

fn afterwards() -> [Arg; 3] {
    let switch = |name: &'static str, help| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
    [
        text("json", "FILE", "write the report there"),
        switch("audit", "prove the laws on database_url, even if the shop is not seen to use it"),
        switch("no-audit", "do not prove the laws afterwards").conflicts_with("audit"),
    ]
}

impl Plan {
    pub(in super::super) fn read(settings: &Settings, matches: &ArgMatches) -> Result<Plan, CommandError> {
        let number = |name: &str| matches.get_one::<u32>(name).copied();
        let text = |name: &str| matches.get_one::<String>(name).cloned();
        let size = |name: &str| number(name).unwrap_or(1) as usize;
        let scenario =
            text("scenario").and_then(|word| Scenario::read(&word)).unwrap_or(Scenario::Door(Door::Place));
        Ok(Plan {
            scenario,
            addresses: addresses(text("address"))?.unwrap_or_else(|| vec![settings.listen]),
            tokens: text("tokens"),
            // One write after another is what one client does.
            clients: if scenario == Scenario::Inside(Inside::Raw) { 1 } else { size("clients") },
            span: Duration::from_secs(u64::from(number("seconds").unwrap_or(1))),
            count: number("count").map(u64::from),
            rate: number("rate").map(f64::from),
            lines: size("lines"),
            stock: size("stock"),
            json: text("json"),
            audit: match (matches.get_flag("audit"), matches.get_flag("no-audit")) {
                (_, true) => Audit::Never,
                (true, false) => Audit::Always,
                (false, false) => Audit::IfOurs,
            },
        })
    }
}

fn addresses(given: Option<String>) -> Result<Option<Vec<SocketAddr>>, CommandError> {
    let read = given.map(|all| all.split(',').map(str::parse).collect::<Result<Vec<_>, _>>()).transpose();
    read.map_err(|_| {
        CommandError::told("--address is HOST:PORT with a numeric host, or several separated by commas")
    })
}
