//! The current tables, as `information_schema` describes them.

use super::target_schema::Nulls;
use crate::infra::db::{DbError, Tx, from_row};

/// The current schema.
pub(super) struct ExistingSchema {
    columns: Vec<ExistingColumn>,
    tables: Vec<ExistingTable>,
    indexes: Vec<Part>,
    checks: Vec<(String, String)>,
    /// Whether the server enforces check constraints.
    keeps_checks: bool,
    pub(super) is_tidb: bool,
    foreign: Vec<(String, String)>,
}

pub(super) struct ExistingTable {
    pub(super) name: String,
    pub(super) engine: String,
}

pub(super) struct ExistingColumn {
    table: String,
    pub(super) name: String,
    /// Such as `bigint(20) unsigned`.
    pub(super) kind: String,
    /// Such as `bigint`.
    pub(super) family: String,
    pub(super) letters: Option<i64>,
    pub(super) nulls: Nulls,
    /// Without quotes.
    pub(super) default: Option<String>,
    pub(super) counts_up: bool,
    pub(super) collation: Option<String>,
    pub(super) comment: String,
}

/// A column of an index.
struct Part {
    table: String,
    index: String,
    unique: bool,
    column: String,
}

pub(super) struct ExistingIndex<'f> {
    pub(super) name: &'f str,
    pub(super) unique: bool,
    pub(super) columns: Vec<&'f str>,
}

from_row! {
    ExistingColumn {
        table: table_name,
        name: column_name,
        kind: column_type,
        family: data_type,
        letters: character_maximum_length,
        nulls: is_nullable,
        default: unquoted(column_default),
        counts_up,
        collation: collation_name,
        comment: column_comment,
    }
}

/// MariaDB returns the text of the expression, MySQL its value.
fn unquoted(default: Option<String>) -> Option<String> {
    default.map(|text| text.trim_matches('\'').to_owned()).filter(|text| text != "NULL")
}

from_row! {
    Part { table: table_name, index: index_name, unique: is_unique, column: column_name }
}

const COLUMNS: &str = "select table_name, column_name, lower(column_type) as column_type, lower(data_type) as data_type, \
    cast(character_maximum_length as signed) as character_maximum_length, is_nullable, column_default, \
    lower(extra) like '%auto_increment%' as counts_up, collation_name, \
    column_comment from information_schema.columns where table_schema = database() \
    order by table_name, ordinal_position";

const TABLES: &str = "select table_name, coalesce(lower(engine), '') from information_schema.tables \
    where table_schema = database() and table_type = 'BASE TABLE' order by table_name";

const INDEXES: &str = "select table_name, index_name, non_unique = 0 as is_unique, column_name \
    from information_schema.statistics where table_schema = database() and column_name is not null \
    order by table_name, index_name, seq_in_index";

const CONSTRAINTS: &str = "select table_name, constraint_name from information_schema.table_constraints \
    where table_schema = database() and constraint_type = ";

pub(super) async fn read_schema(tx: &mut Tx<'_>) -> Result<ExistingSchema, DbError> {
    let tables: Vec<(String, String)> = tx.rows(TABLES, &[]).await?;
    let (version,) = tx.required_row::<(String,)>("select version()", &[]).await?;
    Ok(ExistingSchema {
        columns: tx.rows(COLUMNS, &[]).await?,
        tables: tables.into_iter().map(|(name, engine)| ExistingTable { name, engine }).collect(),
        indexes: tx.rows(INDEXES, &[]).await?,
        checks: tx.rows(&format!("{CONSTRAINTS}'CHECK'"), &[]).await?,
        keeps_checks: keeps_checks(&version),
        is_tidb: is_tidb(&version),
        foreign: tx.rows(&format!("{CONSTRAINTS}'FOREIGN KEY'"), &[]).await?,
    })
}

/// MySQL before 8.0.16 ignores check constraints. They are only an additional safeguard.
fn keeps_checks(version: &str) -> bool {
    let mut parts = version.split(['.', '-']).map(|part| part.parse::<u32>().unwrap_or(0));
    let mut part = || parts.next().unwrap_or(0);
    version.contains("MariaDB") || (part(), part(), part()) >= (8, 0, 16)
}

fn is_tidb(version: &str) -> bool {
    version.contains("TiDB")
}

impl ExistingSchema {
    pub(super) fn table(&self, name: &str) -> Option<&ExistingTable> {
        self.tables.iter().find(|table| table.name == name)
    }

    pub(super) fn columns<'f>(&'f self, table: &str) -> impl Iterator<Item = &'f ExistingColumn> {
        self.columns.iter().filter(move |column| column.table == table)
    }

    pub(super) fn column(&self, table: &str, name: &str) -> Option<&ExistingColumn> {
        self.columns(table).find(|column| column.name == name)
    }

    /// Whether all these columns exist.
    pub(super) fn has_columns(&self, table: &str, columns: &[&str]) -> bool {
        columns.iter().all(|column| self.column(table, column).is_some())
    }

    pub(super) fn indexes(&self, table: &str) -> Vec<ExistingIndex<'_>> {
        let mut indexes: Vec<ExistingIndex<'_>> = Vec::new();
        for Part { index, unique, column, .. } in self.indexes.iter().filter(|part| part.table == table) {
            match indexes.last_mut().filter(|last| last.name == index) {
                Some(last) => last.columns.push(column),
                None => indexes.push(ExistingIndex { name: index, unique: *unique, columns: vec![column] }),
            }
        }
        indexes
    }

    pub(super) fn has_check(&self, table: &str, name: &str) -> bool {
        self.checks.iter().any(|(of, check)| of == table && check == name)
    }

    /// Whether the constraint is missing and the server would enforce it.
    pub(super) fn lacks_check(&self, table: &str, name: &str) -> bool {
        self.keeps_checks && !self.has_check(table, name)
    }

    /// The first foreign key on one of these tables.
    pub(super) fn foreign_key(&self, tables: &[&str]) -> Option<&(String, String)> {
        self.foreign.iter().find(|(table, _)| tables.contains(&table.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_servers_of_mysql_forget_their_checks() {
        assert!(["8.0.16", "8.4.3-log", "9.1.0"].iter().all(|version| keeps_checks(version)));
        assert!(["8.0.12", "8.0.15-debug"].iter().all(|version| !keeps_checks(version)));
    }
}
