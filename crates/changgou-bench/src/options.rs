//! The command line: the settings of changgou, and the options of a run.

use std::net::SocketAddr;
use std::time::Duration;

use changgou::cli::CommandError;
use changgou::infra::settings::{self, Settings};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::plan::{Audit, HttpScenario, InProcessScenario, Plan, SCENARIOS, Scenario};

pub fn command() -> Command {
    let scenarios: Vec<String> =
        SCENARIOS.iter().map(|(_, name, meaning)| format!("  {name:<11} {meaning}")).collect();
    Command::new("changgou-bench")
        .about("Drive a shop on this machine through its API, measure it, and prove the laws afterwards")
        .after_help(format!(
            "Scenarios:\n{}\n\nExit 1: a law is broken, a check of the scenario failed, or nothing succeeded.\n\
             Times are those the buyers see; with --rate they count from the moment the request was due.",
            scenarios.join("\n")
        ))
        .version(env!("CARGO_PKG_VERSION"))
        .args(target_options())
        .args(load_options())
        .args(report_options())
        .args(settings::flags())
}

fn text(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help)
}

fn number(name: &'static str, help: &'static str) -> Arg {
    text(name, "N", help).value_parser(value_parser!(u32).range(1..))
}

fn target_options() -> [Arg; 3] {
    let names = SCENARIOS.map(|(_, name, _)| name);
    [
        text("scenario", "WORD", "what the buyers do, see below").value_parser(names).default_value("place"),
        text("tokens", "FILE", "logins written by changgou seed; not needed for engine and raw"),
        text(
            "address",
            "HOST:PORT",
            "the shop, or its nodes separated by commas [default: the setting listen]",
        ),
    ]
}

fn load_options() -> [Arg; 6] {
    let rate = "begin N a second, at random moments, whether or not the shop keeps up \
                [default: begin one when the last is done]";
    [
        number("clients", "buyers at once, each on a connection of its own").default_value("64"),
        number("seconds", "how long at most").default_value("10"),
        number("count", "how many orders, flows, notices or requests at most; of flash, buyers"),
        number("rate", rate),
        number("lines", "lines of an order").default_value("3"),
        number("stock", "pieces on a flash sale").default_value("100"),
    ]
}

fn report_options() -> [Arg; 3] {
    let switch = |name: &'static str, help| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
    [
        text("json", "FILE", "write the report there"),
        switch("audit", "prove the laws on database_url, even if the shop is not seen to use it"),
        switch("no-audit", "do not prove the laws afterwards").conflicts_with("audit"),
    ]
}

/// What the command line says, with the settings for what it leaves out.
pub fn read(settings: &Settings, matches: &ArgMatches) -> Result<Plan, CommandError> {
    let number = |name: &str| matches.get_one::<u32>(name).copied();
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    let size = |name: &str| number(name).unwrap_or(1) as usize;
    let scenario = text("scenario").and_then(|name| Scenario::from_name(&name));
    let scenario = scenario.unwrap_or(Scenario::Http(HttpScenario::Place));
    let is_raw = scenario == Scenario::InProcess(InProcessScenario::Raw);
    Ok(Plan {
        scenario,
        addresses: addresses(text("address"))?.unwrap_or_else(|| vec![settings.listen]),
        tokens: text("tokens"),
        // One write after another is what one client does.
        clients: if is_raw { 1 } else { size("clients") },
        duration: Duration::from_secs(u64::from(number("seconds").unwrap_or(1))),
        count: number("count").map(u64::from),
        rate: number("rate").map(f64::from),
        lines: size("lines"),
        stock: size("stock"),
        json: text("json"),
        audit: audit(matches),
    })
}

fn audit(matches: &ArgMatches) -> Audit {
    match (matches.get_flag("audit"), matches.get_flag("no-audit")) {
        (_, true) => Audit::Never,
        (true, false) => Audit::Always,
        (false, false) => Audit::IfUsedByShop,
    }
}

fn addresses(given: Option<String>) -> Result<Option<Vec<SocketAddr>>, CommandError> {
    let read = given.map(|all| all.split(',').map(str::parse).collect::<Result<Vec<_>, _>>()).transpose();
    read.map_err(|_| {
        CommandError::message("--address is HOST:PORT with a numeric host, or several separated by commas")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(args: &[&str]) -> Result<Plan, CommandError> {
        let matches = command().get_matches_from([&["changgou-bench"][..], args].concat());
        read(&Settings::defaults(), &matches)
    }

    #[test]
    fn options_of_the_run_and_settings_of_the_shop_are_read_together() {
        command().debug_assert();
        let both = plan(&[
            "--scenario=raw",
            "--address=127.0.0.1:1,127.0.0.1:2",
            "--listen=127.0.0.1:3",
            "--no-audit",
        ]);
        let both = both.expect("the options are valid");
        assert_eq!((both.scenario.name(), both.clients, both.addresses.len()), ("raw", 1, 2));
        assert_eq!(both.audit, Audit::Never);
        assert!(plan(&["--address=localhost"]).is_err());
    }
}
