//! Database servers: `TEST_MYSQL_URL` names one on which each test creates its own database. Without it every test
//! uses SQLite.

use std::sync::atomic::{AtomicU32, Ordering};

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts};

/// The database server of this run, if there is one.
pub fn mysql() -> Option<String> {
    std::env::var_os("TEST_MYSQL_URL")?.into_string().ok().filter(|url| !url.is_empty())
}

/// Whether the server is TiDB, which has no triggers and does not support the migration of a Java shop.
/// `ci/servers.sh` sets it.
pub fn is_tidb() -> bool {
    std::env::var_os("TEST_MYSQL_FAMILY").is_some_and(|family| family == "tidb")
}

/// A new database for a test: on the server, or a file in its folder.
pub async fn fresh_database(folder: &std::path::Path) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let Some(server) = mysql() else {
        return format!("sqlite://{}", folder.join("shop.db").display());
    };
    let name = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    on_server(&format!("create database {name} character set utf8mb4 collate utf8mb4_bin")).await;
    format!("{server}/{name}")
}

/// Drops a database of [`fresh_database`].
pub async fn drop_database(url: &str) {
    if let Some((_, name)) = url.rsplit_once('/').filter(|_| url.starts_with("mysql://")) {
        on_server(&format!("drop database {name}")).await;
    }
}

/// A connection to a database that does not go through the shop.
pub async fn connect(url: &str) -> Conn {
    Conn::new(Opts::from_url(url).expect("the URL is one")).await.expect("the server answers")
}

async fn on_server(sql: &str) {
    let mut connection = connect(&mysql().expect("there is a server")).await;
    connection.query_drop(sql).await.expect("the server does it");
    connection.disconnect().await.expect("the connection closes");
}
