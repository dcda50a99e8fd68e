//! `changgou migrate`: makes the database, brings it up to date, or takes over
//! one of the Java shop.

use std::io::{IsTerminal, Write, stderr};
use std::ops::ControlFlow;
use std::process::ExitCode;

use super::CommandError;
use crate::domain::clock::Clock;
use crate::domain::redact_url::without_login;
use crate::flow::{adopt, audit};
use crate::infra::db::{Adoption, AdoptionProgress, Db, OpenMode, PlannedStep};
use crate::infra::settings::Settings;

/// Rows of one transaction: some tens of milliseconds.
const PIECE: u32 = 5_000;

fn adoption(settings: &Settings) -> Adoption {
    let receive_after = settings.rules.receive_after;
    Adoption { now: Clock::System.now(), receive_after, piece: PIECE }
}

/// Says what would be done to a database of the Java shop.
pub(super) async fn rehearse(settings: &Settings) -> Result<ExitCode, CommandError> {
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
    let adopted = Db::adopt(url, &adoption(settings), &mut |told| {
        progress(told);
        ControlFlow::Continue(())
    })
    .await?;
    let open = if adopted { OpenMode::Adopting } else { OpenMode::Migrate };
    let db = Db::open(url, open, settings.pool.patient())?;
    if adopted {
        println!("SKUs are put into the index of names");
        adopt::finish(&db, Clock::System.now()).await?;
        report(&audit::old_faults(&db).await?);
    }
    tokio::task::spawn_blocking(move || db.close())
        .await
        .map_err(|error| CommandError::told(error.to_string()))?;
    println!("{} is up to date", without_login(url));
    Ok(ExitCode::SUCCESS)
}

fn progress(told: AdoptionProgress<'_>) {
    match told {
        AdoptionProgress::Begins(words) => println!("{words}"),
        AdoptionProgress::Rows(table, rows) if stderr().is_terminal() => {
            eprint!("\r  {table} {rows}");
            // A terminal that does not show it shows less; the work goes on.
            let _ = stderr().flush();
        }
        AdoptionProgress::Done(_) if stderr().is_terminal() => eprintln!("\r  done        "),
        AdoptionProgress::Rows(..) | AdoptionProgress::Done(_) => {}
    }
}

fn report(faults: &[(String, i64)]) {
    if faults.is_empty() {
        return;
    }
    println!("written down in adoption_note:");
    for (kind, count) in faults {
        println!("  {count:>8}  {kind}");
    }
}
