//! `changgou user add`: the first operator of a real shop comes from here.

use std::io::{BufRead, IsTerminal, stdin};
use std::process::ExitCode;

use clap::ArgMatches;

use super::{CommandError, leave, shop};
use crate::domain::clock::Clock;
use crate::domain::lang::Lang;
use crate::flow::Error;
use crate::flow::account::{self, Credentials};
use crate::infra::db::OpenMode;
use crate::infra::settings::Settings;
use crate::store::account::AccountRole;

/// What the flags say the account may do.
pub(super) fn role(matches: &ArgMatches) -> AccountRole {
    if matches.get_flag("operator") { AccountRole::Operator } else { AccountRole::Buyer }
}

pub(super) async fn add(
    settings: &Settings,
    name: &str,
    role: AccountRole,
) -> Result<ExitCode, CommandError> {
    let given = credentials(name)?;
    let app = shop(settings, OpenMode::Migrate, Clock::System).await?;
    let made = account::register(&app, given, None, role).await;
    leave(&app).await?;
    told(made, &format!("{name} can log in as {}", role.word()))
}

/// `changgou user password`: for who forgot it, or has one of the Java shop that opens nothing.
pub(super) async fn password(settings: &Settings, name: &str) -> Result<ExitCode, CommandError> {
    let given = credentials(name)?;
    let app = shop(settings, OpenMode::Migrate, Clock::System).await?;
    let set = account::set_password(&app, given).await;
    leave(&app).await?;
    told(set, &format!("{name} has a new password; all logins of {name} are over"))
}

fn told<T>(done: Result<T, Error>, words: &str) -> Result<ExitCode, CommandError> {
    match done {
        Ok(_) => {
            println!("{words}");
            Ok(ExitCode::SUCCESS)
        }
        Err(Error::Refused(refusal)) => Err(CommandError::told(refusal.text(Lang::En))),
        Err(error) => Err(error.into()),
    }
}

fn credentials(name: &str) -> Result<Credentials, CommandError> {
    if stdin().is_terminal() {
        eprint!("password (it is shown while you type): ");
    }
    let mut password = String::new();
    stdin()
        .lock()
        .read_line(&mut password)
        .map_err(|error| CommandError::Io("standard input".to_owned(), error))?;
    let password = password.trim_end_matches(['\r', '\n']).to_owned();
    Ok(Credentials { username: name.to_owned(), password })
}
