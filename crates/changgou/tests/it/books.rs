//! The shop's books: for what no door can show, and for the past of a shop
//! that no door can make.

use std::collections::BTreeMap;

use changgou::ground::db::{DbError, FromRow};

use crate::shop::Shop;

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
    pub async fn books(&self) -> BTreeMap<String, Vec<String>> {
        let tables = "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'";
        let mut books = BTreeMap::new();
        for (table,) in self.rows::<(String,)>(tables).await {
            let columns = format!("select name from pragma_table_info('{table}')");
            let columns = self.rows::<(String,)>(&columns).await;
            let columns: Vec<String> =
                columns.iter().map(|(column,)| format!("coalesce({column}, 'null')")).collect();
            let all = format!("select concat_ws(' | ', {}) from {table}", columns.join(", "));
            let rows = self.rows::<(String,)>(&all).await;
            books.insert(table, rows.into_iter().map(|(row,)| row).collect());
        }
        books
    }
}
