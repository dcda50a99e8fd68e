//! `changgou audit`: one line a law; exit 1 and the rows where one is broken.

use std::process::ExitCode;

use super::Failed;
use crate::flow::audit::{self, Finding};
use crate::infra::db::{Db, Open};
use crate::infra::settings::Settings;

/// Proves the laws on the database of the settings and prints them.
pub async fn audit(settings: &Settings) -> Result<ExitCode, Failed> {
    let db = Db::open(&settings.database_url, Open::Existing, settings.pool.patient())?;
    let findings = audit::audit(&db).await?;
    let old = audit::old_faults(&db).await?;
    findings.iter().for_each(tell);
    for (kind, count) in &old {
        println!("old     {count} × {kind}, taken over with the Java shop: see adoption_note");
    }
    let broken = findings.iter().filter(|finding| !finding.broken.is_empty()).count();
    tokio::task::spawn_blocking(move || db.close()).await.map_err(|error| Failed::told(error.to_string()))?;
    if broken == 0 {
        println!("{} laws hold", findings.len());
        return Ok(ExitCode::SUCCESS);
    }
    println!("{broken} of {} laws are broken", findings.len());
    Ok(ExitCode::FAILURE)
}

fn tell(finding: &Finding) {
    let word = if finding.broken.is_empty() { "holds " } else { "BROKEN" };
    println!("{word}  {}", finding.law);
    for (row, how) in &finding.broken {
        println!("        {row}: {how}");
    }
}
