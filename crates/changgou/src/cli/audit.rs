//! `changgou audit`: prints one line per law. Exits with 1 and prints the rows if a
//! law is broken.

use std::process::ExitCode;

use super::CommandError;
use crate::flow::audit::{self, LawFinding};
use crate::infra::db::{Db, OpenMode};
use crate::infra::settings::Settings;

pub async fn audit(settings: &Settings) -> Result<ExitCode, CommandError> {
    let db = Db::open(&settings.database_url, OpenMode::Existing, settings.pool.without_timeout())?;
    let findings = audit::audit(&db).await?;
    let old = audit::old_faults(&db).await?;
    findings.iter().for_each(print_finding);
    for (kind, count) in &old {
        println!("old     {count} × {kind}, taken over with the Java shop: see adoption_note");
    }
    let broken = findings.iter().filter(|finding| !finding.broken.is_empty()).count();
    tokio::task::spawn_blocking(move || db.close())
        .await
        .map_err(|error| CommandError::message(error.to_string()))?;
    if broken == 0 {
        println!("{} laws hold", findings.len());
        return Ok(ExitCode::SUCCESS);
    }
    println!("{broken} of {} laws are broken", findings.len());
    Ok(ExitCode::FAILURE)
}

fn print_finding(finding: &LawFinding) {
    let word = if finding.broken.is_empty() { "holds " } else { "BROKEN" };
    println!("{word}  {}", finding.law);
    for (row, how) in &finding.broken {
        println!("        {row}: {how}");
    }
}
