//! Migrations update an older database and keep every row, on both engines.

use changgou::infra::db::{Db, OpenMode};
use changgou::infra::secret::sha256_hex;
use changgou::infra::settings::Settings;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};

use crate::support::program::Place;
use crate::support::servers;
use crate::support::shop::fresh_folder;

/// The SQL of a migration.
fn step(engine: &str, version: i64, name: &str) -> String {
    let file = format!("{}/migrations/{engine}/000{version}_{name}.sql", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(file).unwrap()
}

/// Cart lines of two orders: one of the first is still to be removed from the cache.
const TAKEN: &str =
    "('u', 5, 's1', 'NO.1', '1', 70), ('u', 6, 's2', 'NO.1', '0', 80), ('v', 5, 's3', 'NO.2', '1', 90)";

/// A row of `cart_owed`: the first order, all orders, whether their lines are removed, and since when.
type Owed = (String, String, String, i64);

/// One row per order, for all its lines.
fn owes_what_was_taken(owed: Vec<Owed>) {
    let read = |(first, orders, removed, at_ms): Owed| {
        (first, serde_json::from_str::<Vec<String>>(&orders).unwrap(), removed, at_ms)
    };
    let row = |order: &str, removed: &str, at_ms| {
        (order.to_owned(), vec![order.to_owned()], removed.to_owned(), at_ms)
    };
    let expected = [row("NO.1", "0", 80), row("NO.2", "1", 90)];
    assert_eq!(owed.into_iter().map(read).collect::<Vec<_>>(), expected);
}

/// The tables that migration 6 rebuilds, a row of each, and its key.
const REBUILT: [(&str, &str, &str); 6] = [
    (
        "tb_order",
        "id",
        "'NO.1', 2, 2000, 100, 0, 1900, '1', '2026-11-23 02:00:00', '2026-11-23 02:00:01', '2026-11-23 02:00:02', null, \
         null, null, null, 7, null, null, 'u', 'hello', '0', 'c', 'm', 'a', '1', '42', '0', '1', '0', '0', 5, 100, 3, 0",
    ),
    (
        "tb_order_item",
        "order_id, id",
        "'NO.2', 1, 2, 3, 's', 9, 'NO.1', 'n', 1000, 2, 2000, 1900, 'i', 4, 0, '1'",
    ),
    ("order_event", "order_id, id", "8, 'NO.1', 'placed', 'u', 'd', 1"),
    (
        "payment_attempt",
        "out_trade_no",
        "'11', 'NO.1', null, 'v2', 'MD5', 1900, 'paid', 'r', 'c', 1, 2, 3, '42', 'o', 4, 5, 'p'",
    ),
    ("coupon", "id", "5, 6, 'u', 'NO.0', 1, 2, 3, 'NO.1', 4"),
    ("notice_inbox", "id", "9, 'paid:11:42', '11', 'b', 'paid', 2, 3, 4"),
];

#[test]
fn an_older_database_is_updated_with_every_row() {
    let folder = fresh_folder();
    let path = folder.join("old.db");
    let old = rusqlite::Connection::open(&path).unwrap();
    old.execute_batch("create table schema_migration (version integer, name text, checksum text)").unwrap();
    for (version, name) in [(1, "shop"), (2, "offers"), (3, "nodes"), (4, "refunds"), (5, "scans")] {
        let sql = step("sqlite", version, name);
        old.execute_batch(&sql).unwrap();
        let row = (version, name, sha256_hex(sql.as_bytes()));
        old.execute("insert into schema_migration values (?, ?, ?)", row).unwrap();
    }
    for (table, _, row) in REBUILT {
        old.execute_batch(&format!("insert into {table} values ({row})")).unwrap();
    }
    old.execute_batch(&format!("insert into cart_taken values {TAKEN}")).unwrap();
    let before = REBUILT.map(|(table, key, _)| whole(&old, table, key));
    drop(old);
    Db::open(&format!("sqlite://{}", path.display()), OpenMode::Migrate, Settings::defaults().pool)
        .unwrap()
        .close();
    let new = rusqlite::Connection::open(&path).unwrap();
    assert_eq!(REBUILT.map(|(table, key, _)| whole(&new, table, key)), before);
    assert_eq!(whole(&new, "cart_taken", "stamp").len(), 3);
    let mut owed = new.prepare("select order_id, orders, removed, at_ms from cart_owed order by 1").unwrap();
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
    owes_what_was_taken(owed.query_map((), row).unwrap().map(Result::unwrap).collect());
    for change in [
        "update payment_attempt set out_trade_no = '12'",
        "update tb_order set id = 'NO.9'",
        "update coupon set id = 6, ref = 'NO.7'",
    ] {
        let table = change.split(' ').nth(1).unwrap();
        new.execute_batch(&format!("create temp table kept as select * from {table}; {change}")).unwrap();
        let again = new.execute(&format!("insert into {table} select * from kept"), ());
        assert!(
            again.unwrap_err().to_string().contains("UNIQUE"),
            "{table}: one payment, one coupon, one order"
        );
        new.execute_batch("drop table kept").unwrap();
    }
    std::fs::remove_dir_all(folder).unwrap();
}

fn whole(connection: &rusqlite::Connection, table: &str, key: &str) -> Vec<String> {
    let mut rows = connection.prepare(&format!("select * from {table} order by {key}")).unwrap();
    let columns: Vec<String> = rows.column_names().map(str::to_owned).collect();
    let row = |row: &rusqlite::Row<'_>| {
        let cells = columns.iter().map(|name| Ok(format!("{name}: {:?}", row.get_ref(name.as_str())?)));
        Ok(cells.collect::<rusqlite::Result<Vec<_>>>()?.join(", "))
    };
    rows.query_map((), row).unwrap().map(Result::unwrap).collect()
}

/// The tables that migration 4 of the server changes: a row of each, as migration 3 left it.
const SERVED: [(&str, &str); 3] = [
    ("tb_order_item", "('NO.1-01', 1, 2, 3, 's', 9, 'NO.1', 'n', 1000, 2, 2000, 1900, 'i', 4, 0, '1')"),
    ("order_event", "(8, 'NO.1', 'placed', 'u', 'd', 1), (9, 'NO.1', 'paid', 'u', 'd', 2)"),
    ("cart_taken", TAKEN),
];

#[tokio::test(flavor = "multi_thread")]
async fn an_older_server_is_updated_with_every_row_wherever_it_stopped() {
    if servers::mysql().is_none() {
        return;
    }
    let place = Place::new();
    let url = servers::fresh_database(&place.folder).await;
    let mut server = servers::connect(&url).await;
    let note = "create table schema_migration (version integer not null primary key, name varchar(50) not null, \
                checksum char(64) not null)";
    server.query_drop(note).await.unwrap();
    for (version, name) in [(1, "shop"), (2, "refunds"), (3, "scans")] {
        let sql = step("mysql", version, name);
        for statement in statements(&sql) {
            server.query_drop(statement).await.unwrap();
        }
        let row = (version, name, sha256_hex(sql.as_bytes()));
        server.exec_drop("insert into schema_migration values (?, ?, ?)", row).await.unwrap();
    }
    for (table, rows) in SERVED {
        server.query_drop(format!("insert into {table} values {rows}")).await.unwrap();
    }
    let before = kept(&mut server).await;
    // Stopped after each of its statements, and run again from the first.
    let sql = step("mysql", 4, "lean");
    let all: Vec<&str> = statements(&sql).collect();
    for done in 0..=all.len() {
        for statement in &all[..done] {
            server.query_drop(*statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
        }
    }
    assert!(place.says(&["migrate", "--database-url", &url]).contains("is up to date"));
    assert_eq!(kept(&mut server).await, before);
    let owed =
        server.query("select order_id, orders, removed, at_ms from cart_owed order by 1").await.unwrap();
    owes_what_was_taken(owed);
    let one_tree: &[&str] = &["order_id", "id"];
    for (table, two_trees) in
        [("tb_order_item", &["id", "order_id"][..]), ("order_event", &["id", "order_id", "id"])]
    {
        let expected = if servers::is_tidb() { two_trees } else { one_tree };
        assert_eq!(keys(&mut server, table).await, expected, "{table}");
    }
    server.disconnect().await.unwrap();
    servers::drop_database(&url).await;
}

fn statements(sql: &str) -> impl Iterator<Item = &str> {
    sql.split(";\n").map(str::trim).filter(|statement| !statement.is_empty())
}

/// The columns of a table's indexes, the primary key's first.
async fn keys(server: &mut Conn, table: &str) -> Vec<String> {
    let sql = format!(
        "select column_name from information_schema.statistics where table_schema = database() and \
         table_name = '{table}' order by index_name = 'PRIMARY' desc, index_name, seq_in_index"
    );
    server.query(sql).await.unwrap()
}

/// The rows of the changed tables, without the columns that are removed.
async fn kept(server: &mut Conn) -> Vec<String> {
    let mut all = Vec::new();
    for sql in [
        "select * from tb_order_item order by id",
        "select * from order_event order by id",
        "select username, sku_id, stamp, order_id from cart_taken order by stamp",
    ] {
        let rows: Vec<Row> = server.query(sql).await.unwrap();
        all.extend(rows.into_iter().map(|row| format!("{:?}", row.unwrap())));
    }
    all
}
