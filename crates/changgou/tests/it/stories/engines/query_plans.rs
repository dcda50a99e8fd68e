//! No statement of `store` scans a big table. The statements are read from the source, so a new one is checked as
//! soon as it is written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use changgou::infra::db::{DbError, FromRow, Tx, Value};

use crate::support::servers;
use crate::support::shop::Shop;

/// Tables that grow with the shop.
const BIG: &[&str] = &[
    "tb_order",
    "tb_order_item",
    "tb_user",
    "tb_sku",
    "tb_address",
    "sku_term",
    "stock_movement",
    "points_entry",
    "cart_line",
    "cart_taken",
    "cart_owed",
    "session",
    "order_event",
    "payment_attempt",
    "payment_refund",
    "bill_row",
    "reconcile_difference",
    "notice_inbox",
    "due",
    "idempotency_key",
    "coupon",
    "limited_purchase",
    "openid_binding",
    "scan_order",
];

/// Statements that may read a big table whole, and why.
const ALLOWED: &[(&str, &str)] = &[];

/// Statements that are built at run time, as they result.
const BUILT: &[&str] = &[
    // order::list
    "select count(*) from tb_order where username = ? and is_delete = '0'",
    "select id from tb_order where username = ? and is_delete = '0' and ((pay_type = ? and order_status = ? and \
     pay_status = ? and consign_status = ?)) order by id desc limit ? offset ?",
    // catalog::search
    "select count(*) from tb_sku s where s.status = '1'",
    "select s.id from tb_sku s where s.status = '1' order by s.id limit ? offset ?",
    "select s.id from tb_sku s join sku_term t0 on t0.sku_id = s.id and t0.term = ? join sku_term t1 on \
     t1.sku_id = t0.sku_id and t1.term = ? where s.status = '1' order by s.id limit ? offset ?",
    // cart
    "delete from cart_line where (username = ? and sku_id = ? and num = ?)",
    "delete from cart_taken where (username = ? and sku_id = ? and stamp = ?)",
    // points, coupon::grant
    "select username, points from points_entry where (username = ? and kind = 'place' and ref = ?)",
    "select username, ref from coupon where (template_id = ? and username = ? and ref = ?)",
    "select username from coupon where (template_id = ? and username = ?)",
    // payment::attempt, order::pay
    "update payment_attempt set state = ?, live_order_id = null where out_trade_no = ? and state = ?",
    "update tb_order set pay_time = ? where id = ? and order_status = ? and pay_status = ? and consign_status = ?",
    // payment::inbox
    "update notice_inbox set copies = copies + ?, last_ms = ? where meaning = ?",
    // bill::bill_row
    "select line from bill_row l where (run_id = ? and kind = ? and ours_no = ?)",
    "select line from bill_row l where (run_id = ? and kind = ? and theirs_no = ?)",
    // order::write
    "update tb_order set order_status = ? where id = ? and order_status = ? and pay_status = ?",
];

/// Beginnings of texts that `BUILT` covers.
const PUT_TOGETHER: &[&str] = &[
    "delete from cart_line where",
    "delete from cart_taken where",
    "select username, points from points_entry where",
    "select username, ref from coupon where",
    "select username from coupon where",
    "select {COLUMNS} from bill_row l where",
    "select count(*) {from}",
    "select {COLUMNS} {from}",
    "select {columns} {from}",
    "update tb_order set order_status = ?, pay_status",
];

#[tokio::test(flavor = "multi_thread")]
async fn no_statement_scans_a_big_table() {
    Shop::run(async |shop| {
        let statements = statements();
        assert!(statements.len() > 40, "the scanner finds them: {}", statements.len());
        let mut slow = Vec::new();
        for sql in statements.iter().map(String::as_str).chain(BUILT.iter().copied()) {
            let scanned = scanned(shop, sql).await;
            let allowed = ALLOWED.iter().any(|(allowed, _)| *allowed == sql);
            if !scanned.is_empty() && !allowed {
                slow.push(format!("{sql}\n    {}", scanned.join(", ")));
            }
        }
        assert!(slow.is_empty(), "{}", slow.join("\n"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_without_an_index_is_noticed() {
    Shop::run(async |shop| {
        for (sql, table) in [
            ("select o.id from tb_order o where o.pay_status = ?", "tb_order"),
            ("select count(*) from session where jti > ?", "session"),
            ("update due set tries = 0 where detail = ?", "due"),
            (
                "select a.state from due d join payment_attempt a on a.openid = d.ref where d.kind = ?",
                "payment_attempt",
            ),
        ] {
            assert_eq!(scanned(shop, sql).await, [table], "{sql}");
        }
    })
    .await;
}

/// The big tables that a statement scans.
async fn scanned(shop: &Shop, sql: &str) -> Vec<String> {
    let scans = match servers::mysql() {
        Some(_) => scanned_by_the_server(shop, sql).await,
        None => scanned_by_sqlite(shop, sql).await,
    };
    let names = aliases(sql);
    let tables = scans.into_iter().map(|name| names.get(&name).cloned().unwrap_or(name));
    tables.filter(|table| BIG.contains(&table.as_str())).collect()
}

async fn scanned_by_sqlite(shop: &Shop, sql: &str) -> Vec<String> {
    let plan: Vec<(i64, i64, i64, String)> = explained(shop, "explain query plan", sql).await;
    let scans = plan.iter().filter_map(|(_, _, _, step)| step.strip_prefix("SCAN "));
    scans.map(|rest| rest.split(' ').next().unwrap_or_default().to_owned()).collect()
}

/// How the server reads a table; a scan of an empty table is fine if there is an index it could use.
async fn scanned_by_the_server(shop: &Shop, sql: &str) -> Vec<String> {
    let (version,) = explained::<(String,)>(shop, "select version()", "").await.remove(0);
    if version.contains("TiDB") {
        return scanned_by_tidb(shop, sql).await;
    }
    let steps: Vec<Planned> = explained(shop, "explain", sql).await;
    let mysql = !version.contains("MariaDB");
    let scans = steps.into_iter().filter(|(_, _, _, fourth, fifth, sixth)| {
        // MySQL has a column for partitions first.
        let (way, could) = if mysql { (fifth, sixth) } else { (fourth, fifth) };
        could.is_none() && way.as_deref().is_some_and(|way| ["ALL", "index"].contains(&way))
    });
    scans.filter_map(|(_, _, table, _, _, _)| table).collect()
}

/// A line of a plan: its number, its kind, the table, then the way and the indexes.
type Planned = (Option<i64>, String, Option<String>, Option<String>, Option<String>, Option<String>);

/// TiDB shows a tree of operators; a full scan has that name.
async fn scanned_by_tidb(shop: &Shop, sql: &str) -> Vec<String> {
    let steps: Vec<(String, String, String, String)> = explained(shop, "explain", sql).await;
    let scans = steps.iter().filter(|(step, ..)| step.contains("FullScan"));
    let table = |place: &String| place.split([':', ',']).nth(1).unwrap_or_default().to_owned();
    scans.map(|(_, _, _, place)| table(place)).collect()
}

async fn explained<T: FromRow + Send + 'static>(shop: &Shop, word: &str, sql: &str) -> Vec<T> {
    let (explain, row) = (format!("{word} {sql}"), params(sql));
    let read = async move |tx: &mut Tx<'_>| tx.rows(&explain, &row).await;
    let plan = shop.running.app.db.read::<Vec<T>, DbError, _>(read).await;
    plan.unwrap_or_else(|error| panic!("{sql}: {error}"))
}

/// A value for each `?`; a server wants a number for `limit`.
fn params(sql: &str) -> Vec<Value<'static>> {
    let counts = |before: &str| before.ends_with("limit ") || before.ends_with("offset ");
    let marks = sql.match_indices('?').map(|(at, _)| &sql[..at]);
    marks.map(|before| if counts(before) { Value::Int(1) } else { Value::from("1") }).collect()
}

/// The tables of a statement by their aliases.
fn aliases(sql: &str) -> BTreeMap<String, String> {
    let words: Vec<&str> = sql.split([' ', ',', '(', ')']).filter(|word| !word.is_empty()).collect();
    let named = words.windows(3).filter(|words| ["from", "join"].contains(&words[0]));
    named.map(|words| (words[2].to_owned(), words[1].to_owned())).collect()
}

/// The statements in the source of `store`, with their parts filled in.
fn statements() -> Vec<String> {
    let mut all = Vec::new();
    for file in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store")) {
        let source = std::fs::read_to_string(&file).unwrap();
        let parent = std::fs::read_to_string(file.with_file_name("mod.rs")).unwrap_or_default();
        let mut parts = constants(&parent);
        parts.extend(constants(&source));
        all.extend(literals(&source).iter().filter_map(|text| whole(text, &parts)));
    }
    all
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let inside = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = inside.partition(|path| path.is_dir());
    let deeper = folders.iter().flat_map(|folder| sources(folder));
    files.into_iter().chain(deeper).collect()
}

/// A text as a statement for `explain`; `None` if it is not SQL.
fn whole(text: &str, parts: &BTreeMap<String, String>) -> Option<String> {
    let filled =
        parts.iter().fold(text.to_owned(), |text, (name, part)| text.replace(&format!("{{{name}}}"), part));
    let first = filled.split(' ').next().unwrap_or_default();
    let is_part = parts.values().any(|part| *part == text);
    if !["select", "update", "delete"].contains(&first) || !filled.contains(' ') || is_part {
        return None;
    }
    if PUT_TOGETHER.iter().any(|known| text.starts_with(known)) {
        return None;
    }
    assert!(!filled.contains('{'), "put together when it runs; add it to BUILT: {filled}");
    // `rows_in` appends its list after the name of a column.
    let open = filled.rsplit_once(" where ").is_some_and(|(_, column)| !column.contains(' '));
    Some(if open { format!("{filled} in (?)") } else { filled })
}

/// The text constants of a file by name.
fn constants(source: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for part in source.split("const ").skip(1) {
        if let Some((name, rest)) = part.split_once(": &str =") {
            found.insert(name.to_owned(), literals(rest).into_iter().next().unwrap_or_default());
        }
    }
    found
}

/// The string literals, with line breaks joined as the compiler does.
fn literals(source: &str) -> Vec<String> {
    let (mut found, mut open) = (Vec::new(), None::<String>);
    let mut letters = source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| line.chars().chain(['\n']))
        .peekable();
    while let Some(letter) = letters.next() {
        match (&mut open, letter) {
            (None, '"') => open = Some(String::new()),
            (None, '\'') if letters.peek() == Some(&'"') => drop(letters.next()),
            (None, _) => {}
            (Some(_), '"') => found.extend(open.take()),
            (Some(text), '\\') => match letters.next() {
                Some('\n') => while letters.next_if(|letter| letter.is_whitespace()).is_some() {},
                Some(escaped) => text.push(escaped),
                None => {}
            },
            (Some(text), letter) => text.push(letter),
        }
    }
    found
}
