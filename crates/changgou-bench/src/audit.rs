//! The audit after a run.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use changgou::cli::{self, CommandError};
use changgou::domain::redact_url::redact_login;
use changgou::infra::settings::Settings;

use crate::plan::Audit;
use crate::process::Process;

/// Audits the database of the settings, where it is the shop's.
pub async fn after_run(
    settings: &Settings,
    audit: Audit,
    server: Option<&Process>,
) -> Result<Option<bool>, CommandError> {
    let is_wanted = match audit {
        Audit::Never => return Ok(None),
        Audit::Always => true,
        Audit::IfUsedByShop => is_used_by_shop(&settings.database_url, server),
    };
    if is_wanted {
        return laws_hold(settings).await.map(Some);
    }
    println!("no audit: the shop is not seen to use {}", redact_login(&settings.database_url));
    Ok(None)
}

/// Audits the database of the settings and prints what it found.
pub async fn laws_hold(settings: &Settings) -> Result<bool, CommandError> {
    Ok(cli::audit::audit(settings).await? == ExitCode::SUCCESS)
}

/// A database server is the shop's because somebody has named it; a file, if the shop has it open.
fn is_used_by_shop(database_url: &str, server: Option<&Process>) -> bool {
    let is_open = |file: &PathBuf| server.is_none_or(|shop| shop.has_open(file));
    database_url.starts_with("mysql://") || file_of(database_url).filter(is_open).is_some()
}

/// The database file, if it is there.
fn file_of(database_url: &str) -> Option<PathBuf> {
    Path::new(database_url.strip_prefix("sqlite://")?).canonicalize().ok()
}
