//! Both engines have the same schema, and a server that cannot be used is refused at the start.

use std::collections::BTreeMap;

use mysql_async::prelude::Queryable;

use crate::support::program::Place;
use crate::support::servers;
use crate::support::shop::Shop;

/// The tables and columns that the migrations of a folder create.
fn made(folder: &str) -> BTreeMap<String, Vec<String>> {
    let folder = format!("{}/migrations/{folder}", env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut open = None::<String>;
    for line in files.iter().flat_map(|file| {
        std::fs::read_to_string(file).unwrap().lines().map(str::to_owned).collect::<Vec<_>>()
    }) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["create", "table", .., name, "("] => open = Some((*name).to_owned()),
            ["alter", "table", table, "add", "column", column, ..] => {
                tables.get_mut(*table).unwrap().push((*column).to_owned());
            }
            ["alter", "table", table, "drop", "column", column] => {
                let column = column.trim_end_matches(';');
                tables.get_mut(*table).unwrap().retain(|there| there != column);
            }
            ["drop", "table", name] => drop(tables.remove(name.trim_end_matches(';'))),
            ["alter", "table", old, "rename", "to", new] => {
                let columns = tables.remove(*old).unwrap();
                tables.insert(new.trim_end_matches(';').to_owned(), columns);
            }
            [first, ..] if first.starts_with(')') => open = None,
            [first, ..]
                if line.starts_with("  ") && !["primary", "unique", "key", "check", "--"].contains(first) =>
            {
                if let Some(table) = &open {
                    tables.entry(table.clone()).or_default().push((*first).to_owned());
                }
            }
            _ => {}
        }
    }
    tables
}

#[test]
fn both_engines_have_the_same_tables_and_columns() {
    let sorted = |mut tables: BTreeMap<String, Vec<String>>| {
        tables.values_mut().for_each(|columns| columns.sort());
        tables
    };
    let (sqlite, mysql) = (sorted(made("sqlite")), sorted(made("mysql")));
    assert!(sqlite.len() > 15 && sqlite["tb_order"].contains(&"coupon_id".to_owned()));
    assert_eq!(sqlite, mysql);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_has_the_tables_of_the_migrations() {
    Shop::run(async |shop| {
        let mut there = shop.tables().await;
        there.remove("schema_migration");
        let mut made = made("sqlite");
        there.values_mut().chain(made.values_mut()).for_each(|columns| columns.sort());
        assert_eq!(there, made);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unusable_server_is_refused_at_the_start() {
    let Some(server) = servers::mysql() else { return };
    let place = Place::new();
    let good = servers::fresh_database(&place.folder).await;
    let name = good.rsplit_once('/').unwrap().1.to_owned();
    let mut root = servers::connect(&good).await;
    for sql in [
        format!("create user if not exists 'reader_{name}'@'%' identified by 'secret'"),
        format!("grant select on {name}.* to 'reader_{name}'@'%'"),
    ] {
        root.query_drop(sql).await.unwrap();
    }
    let host = server.split_once('@').unwrap().1;
    let reader = format!("mysql://reader_{name}:secret@{host}/{name}");
    for (url, words) in [
        (format!("mysql://reader_{name}:wrong@{host}/{name}"), vec!["Access denied"]),
        (format!("mysql://root@{host}/no_such_database"), vec!["Unknown database", "no_such_database"]),
        (reader, vec!["may not write", "grant it all"]),
        ("mysql://root@127.0.0.1:1/shop".to_owned(), vec!["cannot be reached", "127.0.0.1:1"]),
    ] {
        for command in ["migrate", "serve"] {
            let told = place.complains(&[command, "--database-url", &url, "--listen", "127.0.0.1:0"]);
            assert!(words.iter().all(|word| told.contains(word)), "{told}");
            assert!(!told.contains("secret") && !told.contains("wrong"), "{told}");
        }
    }
    let left: Vec<String> = root.query("show tables").await.unwrap();
    assert!(left.is_empty(), "nothing is half made: {left:?}");
    root.query_drop(format!("drop user 'reader_{name}'@'%'")).await.unwrap();
    root.disconnect().await.unwrap();
    servers::drop_database(&good).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_latin_database_gets_tables_that_can_hold_every_letter() {
    if servers::mysql().is_none() {
        return;
    }
    let place = Place::new();
    let url = servers::fresh_database(&place.folder).await;
    let name = url.rsplit_once('/').unwrap().1.to_owned();
    let mut root = servers::connect(&url).await;
    root.query_drop(format!("alter database {name} character set latin1")).await.unwrap();
    assert!(place.says(&["migrate", "--database-url", &url]).contains("is up to date"));
    let sql = format!(
        "select count(*) from information_schema.tables where table_schema = '{name}' and table_collation <> 'utf8mb4_bin'"
    );
    let wrong: Option<i64> = root.query_first(sql).await.unwrap();
    assert_eq!(wrong, Some(0));
    root.disconnect().await.unwrap();
    servers::drop_database(&url).await;
}
