//! The differences between the current and the target schema, and the statements that remove them.
//!
//! The schema changes twice. First columns are widened and missing ones are added, so that every row
//! fits; then, after the rows are corrected, constraints are added.

use super::existing_schema::{self, ExistingSchema};
use super::step::{AdoptionStep, StepWork};
use super::target_schema::{Nulls, SHARED, TargetColumn, TargetIndex, TargetTable, tables};
use crate::infra::db::DbError;

const TEXT: &str = "character set utf8mb4 collate utf8mb4_bin";

/// Checked before anything is changed.
pub(super) fn refuse_unsupported(found: &ExistingSchema) -> Result<(), DbError> {
    if found.is_tidb {
        return Err(DbError::Schema(
            "TiDB does not change columns and character set of a table as this needs; migrate the Java shop's \
             database on MySQL or MariaDB, then bring it to TiDB"
                .to_owned(),
        ));
    }
    if let Some((table, key)) = found.foreign_key(&SHARED) {
        return Err(DbError::Schema(format!(
            "the foreign key {key} is in the way of changing its columns; drop it first: \
             alter table {table} drop foreign key {key}"
        )));
    }
    for table in tables() {
        for column in &table.columns {
            let there = found.column(table.name, column.name);
            let broken = |there: &&existing_schema::ExistingColumn| {
                ["decimal", "float", "double"].contains(&there.family.as_str())
            };
            if let Some(there) = there.filter(broken).filter(|_| column.kind == "bigint") {
                return Err(DbError::Schema(format!(
                    "{}.{} is {}: the shop counts whole numbers, money in fen; change the column and its values first",
                    table.name, column.name, there.kind
                )));
            }
        }
    }
    Ok(())
}

/// Whether the existing tables differ from the target schema.
pub(super) fn differs(found: &ExistingSchema) -> bool {
    !(widen(found).is_empty() && tighten(found).is_empty())
}

/// The first change: engine, character set, widths, missing columns.
pub(super) fn widen(found: &ExistingSchema) -> Vec<AdoptionStep> {
    let mut steps = engines(found);
    for table in tables().iter().filter(|table| found.table(table.name).is_some()) {
        if let Some(step) = ids_that_are_no_numbers(found, table.name) {
            steps.push(step);
        }
        let parts = widened(found, table);
        if !parts.is_empty() {
            let words = format!("{}: utf8mb4, wide enough, with what was missing", table.name);
            steps.push(alter(words, table.name, &parts));
        }
    }
    steps
}

/// Before everything else, so that later changes of rows are transactional.
fn engines(found: &ExistingSchema) -> Vec<AdoptionStep> {
    let there = SHARED.iter().filter_map(|name| Some((*name, found.table(name)?)));
    let other = there.filter(|(_, table)| table.engine != "innodb");
    let step = |(name, table): (&'static str, &existing_schema::ExistingTable)| {
        let words = format!("{name}: from {} to innodb, so that changes are made whole", table.engine);
        AdoptionStep::schema(words, name, format!("alter table {name} engine=innodb row_format=dynamic"))
    };
    other.map(step).collect()
}

/// The second change: `not null`, defaults and constraints.
pub(super) fn tighten(found: &ExistingSchema) -> Vec<AdoptionStep> {
    let mut steps = Vec::new();
    for table in tables().iter().filter(|table| found.table(table.name).is_some()) {
        let parts = tightened(found, table);
        if !parts.is_empty() {
            let words = format!("{}: not null, defaults, bounds and unique keys", table.name);
            steps.push(alter(words, table.name, &parts));
        }
    }
    steps
}

fn alter(words: String, table: &'static str, parts: &[String]) -> AdoptionStep {
    AdoptionStep::schema(words, table, format!("alter table {table}\n  {}", parts.join(",\n  ")))
}

fn widened(found: &ExistingSchema, table: &TargetTable) -> Vec<String> {
    let mut parts = Vec::new();
    let narrow = |column: &existing_schema::ExistingColumn| {
        column.collation.as_deref().is_some_and(|set| set != "utf8mb4_bin")
    };
    if found.columns(table.name).any(narrow) {
        parts.push(format!("convert to {TEXT}"));
        parts.push("row_format=dynamic".to_owned());
    }
    for column in &table.columns {
        match found.column(table.name, column.name) {
            None => parts.push(format!("add column {}", definition(column, None, initial_nulls(column)))),
            Some(there) if !fits(column, there) => {
                parts.push(format!("modify column {}", definition(column, Some(there), there.nulls)));
            }
            Some(_) => {}
        }
    }
    parts.extend(foreign_columns(found, table));
    parts.extend(indexes(found, table));
    parts
}

/// A new column without a default may be null until its rows are filled.
fn initial_nulls(column: &TargetColumn) -> Nulls {
    if column.default.is_none() { Nulls::Allowed } else { column.nulls }
}

fn tightened(found: &ExistingSchema, table: &TargetTable) -> Vec<String> {
    let mut parts = Vec::new();
    for column in &table.columns {
        let there = found.column(table.name, column.name);
        if there.is_none_or(|there| is_strict(column, there)) {
            continue;
        }
        parts.push(format!("modify column {}", definition(column, there, column.nulls)));
    }
    for column in &table.columns {
        let name = format!("{}_{}_bound", table.name, column.name);
        if let Some(check) = column.check.filter(|_| is_foreign(found, table))
            && found.lacks_check(table.name, &name)
        {
            parts.push(format!("add constraint {name} check ({check})"));
        }
    }
    for TargetIndex { name, columns, .. } in table.keys.iter().filter(|key| key.unique) {
        let is_it = |index: &existing_schema::ExistingIndex<'_>| index.unique && index.columns == *columns;
        if !found.indexes(table.name).iter().any(is_it) {
            parts.push(format!("add unique key {name} ({})", columns.join(", ")));
        }
    }
    parts
}

/// Whether the Java shop created this table. Our own tables have their constraints in the columns, with
/// names chosen by the server.
fn is_foreign(found: &ExistingSchema, table: &TargetTable) -> bool {
    let own = |column: &TargetColumn| {
        let there = found.column(table.name, column.name);
        there.is_some_and(|there| is_strict(column, there) && there.comment.is_empty())
    };
    let named =
        |column: &TargetColumn| found.has_check(table.name, &format!("{}_{}_bound", table.name, column.name));
    !table.columns.iter().all(own) || table.columns.iter().any(named)
}

fn is_strict(column: &TargetColumn, there: &existing_schema::ExistingColumn) -> bool {
    let default = column.default.map(|text| text.trim_matches('\''));
    there.nulls == column.nulls && (default.is_none() || default == there.default.as_deref())
}

/// Whether the column can store the target type; a wider one is not changed.
fn fits(column: &TargetColumn, there: &existing_schema::ExistingColumn) -> bool {
    match (column.letters(), column.kind) {
        (Some(letters), _) => {
            let text = there.family.ends_with("char") || there.family.ends_with("text");
            text && there.letters.is_some_and(|has| has >= letters)
        }
        (None, "bigint") => there.family == "bigint" && !there.kind.contains("unsigned"),
        (None, kind) => there.family == kind,
    }
}

fn definition(
    column: &TargetColumn,
    there: Option<&existing_schema::ExistingColumn>,
    nulls: Nulls,
) -> String {
    let wide = there.filter(|there| column.letters().is_some() && fits(column, there));
    let mut words = vec![column.name.to_owned(), wide.map_or(column.kind, |there| &there.kind).to_owned()];
    if column.letters().is_some() {
        words.push(TEXT.to_owned());
    }
    words.push(nulls.clause().to_owned());
    if let Some(default) = column.default {
        words.push(format!("default {default}"));
    } else if let Some(kept) =
        there.and_then(|there| there.default.as_deref()).filter(|_| nulls == Nulls::Refused)
    {
        words.push(format!("default {}", quoted(kept)));
    }
    if there.is_some_and(|there| there.counts_up) {
        words.push("auto_increment".to_owned());
    }
    if let Some(there) = there.filter(|there| !there.comment.is_empty()) {
        words.push(format!("comment {}", quoted(&there.comment)));
    }
    words.join(" ")
}

/// A default that is an expression, such as `current_timestamp()`, is not quoted.
fn quoted(text: &str) -> String {
    if text.to_lowercase().starts_with("current_timestamp") {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// Additional columns stay. Those without a default get one.
fn foreign_columns(found: &ExistingSchema, table: &TargetTable) -> Vec<String> {
    let known = |name: &str| table.columns.iter().any(|column| column.name == name);
    let foreign = found.columns(table.name).filter(|there| !known(&there.name));
    let hurts =
        foreign.filter(|there| there.nulls == Nulls::Refused && there.default.is_none() && !there.counts_up);
    let part = |there: &existing_schema::ExistingColumn| match there.family.as_str() {
        "char" | "varchar" => format!("alter column {} set default ''", there.name),
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "decimal" | "float" | "double" => {
            format!("alter column {} set default 0", there.name)
        }
        _ => format!("modify column {} {} null", there.name, there.kind),
    };
    hurts.map(part).collect()
}

/// Adds the indexes of our queries and drops one that repeats the primary key.
fn indexes(found: &ExistingSchema, table: &TargetTable) -> Vec<String> {
    let there = found.indexes(table.name);
    let primary = there.iter().find(|index| index.name == "PRIMARY");
    let mut parts = Vec::new();
    for TargetIndex { name, columns, .. } in table.keys.iter().filter(|key| !key.unique) {
        if !there.iter().any(|index| index.columns.starts_with(columns)) {
            parts.push(format!("add key {name} ({})", columns.join(", ")));
        }
    }
    for index in there.iter().filter(|index| index.unique && index.name != "PRIMARY") {
        if primary.is_some_and(|primary| primary.columns == index.columns) {
            parts.push(format!("drop key {}", index.name));
        }
    }
    if primary.is_none() {
        parts.push(format!("add primary key ({})", table.columns[0].name));
    }
    parts
}

/// A SKU whose id is not a number gets a new one; its old id is recorded, and its order lines are
/// updated.
fn ids_that_are_no_numbers(found: &ExistingSchema, table: &'static str) -> Option<AdoptionStep> {
    let is_text =
        |table: &str, column: &str| found.column(table, column).is_some_and(|there| there.letters.is_some());
    let plain = "regexp '^[1-9][0-9]{0,17}$'";
    let (words, sql): (&str, Vec<String>) = match table {
        "tb_sku" if is_text("tb_sku", "id") => {
            let mut sql = vec![format!(
                "insert ignore into adoption_note (kind, ref, detail) select 'sku_id', cast(b.base + row_number() \
                 over (order by s.id) as char), s.id from tb_sku s join (select greatest(coalesce(max(cast(id as \
                 unsigned)), 0), 900000000000000000) as base from tb_sku where id {plain}) b where s.id not {plain}"
            )];
            if is_text("tb_order_item", "sku_id") {
                sql.push(
                    "update tb_order_item i join adoption_note n on n.kind = 'sku_id' and n.detail = convert(i.sku_id using utf8mb4) collate utf8mb4_bin \
                     set i.sku_id = n.ref"
                        .to_owned(),
                );
            }
            sql.push(
                "update tb_sku s join adoption_note n on n.kind = 'sku_id' and n.detail = convert(s.id using utf8mb4) collate utf8mb4_bin set s.id = n.ref"
                    .to_owned(),
            );
            ("tb_sku: ids that are no plain numbers get one", sql)
        }
        "tb_order_item" if is_text("tb_order_item", "sku_id") => (
            "tb_order_item: SKU ids that are no plain numbers become 0 and are written down",
            vec![
                format!(
                    "insert ignore into adoption_note (kind, ref, detail) select 'line_without_sku', id, sku_id \
                     from tb_order_item where sku_id not {plain} or sku_id is null"
                ),
                format!("update tb_order_item set sku_id = '0' where sku_id not {plain} or sku_id is null"),
            ],
        ),
        _ => return None,
    };
    Some(AdoptionStep { words: words.to_owned(), table, work: StepWork::Once { name: None, sql } })
}
