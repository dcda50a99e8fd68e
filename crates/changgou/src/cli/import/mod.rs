//! `changgou import`: imports the rows of a file and reports those it refused.

mod columns;
mod csv;
mod json;
mod refused;
mod report;
mod source;
mod unreadable;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ::csv::ByteRecord;
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::CommandError;
use super::seed::progress;
use crate::domain::clock::Clock;
use crate::flow::import::{self, ExistingRow, ImportMode, ImportRow, ImportTable, RowVerdict, areas};
use crate::infra::db::{Db, OpenMode};
use crate::infra::settings::Settings;
use columns::FileShape;
use refused::RefusedFile;
use report::ImportReport;
use source::{FileFormat, RowSource};

pub use unreadable::Unreadable;

/// Rows of one transaction: together they stay far below what a server takes in one statement.
const BATCH: usize = 300;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ImportTarget {
    Areas,
    Rows(ImportTable),
}

impl ImportTarget {
    fn read(matches: &ArgMatches) -> ImportTarget {
        match matches.get_one::<String>("what").map(String::as_str) {
            Some("skus") => ImportTarget::Rows(ImportTable::Skus),
            Some("users") => ImportTarget::Rows(ImportTable::Users),
            Some(_) | None => ImportTarget::Areas,
        }
    }

    fn plural(self) -> &'static str {
        match self {
            ImportTarget::Areas => "areas",
            ImportTarget::Rows(ImportTable::Skus) => "SKUs",
            ImportTarget::Rows(ImportTable::Users) => "users",
        }
    }

    fn shape(self) -> FileShape {
        match self {
            ImportTarget::Areas => FileShape { columns: areas::COLUMNS.to_vec(), key: None },
            ImportTarget::Rows(table) => {
                FileShape { columns: table.columns(), key: Some(table.key_column()) }
            }
        }
    }
}

/// A row of the file, parsed and as it was read.
struct Record {
    /// Counted from 1.
    line: u64,
    /// The error says why the row cannot be parsed.
    row: Result<ImportRow, String>,
    raw: Raw,
}

enum Raw {
    Csv(ByteRecord),
    Json(Vec<u8>),
}

pub(super) fn command() -> Command {
    let flag = |name: &'static str, help| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
    Command::new("import")
        .about("Import SKUs or users from a file, or compare a file of areas; exit 1 if rows were refused (see docs/migrate.md)")
        .arg(Arg::new("what").value_name("WHAT").required(true).value_parser(["areas", "skus", "users"]))
        .arg(
            Arg::new("file")
                .value_name("FILE")
                .required(true)
                .help("CSV with a header, a JSON array or JSON lines, in UTF-8; refused rows go to FILE.refused"),
        )
        .arg(
            Arg::new("format")
                .long("format")
                .value_name("FORMAT")
                .value_parser(["csv", "json"])
                .help("the format of FILE, if its first character does not tell"),
        )
        .arg(flag("update", "overwrite SKUs that exist with the values of the file, except for their stock"))
        .arg(flag("dry-run", "show what would happen to each row, and write nothing to the database"))
}

struct ImportPlan {
    what: ImportTarget,
    file: PathBuf,
    format: Option<FileFormat>,
    existing: ExistingRow,
    mode: ImportMode,
}

impl ImportPlan {
    fn read(matches: &ArgMatches) -> ImportPlan {
        let text = |name: &str| matches.get_one::<String>(name).map(String::as_str);
        ImportPlan {
            what: ImportTarget::read(matches),
            file: PathBuf::from(text("file").unwrap_or_default()),
            format: text("format").map(|word| if word == "csv" { FileFormat::Csv } else { FileFormat::Json }),
            existing: if matches.get_flag("update") { ExistingRow::Update } else { ExistingRow::Keep },
            mode: if matches.get_flag("dry-run") { ImportMode::Rehearsal } else { ImportMode::Real },
        }
    }
}

/// The exit code for a file that cannot be read.
const UNREADABLE: u8 = 2;

pub(super) async fn run(settings: &Settings, matches: &ArgMatches) -> Result<ExitCode, CommandError> {
    let plan = ImportPlan::read(matches);
    match import(settings, &plan).await {
        Err(CommandError::Unreadable(why)) => {
            eprintln!("changgou: {}: {why}", plan.file.display());
            Ok(ExitCode::from(UNREADABLE))
        }
        done => done,
    }
}

async fn import(settings: &Settings, plan: &ImportPlan) -> Result<ExitCode, CommandError> {
    if plan.existing == ExistingRow::Update && plan.what != ImportTarget::Rows(ImportTable::Skus) {
        return Err(CommandError::message("--update works for SKUs only: a file never changes an account"));
    }
    let total = count_rows(plan)?;
    let open = if plan.mode == ImportMode::Real { OpenMode::Migrate } else { OpenMode::Existing };
    let db = match plan.what {
        ImportTarget::Areas => None,
        ImportTarget::Rows(_) => {
            Some(Db::open(&settings.database_url, open, settings.pool.without_timeout())?)
        }
    };
    let report = import_rows(plan, db.as_ref(), total).await?;
    if let Some(db) = db {
        let closed = tokio::task::spawn_blocking(move || db.close()).await;
        closed.map_err(|error| CommandError::message(error.to_string()))?;
    }
    Ok(report.print(plan))
}

/// Counts the rows. The whole file is read before anything is written, so that
/// a broken one changes nothing.
fn count_rows(plan: &ImportPlan) -> Result<usize, Unreadable> {
    let mut source = RowSource::open(&plan.file, plan.format, plan.what.shape())?;
    let mut total = 0;
    while source.next()?.is_some() {
        total += 1;
    }
    Ok(total)
}

async fn import_rows(plan: &ImportPlan, db: Option<&Db>, total: usize) -> Result<ImportReport, CommandError> {
    let mut source = RowSource::open(&plan.file, plan.format, plan.what.shape())?;
    let mut report = ImportReport::new(RefusedFile::create(&plan.file, source.header())?);
    let (mut show_progress, mut batch) = (progress(plan.what.plural(), total), Vec::with_capacity(BATCH));
    loop {
        let record = source.next().map_err(|why| file_changed(&why, &report))?;
        let is_end = record.is_none();
        batch.extend(record);
        if batch.len() == BATCH || is_end {
            let verdicts = verdicts(plan, db, &batch).await.map_err(|error| stopped(&error, &report))?;
            for (record, verdict) in batch.drain(..).zip(verdicts) {
                report.add(&record, verdict)?;
            }
            show_progress(report.rows());
        }
        if is_end {
            return report.finish();
        }
    }
}

fn stopped(error: &crate::flow::Error, report: &ImportReport) -> CommandError {
    let (error, rows) = (error.to_string(), report.rows());
    CommandError::message(format!(
        "{error}; the import stopped after {rows} rows. Run it again: rows that exist already stay as they are"
    ))
}

/// The first pass read this file to its end without an error.
fn file_changed(why: &Unreadable, report: &ImportReport) -> CommandError {
    let rows = report.rows();
    CommandError::message(format!(
        "the file changed during the import: {why}; the import stopped after {rows} rows"
    ))
}

/// A verdict for each record, in order.
async fn verdicts(
    plan: &ImportPlan,
    db: Option<&Db>,
    batch: &[Record],
) -> Result<Vec<RowVerdict>, crate::flow::Error> {
    let rows: Vec<ImportRow> = batch.iter().filter_map(|record| record.row.clone().ok()).collect();
    let found = match (plan.what, db) {
        (ImportTarget::Rows(table), Some(db)) if !rows.is_empty() => {
            import::import_rows(db, table, rows, plan.existing, plan.mode, Clock::System.now()).await?
        }
        (ImportTarget::Areas | ImportTarget::Rows(_), _) => rows.iter().map(areas::compare_row).collect(),
    };
    let mut found = found.into_iter();
    let verdict = |record: &Record| match &record.row {
        Ok(_) => found.next(),
        Err(why) => Some(RowVerdict::Refused(why.clone())),
    };
    Ok(batch.iter().filter_map(verdict).collect())
}

/// `FILE.refused`.
fn refused_path(file: &Path) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(".refused");
    PathBuf::from(path)
}
