//! The command line: commands, flags and what they run.

use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command, value_parser};

use super::{CommandError, audit, import, migrate, order, queue, reconcile, seed, serve, user};
use crate::infra::settings;

pub fn main() -> ExitCode {
    let matches = command().get_matches();
    match run(&matches) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("changgou: {error}");
            ExitCode::FAILURE
        }
    }
}

fn command() -> Command {
    let order_id =
        || Arg::new("id").value_name("ORDER").required(true).help("the order, such as NO.1234567890");
    Command::new("changgou")
        .about("The part of a shop where money changes hands. Without a command, it runs the shop.")
        .version(env!("CARGO_PKG_VERSION"))
        .args(settings::flags())
        .subcommand(Command::new("serve").about("Run the shop (the default)"))
        .subcommand(migrate_command())
        .subcommand(
            Command::new("audit").about("Prove the conservation laws; exit 1 names the rows that break one"),
        )
        .subcommand(import::command())
        .subcommand(seed_command())
        .subcommand(
            Command::new("order").about("Look at orders").subcommand_required(true).subcommand(
                Command::new("show").about("An order, its history and its payments").arg(order_id()),
            ),
        )
        .subcommand(queue::command())
        .subcommand(reconcile::command())
        .subcommand(user_command())
        .subcommand(Command::new("config").about("All settings in force, as a changgou.toml, secrets hidden"))
}

fn migrate_command() -> Command {
    let dry = Arg::new("dry-run").long("dry-run").action(clap::ArgAction::SetTrue);
    Command::new("migrate")
        .about("Create the database, bring it up to date, or take over the database of a Java shop")
        .arg(dry.help("print what would be done to a database of the Java shop, and change nothing"))
}

fn seed_command() -> Command {
    let number = |name: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name("N")
            .default_value("0")
            .value_parser(value_parser!(u32))
            .help(help)
    };
    Command::new("seed")
        .about("Put test data straight into the database")
        .arg(number("users", "buyers, each with an address and a login, besides one operator"))
        .arg(number("skus", "SKUs on sale"))
        .arg(number("stock", "pieces of each SKU"))
        .arg(number("orders", "orders, to be paid on delivery"))
        .arg(number("cart-lines", "lines in each buyer's cart, for changgou-bench"))
        .arg(
            Arg::new("tokens")
                .long("tokens")
                .value_name("FILE")
                .help("write the tokens to FILE, one JSON object per line"),
        )
}

fn user_command() -> Command {
    let name = Arg::new("name").value_name("NAME").required(true);
    let operator =
        Arg::new("operator").long("operator").action(clap::ArgAction::SetTrue).help("may run the shop");
    Command::new("user")
        .about("Accounts")
        .subcommand_required(true)
        .subcommand(
            Command::new("add")
                .about("Make an account; the password is read from standard input")
                .arg(name.clone())
                .arg(operator),
        )
        .subcommand(
            Command::new("password")
                .about("Set a new password, read from standard input; all logins of the account end")
                .arg(name),
        )
}

fn run(matches: &ArgMatches) -> Result<ExitCode, CommandError> {
    let settings = settings::load(matches)?;
    match matches.subcommand() {
        None | Some(("serve", _)) => runtime()?.block_on(serve::serve(settings)).map(|()| ExitCode::SUCCESS),
        Some(("migrate", sub)) if sub.get_flag("dry-run") => runtime()?.block_on(migrate::dry_run(&settings)),
        Some(("migrate", _)) => runtime()?.block_on(migrate::migrate(&settings)),
        Some(("audit", _)) => runtime()?.block_on(audit::audit(&settings)),
        Some(("import", sub)) => runtime()?.block_on(import::run(&settings, sub)),
        Some(("seed", sub)) => runtime()?.block_on(seed::seed(&settings, &seed::SeedPlan::read(sub))),
        Some(("order", sub)) => match sub.subcommand() {
            Some(("show", show)) => runtime()?.block_on(order::show(&settings, text_arg(show, "id"))),
            _ => Err(CommandError::message("see changgou order --help")),
        },
        Some(("reconcile", sub)) => runtime()?.block_on(reconcile::run(&settings, sub)),
        Some(("queue", sub)) => runtime()?.block_on(queue::run(&settings, sub)),
        Some(("user", sub)) => match sub.subcommand() {
            Some(("add", add)) => {
                runtime()?.block_on(user::add(&settings, text_arg(add, "name"), user::role(add)))
            }
            Some(("password", set)) => runtime()?.block_on(user::password(&settings, text_arg(set, "name"))),
            _ => Err(CommandError::message("see changgou user --help")),
        },
        Some(("config", _)) => {
            print!("{}", settings::print(matches)?);
            Ok(ExitCode::SUCCESS)
        }
        Some((other, _)) => Err(CommandError::message(format!("no command {other}; see changgou --help"))),
    }
}

fn text_arg<'m>(matches: &'m ArgMatches, name: &str) -> &'m str {
    matches.get_one::<String>(name).map_or("", String::as_str)
}

fn runtime() -> Result<tokio::runtime::Runtime, CommandError> {
    let built = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    built.map_err(|error| CommandError::Io("cannot start".to_owned(), error))
}
