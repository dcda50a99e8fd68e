//! Converts a database of the Java shop in place.
//!
//! The plan results from comparing the database with the target schema, so nothing is done twice and a
//! run that was killed can be continued: changes of the schema are visible in the schema; steps over
//! rows are repeatable and recorded when they are done. Until the last step is done, nothing else opens
//! the database.

mod existing_schema;
mod ledger;
mod owners;
mod rows;
mod schema_diff;
mod statuses;
mod step;
mod target_schema;

use std::ops::ControlFlow;
use std::time::Duration;

use super::MysqlTx as MyTx;
use super::connect::{self, ConnectionPurpose};
use super::server_url::MysqlUrl;
use crate::domain::clock::UtcMs;
use crate::infra::db::{DbError, OpenMode, Tx, schema};
use existing_schema::ExistingSchema;
use ledger::OpeningTimes;
use step::{AdoptionRun, AdoptionStep, StepWork};

/// The time for payment of an old order after the adoption.
const CLOSE_AFTER: Duration = Duration::from_secs(86_400);

/// Strict, so that nothing is truncated silently, but zero dates can still be read.
const MODE: &str =
    "set session sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'";

const FIRST: &str = "begun";
const LAST: &str = "finished";

/// Temporary tables of the adoption.
const TEMPORARY_TABLES: [(&str, &str); 3] = [
    ("adoption_number", "n bigint not null primary key, order_id varchar(200) not null"),
    (
        "adoption_line",
        "item_id varchar(200) not null primary key, order_id varchar(200) not null, key (order_id)",
    ),
    (
        "adoption_owner",
        "folded varchar(50) not null primary key, username varchar(50) not null, num bigint not null",
    ),
];

#[derive(Clone, Copy, Debug)]
pub struct Adoption {
    pub now: UtcMs,
    /// After this time a shipped order counts as received.
    pub receive_after: Duration,
    /// Rows per transaction.
    pub piece: u32,
}

/// Progress of the adoption.
#[derive(Clone, Copy, Debug)]
pub enum AdoptionProgress<'t> {
    /// A step begins, with its description.
    Begins(&'t str),
    /// About this many rows of the table are done.
    Rows(&'t str, i64),
    Done(&'t str),
}

/// A step of a dry run.
#[derive(Clone, Debug)]
pub struct PlannedStep {
    pub words: String,
    pub sql: Vec<String>,
    /// Rows of its table.
    pub rows: i64,
}

/// Refuses a database that is not or only partly adopted.
pub(in crate::infra::db) async fn refuse_unadopted(tx: &mut Tx<'_>, open: OpenMode) -> Result<(), DbError> {
    if open == OpenMode::Adopting || !is_needed(tx).await? {
        return Ok(());
    }
    Err(DbError::Schema(
        "this database of the Java shop is not or only partly migrated; back it up, see what \
         `changgou migrate --dry-run` would do, then run `changgou migrate`"
            .to_owned(),
    ))
}

async fn is_needed(tx: &mut Tx<'_>) -> Result<bool, DbError> {
    let found = existing_schema::read_schema(tx).await?;
    if found.table("adoption_step").is_some() && step::is_recorded(tx, FIRST).await? {
        return Ok(!step::is_recorded(tx, LAST).await?);
    }
    Ok(!is_ours(tx, &found).await? && schema_diff::differs(&found))
}

/// Whether this program made the schema.
async fn is_ours(tx: &mut Tx<'_>, found: &ExistingSchema) -> Result<bool, DbError> {
    if found.table("schema_migration").is_none() {
        return Ok(false);
    }
    Ok(tx.row::<(i64,)>("select version from schema_migration limit 1", &[]).await?.is_some())
}

/// The steps that [`adopt`] would run; empty if none is needed.
pub async fn plan(url: &str, adoption: &Adoption) -> Result<Vec<PlannedStep>, DbError> {
    let address = MysqlUrl::parse(url)?;
    let mut connection = connect::connect(&address, ConnectionPurpose::Write, None).await?;
    let mut tx = Tx::from(MyTx::new(&mut connection, None, 0));
    if !is_needed(&mut tx).await? {
        return Ok(Vec::new());
    }
    let found = existing_schema::read_schema(&mut tx).await?;
    schema_diff::refuse_unsupported(&found)?;
    let mut steps = schema_diff::widen(&found);
    steps.extend(rows::steps(&sql_literal(adoption.now)));
    steps.extend(owners::steps());
    if found
        .has_columns("tb_order", &["pay_type", "order_status", "pay_status", "consign_status", "end_time"])
    {
        steps.push(statuses::step(&mut tx).await?);
    }
    steps.extend(schema_diff::tighten(&found));
    steps.extend(ledger::steps(&opening_times(adoption)));
    let begun = found.table("adoption_step").is_some();
    let mut planned = Vec::new();
    for step in steps {
        if begun && step.is_recorded(&mut tx).await? {
            continue;
        }
        let rows = match found.table(step.table) {
            Some(_) => {
                tx.required_row::<(i64,)>(&format!("select count(*) from {}", step.table), &[]).await?.0
            }
            None => 0,
        };
        planned.push(PlannedStep { sql: step.sql(), words: step.words, rows });
    }
    Ok(planned)
}

/// Adopts the database; `false` if it was not necessary. The caller then builds the search index and
/// calls [`finish`].
pub async fn adopt(
    url: &str,
    adoption: &Adoption,
    tell: &mut (dyn FnMut(AdoptionProgress<'_>) -> ControlFlow<()> + Send),
) -> Result<bool, DbError> {
    let address = MysqlUrl::parse(url)?;
    let mut connection = connect::connect(&address, ConnectionPurpose::Write, None).await?;
    connect::check_usable(&mut connection, &address).await?;
    let mut tx = Tx::from(MyTx::new(&mut connection, None, 0));
    schema::lock_schema(&mut tx).await?;
    let needed = is_needed(&mut tx).await?;
    if needed {
        tx.exec(MODE, &[]).await?;
        run(&mut tx, adoption, tell).await?;
    }
    drop(tx);
    connection.disconnect().await.map_err(|error| DbError::Engine(error.to_string()))?;
    Ok(needed)
}

async fn run(
    tx: &mut Tx<'_>,
    adoption: &Adoption,
    tell: &mut (dyn FnMut(AdoptionProgress<'_>) -> ControlFlow<()> + Send),
) -> Result<(), DbError> {
    let mut run = AdoptionRun { piece: i64::from(adoption.piece.max(1)), now_ms: adoption.now.0, tell };
    let found = existing_schema::read_schema(tx).await?;
    schema_diff::refuse_unsupported(&found)?;
    refuse_long_ids(tx, &found).await?;
    begin(tx, adoption.now.0).await?;
    change_schema(tx, &mut run, schema_diff::widen).await?;
    schema::create_missing(tx).await?;
    for step in rows::steps(&sql_literal(adoption.now)).into_iter().chain(owners::steps()) {
        step.run(tx, &mut run).await?;
    }
    statuses::step(tx).await?.run(tx, &mut run).await?;
    change_schema(tx, &mut run, schema_diff::tighten).await?;
    for step in ledger::steps(&opening_times(adoption)) {
        step.run(tx, &mut run).await?;
    }
    Ok(())
}

/// Changes the schema and verifies the result.
async fn change_schema(
    tx: &mut Tx<'_>,
    run: &mut AdoptionRun<'_>,
    steps: fn(&ExistingSchema) -> Vec<AdoptionStep>,
) -> Result<(), DbError> {
    for step in steps(&existing_schema::read_schema(tx).await?) {
        step.run(tx, run).await?;
    }
    match steps(&existing_schema::read_schema(tx).await?).first() {
        None => Ok(()),
        Some(left) => Err(DbError::Schema(format!("this change had no effect: {}", left.sql().join("; ")))),
    }
}

/// Creates the tables of the adoption and records that it has begun.
async fn begin(tx: &mut Tx<'_>, now_ms: i64) -> Result<(), DbError> {
    schema::create(tx, &["adoption_step", "adoption_note"]).await?;
    for (table, columns) in TEMPORARY_TABLES {
        let sql = format!(
            "create table if not exists {table} ({columns}) engine=innodb default charset=utf8mb4 \
             collate=utf8mb4_bin row_format=dynamic"
        );
        tx.exec(&sql, &[]).await?;
    }
    step::record_done(tx, FIRST, now_ms).await?;
    tx.exec("commit", &[]).await.map(drop)
}

/// Records that the adoption is finished: others may open the database now.
pub(in crate::infra::db) async fn finish(tx: &mut Tx<'_>, now: UtcMs) -> Result<(), DbError> {
    if !is_needed(tx).await? {
        return Ok(());
    }
    for (table, _) in TEMPORARY_TABLES {
        tx.exec(&format!("drop table if exists {table}"), &[]).await?;
    }
    step::record_done(tx, LAST, now.0).await
}

/// The ledgers store ids of at most fifty characters.
async fn refuse_long_ids(tx: &mut Tx<'_>, found: &ExistingSchema) -> Result<(), DbError> {
    for (table, column) in [("tb_order", "id"), ("tb_user", "username")] {
        if !found.has_columns(table, &[column]) {
            continue;
        }
        let sql =
            format!("select cast({column} as char) from {table} where char_length({column}) > 50 limit 1");
        if let Some((id,)) = tx.row::<(String,)>(&sql, &[]).await? {
            return Err(DbError::Schema(format!(
                "{table}.{column} {id} is longer than 50 letters; shorten it first"
            )));
        }
    }
    Ok(())
}

fn opening_times(adoption: &Adoption) -> OpeningTimes {
    let receive_ms = i64::try_from(adoption.receive_after.as_millis()).unwrap_or(i64::MAX / 4);
    OpeningTimes { now_ms: adoption.now.0, close_ms: adoption.now.plus(CLOSE_AFTER).0, receive_ms }
}

fn sql_literal(now: UtcMs) -> String {
    format!("'{}'", now.sql())
}

impl AdoptionStep {
    async fn is_recorded(&self, tx: &mut Tx<'_>) -> Result<bool, DbError> {
        match &self.work {
            StepWork::Once { name: Some(name), .. } | StepWork::Each { name, .. } => {
                step::is_recorded(tx, name).await
            }
            StepWork::Schema(_) | StepWork::Once { name: None, .. } => Ok(false),
        }
    }
}
