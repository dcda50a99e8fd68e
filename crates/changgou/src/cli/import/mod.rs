//! `changgou import`: rows of a file into the shop, with a report of those it refused.

mod csv;
mod json;
mod refused;
mod report;
mod source;

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
use refused::RefusedFile;
use report::ImportReport;
use source::{FileFormat, FileShape, RowSource};

pub use source::Unreadable;

/// Rows of one transaction: together they stay far below what a server takes in one statement.
const BATCH: usize = 300;

/// What is imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Areas,
    Rows(ImportTable),
}

impl What {
    fn read(matches: &ArgMatches) -> What {
        match matches.get_one::<String>("what").map(String::as_str) {
            Some("skus") => What::Rows(ImportTable::Skus),
            Some("users") => What::Rows(ImportTable::Users),
            Some(_) | None => What::Areas,
        }
    }

    /// The word for many.
    fn word(self) -> &'static str {
        match self {
            What::Areas => "areas",
            What::Rows(ImportTable::Skus) => "SKUs",
            What::Rows(ImportTable::Users) => "users",
        }
    }

    fn shape(self) -> FileShape {
        match self {
            What::Areas => FileShape { columns: areas::COLUMNS.to_vec(), key: None },
            What::Rows(table) => FileShape { columns: table.columns(), key: Some(table.key()) },
        }
    }
}

/// A row of the file: where it stands, what it says, and its very bytes.
struct Record {
    /// Counted from 1.
    line: u64,
    /// Or why it says nothing.
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
        .about("Take SKUs or users from a file, or compare one of areas; exit 1 if rows were refused (see docs/migrate.md)")
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
                .help("what FILE is, where its first letter does not tell"),
        )
        .arg(flag("update", "SKUs that are there get what the file says, but for their stock"))
        .arg(flag("dry-run", "say what would become of each row, and write nothing to the database"))
}

/// How it is done.
struct ImportPlan {
    what: What,
    file: PathBuf,
    format: Option<FileFormat>,
    existing: ExistingRow,
    run: ImportMode,
}

impl ImportPlan {
    fn read(matches: &ArgMatches) -> ImportPlan {
        let text = |name: &str| matches.get_one::<String>(name).map(String::as_str);
        ImportPlan {
            what: What::read(matches),
            file: PathBuf::from(text("file").unwrap_or_default()),
            format: text("format").map(|word| if word == "csv" { FileFormat::Csv } else { FileFormat::Json }),
            existing: if matches.get_flag("update") { ExistingRow::Update } else { ExistingRow::Keep },
            run: if matches.get_flag("dry-run") { ImportMode::Rehearsal } else { ImportMode::Real },
        }
    }
}

/// The exit code of a file that is not read.
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
    if plan.existing == ExistingRow::Update && plan.what != What::Rows(ImportTable::Skus) {
        return Err(CommandError::told("--update is for SKUs: an account is never changed by a file"));
    }
    let total = survey(plan)?;
    let open = if plan.run == ImportMode::Real { OpenMode::Migrate } else { OpenMode::Existing };
    let db = match plan.what {
        What::Areas => None,
        What::Rows(_) => Some(Db::open(&settings.database_url, open, settings.pool.patient())?),
    };
    let report = take(plan, db.as_ref(), total).await?;
    if let Some(db) = db {
        let closed = tokio::task::spawn_blocking(move || db.close()).await;
        closed.map_err(|error| CommandError::told(error.to_string()))?;
    }
    Ok(report.tell(plan))
}

/// Reads the file to its end before anything is written: how many rows it has.
fn survey(plan: &ImportPlan) -> Result<usize, Unreadable> {
    let mut source = RowSource::open(&plan.file, plan.format, plan.what.shape())?;
    let mut total = 0;
    while source.next()?.is_some() {
        total += 1;
    }
    Ok(total)
}

async fn take(plan: &ImportPlan, db: Option<&Db>, total: usize) -> Result<ImportReport, CommandError> {
    let mut source = RowSource::open(&plan.file, plan.format, plan.what.shape())?;
    let mut report = ImportReport::new(RefusedFile::create(&plan.file, source.header())?);
    let (mut told, mut batch) = (progress(plan.what.word(), total), Vec::with_capacity(BATCH));
    loop {
        let record = source.next().map_err(|why| changed(&why, &report))?;
        let is_end = record.is_none();
        batch.extend(record);
        if batch.len() == BATCH || is_end {
            let verdicts = verdicts(plan, db, &batch).await.map_err(|error| cut_off(&error, &report))?;
            for (record, verdict) in batch.drain(..).zip(verdicts) {
                report.note(&record, verdict)?;
            }
            told(report.rows());
        }
        if is_end {
            return report.finish();
        }
    }
}

fn cut_off(error: &crate::flow::Error, report: &ImportReport) -> CommandError {
    let (error, rows) = (error.to_string(), report.rows());
    CommandError::told(format!(
        "{error}; it ended after {rows} rows. Run it again: what is there already stays as it is"
    ))
}

/// What was read a moment ago to its end is no longer what it was.
fn changed(why: &Unreadable, report: &ImportReport) -> CommandError {
    let rows = report.rows();
    CommandError::told(format!(
        "the file was changed while it was imported: {why}; it ended after {rows} rows"
    ))
}

/// A verdict for each record, in their order.
async fn verdicts(
    plan: &ImportPlan,
    db: Option<&Db>,
    batch: &[Record],
) -> Result<Vec<RowVerdict>, crate::flow::Error> {
    let rows: Vec<ImportRow> = batch.iter().filter_map(|record| record.row.clone().ok()).collect();
    let found = match (plan.what, db) {
        (What::Rows(table), Some(db)) if !rows.is_empty() => {
            import::rows(db, table, rows, plan.existing, plan.run, Clock::System.now()).await?
        }
        (What::Areas | What::Rows(_), _) => rows.iter().map(areas::compare).collect(),
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
