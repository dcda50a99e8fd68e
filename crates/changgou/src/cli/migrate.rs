//! `changgou migrate`: creates the database, brings it up to date, or takes over
//! the database of a Java shop.

use std::io::{IsTerminal, Write, stderr};
use std::ops::ControlFlow;
use std::process::ExitCode;

use super::CommandError;
use crate::domain::clock::Clock;
use crate::domain::redact_url::redact_login;
use crate::flow::{adopt, audit};
use crate::infra::db::{Adoption, AdoptionProgress, Db, OpenMode, PlannedStep};
use crate::infra::settings::Settings;

/// Rows per transaction, so that one takes some tens of milliseconds.
const ROWS_PER_TRANSACTION: u32 = 5_000;

fn adoption(settings: &Settings) -> Adoption {
    let receive_after = settings.rules.receive_after;
    Adoption { now: Clock::System.now(), receive_after, piece: ROWS_PER_TRANSACTION }
}

/// `--dry-run`: prints what would be done to a database of the Java shop.
pub(super) async fn dry_run(settings: &Settings) -> Result<ExitCode, CommandError> {
    let planned = Db::plan_adoption(&settings.database_url, &adoption(settings)).await?;
    for (nth, PlannedStep { words, sql, rows }) in planned.iter().enumerate() {
        println!("-- {}. {words} ({rows} rows)", nth + 1);
        sql.iter().for_each(|sql| println!("{sql};"));
    }
    if planned.is_empty() {
        println!("-- not a database of the Java shop, or migrated already: nothing to take over");
    }
    println!("-- nothing was changed");
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn migrate(settings: &Settings) -> Result<ExitCode, CommandError> {
    let url = &settings.database_url;
    let adopted = Db::adopt(url, &adoption(settings), &mut |step| {
        print_progress(step);
        ControlFlow::Continue(())
    })
    .await?;
    let open = if adopted { OpenMode::Adopting } else { OpenMode::Migrate };
    let db = Db::open(url, open, settings.pool.without_timeout())?;
    if adopted {
        println!("indexing the names of SKUs");
        adopt::finish(&db, Clock::System.now()).await?;
        print_notes(&audit::old_faults(&db).await?);
    }
    tokio::task::spawn_blocking(move || db.close())
        .await
        .map_err(|error| CommandError::message(error.to_string()))?;
    println!("{} is up to date", redact_login(url));
    Ok(ExitCode::SUCCESS)
}

fn print_progress(step: AdoptionProgress<'_>) {
    match step {
        AdoptionProgress::Begins(words) => println!("{words}"),
        AdoptionProgress::Rows(table, rows) if stderr().is_terminal() => {
            eprint!("\r  {table} {rows}");
            // Progress is only for show: a terminal that fails must not stop the work.
            let _ = stderr().flush();
        }
        AdoptionProgress::Done(_) if stderr().is_terminal() => eprintln!("\r  done        "),
        AdoptionProgress::Rows(..) | AdoptionProgress::Done(_) => {}
    }
}

fn print_notes(faults: &[(String, i64)]) {
    if faults.is_empty() {
        return;
    }
    println!("recorded in adoption_note:");
    for (kind, count) in faults {
        println!("  {count:>8}  {kind}");
    }
}
