//! The shop's database, for what HTTP cannot show and for states that HTTP cannot make.

use std::collections::BTreeMap;

use changgou::infra::db::{DbError, FromRow};

use crate::support::servers;
use crate::support::shop::Shop;

impl Shop {
    /// Runs a statement; how many rows it changed.
    pub async fn sql(&self, sql: &str) -> u64 {
        let sql = sql.to_owned();
        let done = self.running.app.db.write::<u64, DbError, _>(async move |tx| tx.exec(&sql, &[]).await);
        done.await.expect("the statement runs")
    }

    /// The rows of a `select`.
    pub async fn rows<T: FromRow + Send + 'static>(&self, sql: &str) -> Vec<T> {
        let sql = sql.to_owned();
        let read = self.running.app.db.read::<Vec<T>, DbError, _>(async move |tx| tx.rows(&sql, &[]).await);
        read.await.expect("the statement reads")
    }

    /// Every row of every table, as text: two equal ones mean that nothing changed.
    pub async fn all_rows(&self) -> BTreeMap<String, Vec<String>> {
        let mut books = BTreeMap::new();
        for (table, columns) in self.tables().await {
            let columns: Vec<String> =
                columns.iter().map(|column| format!("coalesce({column}, 'null')")).collect();
            let all = format!("select concat_ws(' | ', {}) from {table} order by 1", columns.join(", "));
            let rows = self.rows::<(String,)>(&all).await;
            books.insert(table, rows.into_iter().map(|(row,)| row).collect());
        }
        books
    }

    /// The columns of each table, in order.
    pub async fn tables(&self) -> BTreeMap<String, Vec<String>> {
        let sql = match servers::mysql() {
            Some(_) => {
                "select table_name, column_name from information_schema.columns \
                 where table_schema = database() order by table_name, ordinal_position"
            }
            None => {
                "select t.name, c.name from sqlite_schema t join pragma_table_info(t.name) c \
                 where t.type = 'table' and t.name not like 'sqlite_%' order by t.name, c.cid"
            }
        };
        let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (table, column) in self.rows::<(String, String)>(sql).await {
            tables.entry(table).or_default().push(column);
        }
        tables
    }
}
