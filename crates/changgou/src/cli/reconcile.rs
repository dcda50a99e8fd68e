//! `changgou reconcile`: compares a day of our books with WeChat's bills. Exits with
//! 0 without differences, 1 with differences, 2 if a bill was not available.

use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::{CommandError, close_shop, open_shop};
use crate::domain::clock::Clock;
use crate::domain::day::{Day, NotADay};
use crate::domain::lang::Lang;
use crate::domain::money::Fen;
use crate::flow::Error;
use crate::flow::reconcile::json::{ReconcileReportJson, format_fee};
use crate::flow::reconcile::{self, ReconcileReport, ReconcileVerdict};
use crate::infra::db::OpenMode;
use crate::infra::settings::Settings;
use crate::store::bill::difference::StoredDifference;
use crate::store::bill::reconcile_run::{ReconcileRun, RunState};

const EXIT_NO_BILL: u8 = 2;

pub(super) fn command() -> Command {
    let date = Arg::new("date").long("date").value_name("YYYY-MM-DD");
    let json = Arg::new("json").long("json").action(ArgAction::SetTrue);
    Command::new("reconcile")
        .about("Compare a day with WeChat's bills; exit 1: differences, exit 2: no bill yet")
        .arg(date.help("the day in UTC+8 [default: yesterday]"))
        .arg(json.help("one JSON object, for a program"))
}

pub(super) async fn run(settings: &Settings, matches: &ArgMatches) -> Result<ExitCode, CommandError> {
    match compare(settings, matches).await {
        Ok(report) => print_report(&report, matches),
        Err(failed) => {
            eprintln!("changgou: {failed}");
            Ok(ExitCode::from(EXIT_NO_BILL))
        }
    }
}

async fn compare(settings: &Settings, matches: &ArgMatches) -> Result<ReconcileReport, CommandError> {
    let day = match matches.get_one::<String>("date") {
        Some(text) => {
            text.parse().map_err(|error: NotADay| CommandError::message(format!("--date {text}: {error}")))?
        }
        None => Day::containing(Clock::System.now()).previous(),
    };
    let app = open_shop(settings, OpenMode::Existing, Clock::System).await?;
    let done = reconcile::reconcile(&app, day).await;
    close_shop(&app).await?;
    match done {
        Err(Error::Refused(refusal)) => Err(CommandError::message(refusal.text(Lang::En))),
        done => Ok(done?),
    }
}

fn print_report(report: &ReconcileReport, matches: &ArgMatches) -> Result<ExitCode, CommandError> {
    if matches.get_flag("json") {
        let text = serde_json::to_string(&ReconcileReportJson::new(report, Lang::En));
        println!("{}", text.map_err(|error| CommandError::message(error.to_string()))?);
    } else {
        print_text(report);
    }
    Ok(match report.verdict() {
        ReconcileVerdict::Clean => ExitCode::SUCCESS,
        ReconcileVerdict::Differs => ExitCode::FAILURE,
        ReconcileVerdict::NoBill => ExitCode::from(EXIT_NO_BILL),
    })
}

fn print_text(report: &ReconcileReport) {
    println!("{} (UTC+8)", report.day);
    print_run("trade bill", report.trade.as_ref(), ["payments", "refunds"]);
    if let Some(ReconcileRun { sums, state: RunState::Compared | RunState::Empty, .. }) = &report.trade {
        println!("              our books: {} payments ¥{}", sums.ours_came, sums.ours_came_fen);
    }
    print_run("fund flow", report.fund_flow.as_ref(), ["came", "went"]);
    for kept in &report.differences {
        print_difference(kept);
    }
    let rest = report.open + report.resolved - i64::try_from(report.differences.len()).unwrap_or(0);
    if rest > 0 {
        println!("… and {rest} more");
    }
    println!("{}", conclusion(report));
}

fn conclusion(report: &ReconcileReport) -> String {
    let ReconcileReport { open, resolved, .. } = report;
    match report.verdict() {
        ReconcileVerdict::Clean => format!("no differences, {resolved} mended"),
        ReconcileVerdict::Differs => format!("{open} differences, {resolved} mended"),
        ReconcileVerdict::NoBill => "not everything was compared; run this again later".to_owned(),
    }
}

fn print_run(name: &str, run: Option<&ReconcileRun>, [came, went]: [&str; 2]) {
    let Some(ReconcileRun { state, told, sums, .. }) = run else {
        println!("{name:<12}  not requested");
        return;
    };
    match state {
        RunState::Compared => println!(
            "{name:<12}  {} lines, {} agree: {} {came} ¥{}, {} {went} ¥{}, fee ¥{}",
            sums.rows,
            sums.agreed,
            sums.came,
            sums.came_fen,
            sums.went,
            sums.went_fen,
            format_fee(sums.fee)
        ),
        RunState::Empty => println!("{name:<12}  empty: nothing happened on that day"),
        RunState::Creating => println!("{name:<12}  WeChat is still creating it; try again in half an hour"),
        RunState::Loading => println!("{name:<12}  another process is reading it"),
        RunState::Failed => {
            println!("{name:<12}  NOT USED: {}", told.as_deref().unwrap_or_default());
            println!("              none of its lines was applied; try again later");
        }
    }
}

fn print_difference(kept: &StoredDifference) {
    let StoredDifference { difference, resolved, .. } = kept;
    let yuan = |fen: Option<Fen>| fen.map_or("-".to_owned(), |fen| format!("¥{fen}"));
    let order = difference.order_id.as_deref().unwrap_or("-");
    let mended = if resolved.is_some() { "  (mended)" } else { "" };
    println!(
        "{:<17} {}  order {order}  ours {}  theirs {}  {}{mended}",
        difference.kind.word(),
        difference.reference,
        yuan(difference.ours),
        yuan(difference.theirs),
        difference.detail
    );
    if resolved.is_none() {
        println!("    {}", difference.kind.advice().1);
    }
}
