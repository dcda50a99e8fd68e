//! Rules for the source that a test can check: layers, the one writer of each table, and names that may appear in one
//! place only.

use std::fs;
use std::path::Path;

use crate::support::source_files::{all_sources, none, sources};

/// Lines of a file; the median is near a hundred.
const FILE_LINES_MAX: usize = 400;

/// Lines of a function; the median is near ten.
const FUNCTION_LINES_MAX: usize = 70;

/// The layers, from the top: each may use those below it. `cli` starts `web` and `worker`.
const LAYERS: [&[&str]; 5] = [&["web", "worker", "cli"], &["flow"], &["store"], &["infra"], &["domain"]];

#[test]
fn dependencies_point_only_downward() {
    let mut upward = Vec::new();
    for source in sources() {
        let is_of = |layer: &&str| source.path.starts_with(&format!("{layer}/"));
        let Some(own) = LAYERS.iter().position(|layers| layers.iter().any(is_of)) else {
            continue;
        };
        for layer in LAYERS[..own].iter().copied().flatten() {
            if uses(&source.code, layer) {
                upward.push(format!("{} uses {layer}", source.path));
            }
        }
    }
    none(&upward);
}

#[test]
fn web_and_worker_do_not_use_each_other() {
    let mut sideways = Vec::new();
    for source in sources() {
        for (own, others) in [("web/", ["worker", "cli"]), ("worker/", ["web", "cli"])] {
            let used =
                others.iter().filter(|other| source.path.starts_with(own) && uses(&source.code, other));
            sideways.extend(used.map(|other| format!("{} uses {other}", source.path)));
        }
    }
    none(&sideways);
}

fn uses(code: &str, floor: &str) -> bool {
    [format!("crate::{floor}::"), format!("crate::{floor};"), format!("crate::{{{floor}")]
        .iter()
        .any(|path| code.contains(path))
}

#[test]
fn no_store_calls_a_store() {
    let mut sideways = Vec::new();
    for source in
        sources().iter().filter(|source| source.path.starts_with("store/") && source.path != "store/mod.rs")
    {
        let own = module(&source.path);
        for used in source.code.split("crate::store::").skip(1) {
            let store: String =
                used.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
            if store != own {
                sideways.push(format!("{} uses {store}", source.path));
            }
        }
    }
    none(&sideways);
}

/// The module of a path: `store/order/list.rs` is of `order`.
fn module(path: &str) -> String {
    path.split('/').nth(1).unwrap_or_default().trim_end_matches(".rs").to_owned()
}

/// Which store writes which table.
const OWNERS: [(&str, &str); 30] = [
    ("tb_user", "account"),
    ("session", "account"),
    ("openid_binding", "account"),
    ("tb_address", "address"),
    ("tb_sku", "catalog"),
    ("sku_term", "catalog"),
    ("stock_movement", "stock"),
    ("points_entry", "points"),
    ("cart_line", "cart"),
    ("cart_taken", "cart"),
    ("cart_owed", "cart"),
    ("coupon", "coupon"),
    ("coupon_template", "coupon"),
    ("limited_purchase", "purchase_limit"),
    ("tb_order", "order"),
    ("tb_order_item", "order"),
    ("order_event", "order"),
    ("idempotency_key", "order"),
    ("payment_attempt", "payment"),
    ("notice_inbox", "payment"),
    ("payment_flag", "payment"),
    ("bill_row", "bill"),
    ("reconcile_run", "bill"),
    ("reconcile_difference", "bill"),
    ("scan_order", "scan_order"),
    ("due", "due_work"),
    ("outbox", "outbox"),
    ("worker_lease", "worker_lease"),
    ("adoption_note", "adoption"),
    ("adoption_step", "adoption"),
];

/// Before a database of the Java shop is one of ours no store can read its rows:
/// what makes it so writes them all, in the words of the one engine it has.
const ADOPTION: &str = "infra/db/mysql/adopt/";

/// Columns that belong to another store than their table does: the sum beside its ledger.
const LENT: [(&str, &str, &str); 4] = [
    ("tb_user", "points", "points"),
    ("tb_user", "points_pending", "points"),
    ("tb_sku", "num", "stock"),
    ("tb_sku", "sale_num", "stock"),
];

#[test]
fn every_table_has_one_writer() {
    let mut foreign = Vec::new();
    for source in sources().iter().filter(|source| !source.path.starts_with(ADOPTION)) {
        let sql = source.code.replace("\\\n", " ");
        for (table, columns) in writes(&sql) {
            let owner = OWNERS.iter().find(|(name, _)| *name == table).map(|(_, owner)| *owner);
            let writer =
                if source.path.starts_with("store/") { module(&source.path) } else { source.path.clone() };
            let lent = |column: &String| {
                LENT.iter().any(|(name, own, to)| *name == table && own == column && *to == writer)
            };
            if owner != Some(writer.as_str()) && (columns.is_empty() || !columns.iter().all(lent)) {
                foreign.push(format!("{writer} writes {table} {columns:?}, which is {owner:?}'s"));
            }
            let taken = |column: &&String| LENT.iter().any(|(name, own, _)| *name == table && own == *column);
            if owner == Some(writer.as_str())
                && let Some(column) = columns.iter().find(taken)
            {
                foreign.push(format!("{writer} writes {table}.{column}, which it has lent"));
            }
        }
    }
    none(&foreign);
}

/// Tables written by statements in this text; for updates with the columns that are set.
fn writes(sql: &str) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    for verb in ["insert into ", "delete from ", "update "] {
        for rest in sql.split(verb).skip(1) {
            let table: String =
                rest.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
            if OWNERS.iter().any(|(name, _)| *name == table) {
                let columns = if verb == "update " { set_columns(rest) } else { Vec::new() };
                found.push((table, columns));
            }
        }
    }
    found
}

fn set_columns(rest: &str) -> Vec<String> {
    let statement = rest.split(['"', ';']).next().unwrap();
    let sets =
        statement.split(" set ").nth(1).unwrap_or_default().split(" where ").next().unwrap_or_default();
    sets.split(',').filter_map(|part| Some(part.split_once('=')?.0.trim().to_owned())).collect()
}

/// What is named in one place only: the word, where it may stand, and why.
const ONE_PLACE: [(&str, &[&str], &str); 15] = [
    ("rusqlite", &["infra/db/"], "only db names an engine"),
    ("mysql_async", &["infra/db/"], "only db names an engine"),
    (
        "redis::",
        &["infra/cache/", "infra/settings/"],
        "only the cache names Redis; settings name its address",
    ),
    ("wechatpay::", &["infra/gateway/"], "only the gateway names WeChat's protocol"),
    ("lapin", &["infra/queue/"], "only the queue names AMQP"),
    ("axum", &["web/"], "only the web door names HTTP"),
    ("hyper", &["web/"], "only the web door names HTTP"),
    ("history::insert_many", &["flow/unit_of_work/"], "a unit of work records events, and announces them"),
    ("outbox::insert_many", &["flow/unit_of_work/"], "a unit of work writes messages, and wakes the relay"),
    ("SystemTime", &["domain/clock.rs"], "only the clock knows the time"),
    ("Timestamp::now", &["domain/clock.rs"], "only the clock knows the time"),
    ("std::env", &[], "settings come from infra::settings alone"),
    ("f64", &["web/", "cli/"], "no floating point near money"),
    ("f32", &[], "no floating point near money"),
    ("std::process::exit", &[], "a stop finishes what was accepted"),
];

#[test]
fn some_things_are_named_in_one_place_only() {
    let mut strays = Vec::new();
    for source in sources() {
        for (word, places, why) in ONE_PLACE {
            if has_word(&source.code, word) && !places.iter().any(|place| source.path.starts_with(place)) {
                strays.push(format!("{}: {word}: {why}", source.path));
            }
        }
    }
    none(&strays);
}

/// The word itself, not a longer one that ends in it.
fn has_word(code: &str, word: &str) -> bool {
    let is_own = |at: usize| {
        !code[..at].ends_with(|letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':')
    };
    code.match_indices(word).any(|(at, _)| is_own(at))
}

#[test]
fn no_call_to_wechat_inside_a_transaction() {
    let mut inside = Vec::new();
    for source in sources() {
        for opened in
            ["app.write(", "db.write(", "writer.write(", ".db\n            .write(", ".db\n        .write("]
        {
            for work in source.code.split(opened).skip(1) {
                if closure(work).contains("gateway.") {
                    inside.push(format!("{}: {}", source.path, work.lines().next().unwrap_or_default()));
                }
            }
        }
    }
    none(&inside);
}

/// The text up to the parenthesis that closes the call.
fn closure(work: &str) -> &str {
    let mut depth = 1;
    for (at, letter) in work.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &work[..at];
        }
    }
    work
}

#[test]
fn files_and_functions_stay_small() {
    let mut large = Vec::new();
    for source in all_sources() {
        let lines = source.whole.lines().count();
        if lines > FILE_LINES_MAX {
            large.push(format!("{} has {lines} lines", source.path));
        }
        for (name, lines) in functions(&source.code) {
            if lines > FUNCTION_LINES_MAX {
                large.push(format!("{}: {name} has {lines} lines", source.path));
            }
        }
    }
    none(&large);
}

/// The functions of formatted code, and how many lines each has.
fn functions(code: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    let mut open: Option<(String, usize, usize)> = None;
    for (nth, line) in code.lines().enumerate() {
        let indent = line.len() - line.trim_start().len();
        if open.is_none() && line.contains("fn ") && !line.trim_end().ends_with(';') {
            open = Some((line.trim().to_owned(), nth, indent));
        }
        let ends = open.as_ref().is_some_and(|(_, _, depth)| indent == *depth && line.trim() == "}");
        if ends && let Some((name, from, _)) = open.take() {
            found.push((name, nth - from + 1));
        }
    }
    found
}

#[test]
fn bans_hold() {
    let bans = [
        ("todo!", "finish it"),
        ("unimplemented!", "finish it"),
        ("dbg!", "log it"),
        (".unwrap()", "give the reason in expect, or use ?"),
        ("#[ignore", "a test that does not run proves nothing"),
        ("#[allow(", "expect says when it is no longer needed"),
    ];
    let doers = ["Service", "Manager", "Helper", "Util", "Impl"];
    let mut found = Vec::new();
    for source in all_sources() {
        found.extend(
            bans.iter()
                .filter(|(word, _)| source.code.contains(word))
                .map(|(word, instead)| format!("{}: {word}: {instead}", source.path)),
        );
        let named = |doer: &&&str| {
            let declared = |kind: &str| {
                source.code.split(&format!("{kind} ")).skip(1).any(|rest| name_ends_in(rest, doer))
            };
            declared("struct") || declared("enum") || declared("trait")
        };
        found
            .extend(doers.iter().filter(named).map(|doer| format!("{}: {doer} names no thing", source.path)));
        found.extend(
            bool_parameters(&source.code).map(|line| format!("{}: bool parameter: {line}", source.path)),
        );
    }
    none(&found);
}

fn name_ends_in(rest: &str, word: &str) -> bool {
    let name: String = rest.chars().take_while(|letter| letter.is_alphanumeric()).collect();
    name.ends_with(word)
}

/// Heads of functions that take a naked `bool`; a setting read by name is the one exception.
fn bool_parameters(code: &str) -> impl Iterator<Item = &str> {
    let heads = code.lines().filter(|line| line.contains("fn ") && line.contains('('));
    heads.filter(|line| {
        let parameters = line.split("->").next().unwrap_or_default();
        parameters.contains(": bool") && !parameters.contains("fn switch(")
    })
}

#[test]
fn the_papers_stay_short() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut long = Vec::new();
    for (paper, most) in [("README.md", 150), ("README.zh-CN.md", 150), ("ARCHITECTURE.md", 200)] {
        let lines = fs::read_to_string(root.join(paper))
            .unwrap_or_else(|error| panic!("{paper}: {error}"))
            .lines()
            .count();
        if lines > most {
            long.push(format!("{paper} has {lines} lines, at most {most}"));
        }
    }
    none(&long);
}

#[test]
fn the_rules_see_what_they_forbid() {
    assert!(uses("use crate::flow::App;", "flow") && !uses("use crate::domain::id;", "flow"));
    let sql =
        "update tb_user set points = points + ?, password = ? where username = ?\" insert into due (kind)";
    let expected = [
        ("due".to_owned(), vec![]),
        ("tb_user".to_owned(), vec!["points".to_owned(), "password".to_owned()]),
    ];
    assert_eq!(writes(sql), expected);
    assert!(has_word("use rusqlite::X", "rusqlite") && !has_word("my_rusqlite", "rusqlite"));
    assert_eq!(closure("async { (a.b()) }).await; gateway.x"), "async { (a.b()) }");
    assert_eq!(functions("fn a() {\n    b();\n}\n"), [("fn a() {".to_owned(), 3)]);
    assert_eq!(bool_parameters("fn a(b: bool) {}\nfn c() -> bool {}").count(), 1);
    assert!(name_ends_in("OrderService {", "Service") && !name_ends_in("Order {", "Service"));
}
