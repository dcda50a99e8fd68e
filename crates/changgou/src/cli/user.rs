//! `changgou user`: adds accounts and sets passwords. The first operator of a real
//! shop is made here.

use std::io::{BufRead, IsTerminal, stdin};
use std::process::ExitCode;

use clap::ArgMatches;

use super::{CommandError, close_shop, open_shop};
use crate::domain::clock::Clock;
use crate::domain::lang::Lang;
use crate::flow::Error;
use crate::flow::account::{self, Credentials};
use crate::infra::db::OpenMode;
use crate::infra::settings::Settings;
use crate::store::account::AccountRole;

pub(super) fn role(matches: &ArgMatches) -> AccountRole {
    if matches.get_flag("operator") { AccountRole::Operator } else { AccountRole::Buyer }
}

pub(super) async fn add(
    settings: &Settings,
    name: &str,
    role: AccountRole,
) -> Result<ExitCode, CommandError> {
    let credentials = read_credentials(name)?;
    let app = open_shop(settings, OpenMode::Migrate, Clock::System).await?;
    let outcome = account::register(&app, credentials, None, role).await;
    close_shop(&app).await?;
    print_outcome(outcome, &format!("{name} can log in as {}", role.word()))
}

/// `changgou user password`: also for accounts of the Java shop whose hash is not supported.
pub(super) async fn password(settings: &Settings, name: &str) -> Result<ExitCode, CommandError> {
    let credentials = read_credentials(name)?;
    let app = open_shop(settings, OpenMode::Migrate, Clock::System).await?;
    let outcome = account::set_password(&app, credentials).await;
    close_shop(&app).await?;
    print_outcome(outcome, &format!("{name} has a new password; all sessions of {name} have ended"))
}

fn print_outcome<T>(done: Result<T, Error>, words: &str) -> Result<ExitCode, CommandError> {
    match done {
        Ok(_) => {
            println!("{words}");
            Ok(ExitCode::SUCCESS)
        }
        Err(Error::Refused(refusal)) => Err(CommandError::message(refusal.text(Lang::En))),
        Err(error) => Err(error.into()),
    }
}

fn read_credentials(name: &str) -> Result<Credentials, CommandError> {
    if stdin().is_terminal() {
        eprint!("password (it is shown while you type): ");
    }
    let mut password = String::new();
    stdin()
        .lock()
        .read_line(&mut password)
        .map_err(|error| CommandError::Io("standard input".to_owned(), error))?;
    let password = password.trim_end_matches(['\r', '\n']).to_owned();
    Ok(Credentials::new(name, password))
}
