//! The target tables, read from the schema file itself.

use crate::infra::db::{Decode, schema};

/// The tables that both shops have.
pub(super) const SHARED: [&str; 5] = ["tb_user", "tb_address", "tb_sku", "tb_order", "tb_order_item"];

#[derive(Debug)]
pub(super) struct TargetTable {
    pub(super) name: &'static str,
    pub(super) columns: Vec<TargetColumn>,
    pub(super) keys: Vec<TargetIndex>,
}

/// Whether a column may be null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nulls {
    Allowed,
    Refused,
}

/// As `information_schema.columns.is_nullable` says it.
impl Decode for Nulls {
    fn from_text(text: &str) -> Result<Nulls, String> {
        Ok(if text == "YES" { Nulls::Allowed } else { Nulls::Refused })
    }
}

impl Nulls {
    /// The clause of a column's definition.
    pub(super) fn clause(self) -> &'static str {
        match self {
            Nulls::Allowed => "null",
            Nulls::Refused => "not null",
        }
    }
}

#[derive(Debug)]
pub(super) struct TargetColumn {
    pub(super) name: &'static str,
    /// Such as `varchar(50)`.
    pub(super) kind: &'static str,
    pub(super) nulls: Nulls,
    /// With its quotes.
    pub(super) default: Option<&'static str>,
    /// Such as `points >= 0`.
    pub(super) check: Option<&'static str>,
}

/// An index besides the primary key.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TargetIndex {
    pub(super) name: String,
    pub(super) unique: bool,
    pub(super) columns: Vec<&'static str>,
}

impl TargetColumn {
    /// The length of a text column.
    pub(super) fn letters(&self) -> Option<i64> {
        let inner = self.kind.strip_prefix("varchar(").or_else(|| self.kind.strip_prefix("char("))?;
        inner.strip_suffix(')')?.parse().ok()
    }
}

pub(super) fn tables() -> Vec<TargetTable> {
    SHARED.iter().filter_map(|name| table(name)).collect()
}

fn table(name: &'static str) -> Option<TargetTable> {
    let head = format!("create table if not exists {name} (\n");
    let sql = schema::mysql_schema();
    let body = &sql[sql.find(&head)? + head.len()..];
    let body = &body[..body.find("\n) engine")?];
    let mut table = TargetTable { name, columns: Vec::new(), keys: Vec::new() };
    for line in body.lines().map(str::trim).filter(|line| !line.starts_with("--")) {
        parse_table_line(&mut table, line.trim_end_matches(','));
    }
    Some(table)
}

fn parse_table_line(table: &mut TargetTable, line: &'static str) {
    let Some((name, rest)) = line.split_once(' ') else { return };
    match name {
        "key" => {
            let name = rest.split(' ').next().unwrap_or_default().to_owned();
            table.keys.push(TargetIndex { name, unique: false, columns: list_in_parentheses(rest) });
        }
        "unique" | "primary" => {}
        _ => {
            if rest.contains(" unique") {
                let key = format!("{}_{name}", table.name);
                table.keys.push(TargetIndex { name: key, unique: true, columns: vec![name] });
            }
            table.columns.push(parse_column(name, rest));
        }
    }
}

fn list_in_parentheses(text: &'static str) -> Vec<&'static str> {
    let list = text.split_once('(').and_then(|(_, rest)| rest.rsplit_once(')'));
    list.map_or(Vec::new(), |(list, _)| list.split(',').map(str::trim).collect())
}

fn parse_column(name: &'static str, rest: &'static str) -> TargetColumn {
    let default = rest.split_once(" default ").map(|(_, rest)| rest.split(' ').next().unwrap_or_default());
    let check = rest.split_once("check (").and_then(|(_, rest)| rest.rsplit_once(')'));
    TargetColumn {
        name,
        kind: rest.split(' ').next().unwrap_or_default(),
        nulls: if rest.contains("not null") { Nulls::Refused } else { Nulls::Allowed },
        default,
        check: check.map(|(check, _)| check),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_read_as_it_is_written() {
        let tables = tables();
        assert_eq!(tables.iter().map(|table| table.name).collect::<Vec<_>>(), SHARED);
        let user = &tables[0];
        let points = user.columns.iter().find(|column| column.name == "points").unwrap();
        assert_eq!((points.kind, points.nulls), ("bigint", Nulls::Refused));
        assert_eq!((points.default, points.check), (Some("0"), Some("points >= 0")));
        let password = user.columns.iter().find(|column| column.name == "password").unwrap();
        assert_eq!((password.letters(), password.nulls), (Some(100), Nulls::Refused));
        let order = &tables[3];
        let expected = [
            TargetIndex {
                name: "tb_order_transaction_id".to_owned(),
                unique: true,
                columns: vec!["transaction_id"],
            },
            TargetIndex {
                name: "order_user".to_owned(),
                unique: false,
                columns: vec!["username", "is_delete", "id"],
            },
        ];
        assert_eq!(order.keys, expected);
        assert!(
            order.columns.iter().any(|column| column.name == "is_delete" && column.default == Some("'0'"))
        );
    }
}
