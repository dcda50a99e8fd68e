//! A database of the Java shop is migrated without loss. These tests need a server of the MySQL family.

use std::ops::ControlFlow;
use std::time::Duration;

use changgou::flow::{adopt, audit};
use changgou::infra::db::{AdoptionProgress, Db, DbError, OpenMode};
use changgou::infra::settings::Settings;
use serde_json::json;

use crate::support::java_shop::{Edition, Named, QUESTIONS, adoption, answers, change};
use crate::support::program::Place;
use crate::support::shop::{Person, START, Shop};
use crate::support::{java_shop, servers};

/// The original seed: the order column of a line cannot hold the order's id.
const SEED: Edition = Edition { prefix: "NO.", named: Named::Lost, tables: &[] };

/// Another server's mode kept the digits.
const DIGITS: Edition = Edition {
    prefix: "NO.",
    named: Named::ByDigits,
    tables: &[(
        "engine=InnoDB default charset=utf8 collate=utf8_bin",
        "engine=MyISAM default charset=utf8 collate=utf8_bin",
    )],
};

/// The course's dumps: bare numbers, texts where numbers belong, other character sets.
const DUMP: Edition = Edition {
    prefix: "",
    named: Named::ById,
    tables: &[
        ("order_id bigint(20) not null, name", "order_id varchar(200) not null, name"),
        ("sku_id bigint(20) not null", "sku_id varchar(20) not null"),
        ("tb_sku (id bigint(20)", "tb_sku (id varchar(20)"),
        ("tb_order (id varchar(50)", "tb_order (id varchar(20)"),
        (
            "image varchar(200) default null, images varchar(2000) default null,",
            "image varchar(200) not null, shelf_no varchar(20) not null,",
        ),
        ("password varchar(100)", "password varchar(256)"),
        (" user_level int(11) default null,", ""),
        ("engine=InnoDB default charset=utf8;", "engine=InnoDB default charset=utf8mb4;"),
    ],
};

async fn adopts(url: &str, piece: u32) {
    assert!(
        Db::adopt(url, &adoption(piece), &mut |_| ControlFlow::Continue(())).await.expect("it is adopted")
    );
    ends(url).await;
}

async fn ends(url: &str) {
    let db = Db::open(url, OpenMode::Adopting, Settings::defaults().pool).expect("it opens");
    adopt::finish(&db, START).await.expect("the rest is done");
    db.close();
}

async fn notes(url: &str, kind: &str) -> i64 {
    let mut asked = servers::connect(url).await;
    let sql = format!("select count(*) from adoption_note where kind = '{kind}'");
    let count: Option<i64> = mysql_async::prelude::Queryable::query_first(&mut asked, sql).await.unwrap();
    count.unwrap()
}

/// Opens a shop on a migrated database, runs a test in it, and audits it.
async fn in_the_shop(url: &str, story: impl AsyncFnOnce(&Shop)) {
    let mut spare = String::new();
    Shop::run_with(
        |settings| spare = std::mem::replace(&mut settings.database_url, url.to_owned()),
        async |shop| {
            shop.audit().await;
            story(shop).await;
        },
    )
    .await;
    servers::drop_database(&spare).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_edition_opens_and_answers_as_before() {
    if servers::mysql().is_none() || servers::is_tidb() {
        return;
    }
    for edition in [SEED, DIGITS, DUMP] {
        let url = java_shop::open(edition, 600).await;
        let before = answers(&url, QUESTIONS).await;
        adopts(&url, 100).await;
        let text = |answers: Vec<String>| answers.join("\n");
        assert_eq!(text(answers(&url, QUESTIONS).await), text(before), "{edition:?}");
        assert_eq!(notes(&url, "line_without_order").await, 0, "{edition:?}");
        assert_eq!(notes(&url, "order_without_lines").await, 0, "{edition:?}");
        assert_eq!(notes(&url, "no_payment").await, 60);
        in_the_shop(&url, async |shop| buys_as_before(shop, edition).await).await;
    }
}

/// A buyer of the Java shop logs in, sees the orders, buys and pays; an unpaid order closes.
async fn buys_as_before(shop: &Shop, edition: Edition) {
    let buyer = logs_in(shop, "buyer1").await;
    let list = buyer.get("/api/order/user/list?page=1&size=100").await.ok();
    assert_eq!(list["total"], 50, "{edition:?}");
    for order in list["list"].as_array().unwrap() {
        assert!(!order["items"].as_array().unwrap().is_empty(), "{order}");
    }
    assert_eq!(buyer.get("/api/address/user/list").await.ok().as_array().unwrap().len(), 1);
    let found = buyer.get("/api/sku?page=1&size=10&q=vivo").await.ok();
    assert_eq!(found["total"], 9, "old SKUs are found by name");
    let sku = found["list"][0]["id"].as_str().unwrap().to_owned();
    let (num, sold) = buyer.stock_of(&sku).await;
    let order = buyer.buys(&sku, 2).await;
    let code = buyer.asks_for_code(&order).await;
    shop.phone_pays(code["code_url"].as_str().unwrap()).await;
    assert_eq!(buyer.order(&order).await["payStatus"], "1");
    assert_eq!(buyer.stock_of(&sku).await, (num - 2, sold + 2));
    shop.pass(Duration::from_secs(25 * 3600)).await;
    let buyer = logs_in(shop, "buyer1").await;
    let open = buyer.get("/api/order/user/list?page=1&size=100").await.ok();
    let unpaid = |order: &&serde_json::Value| order["payType"] == "1" && order["payStatus"] == "0";
    let left: Vec<_> = open["list"].as_array().unwrap().iter().filter(unpaid).collect();
    assert!(left.iter().all(|order| order["orderStatus"] == "3"), "{left:?}");
    assert!(buyer.stock_of(&sku).await.0 > num - 2, "what was never paid is for sale again");
}

async fn logs_in(shop: &Shop, name: &str) -> Person {
    let credentials = json!({ "username": name, "password": "changgou" });
    let tokens = shop.stranger().post("/api/user/login", credentials).await.ok();
    shop.stranger().with_token(tokens["accessToken"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_named_by_case_or_space_goes_to_the_account_that_was_meant() {
    if servers::mysql().is_none() || servers::is_tidb() {
        return;
    }
    let url = java_shop::open(SEED, 60).await;
    change(
        &url,
        &[
            "update tb_order set username = 'Buyer1' where username = 'buyer1' order by id limit 1",
            "update tb_order set username = 'buyer1  ' where binary username = 'buyer1' order by id limit 1",
            "update tb_address set username = ' BUYER1 ' where username = 'buyer1' limit 1",
            "update tb_order set username = 'someone gone' where username = 'buyer2' order by id limit 1",
        ],
    )
    .await;
    adopts(&url, 25).await;
    assert_eq!((notes(&url, "owner_mended").await, notes(&url, "no_account").await), (3, 1));
    in_the_shop(&url, async |shop| {
        let buyer = logs_in(shop, "buyer1").await;
        let all = buyer.get("/api/order/user/list?page=1&size=100").await.ok();
        assert_eq!(all["total"], 5);
        assert_eq!(buyer.get("/api/address/user/list").await.ok().as_array().unwrap().len(), 1);
        shop.audit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_java_database_is_refused_before_it_is_migrated() {
    if servers::mysql().is_none() || servers::is_tidb() {
        return;
    }
    let (place, url) = (Place::new(), java_shop::open(SEED, 20).await);
    let before = answers(&url, &["show tables", "show create table tb_order"]).await;
    for command in ["serve", "audit", "seed"] {
        let told = place.complains(&[command, "--database-url", &url]);
        assert!(told.contains("changgou migrate --dry-run") && told.contains("back it up"), "{told}");
    }
    let dry = place.says(&["migrate", "--dry-run", "--database-url", &url]);
    for words in
        ["alter table tb_order", "(20 rows)", "insert ignore into stock_movement", "nothing was changed"]
    {
        assert!(dry.contains(words), "{words}: {dry}");
    }
    let seen = ["show tables", "show create table tb_order"];
    // The check that the server is writable leaves nothing behind.
    assert_eq!(answers(&url, &seen).await, before, "it changes nothing");
    let said = place.says(&["migrate", "--database-url", &url]);
    assert!(said.contains("is up to date") && said.contains("no_payment"), "{said}");
    let audit = place.says(&["audit", "--database-url", &url]);
    assert!(audit.contains("laws hold") && audit.contains("no_payment"), "{audit}");
    assert!(place.says(&["migrate", "--database-url", &url]).contains("is up to date"));
    assert!(place.says(&["migrate", "--dry-run", "--database-url", &url]).contains("nothing to take over"));
    servers::drop_database(&url).await;
}

/// All rows of all tables without the times of the migration steps.
async fn everything(url: &str) -> Vec<String> {
    let mut asked = servers::connect(url).await;
    let tables: Vec<String> =
        mysql_async::prelude::Queryable::query(&mut asked, "show tables").await.unwrap();
    let mut all = Vec::new();
    for table in tables {
        all.extend(answers(url, &[&format!("show create table {table}")]).await);
        let columns = if table == "adoption_step" { "name" } else { "*" };
        all.extend(answers(url, &[&format!("select {columns} from {table} order by 1")]).await);
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_stopped_after_any_step_ends_the_same() {
    if servers::mysql().is_none() || servers::is_tidb() {
        return;
    }
    for edition in [SEED, DUMP] {
        let whole = java_shop::open(edition, 120).await;
        adopts(&whole, 25).await;
        let url = java_shop::open(edition, 120).await;
        let mut cuts = 0;
        for patience in 1.. {
            let mut heard = 0;
            let cut = Db::adopt(&url, &adoption(25), &mut |_: AdoptionProgress<'_>| {
                heard += 1;
                if heard < patience % 16 + 2 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            })
            .await;
            match cut {
                Ok(_) => break,
                Err(DbError::Schema(told)) => assert!(told.contains("goes on"), "{told}"),
                Err(error) => panic!("{error}"),
            }
            let refused = Db::open(&url, OpenMode::Migrate, Settings::defaults().pool);
            assert!(refused.is_err(), "half adopted it is not opened");
            cuts += 1;
            assert!(cuts < 500, "it comes to an end");
        }
        assert!(cuts > 15, "{cuts}");
        ends(&url).await;
        let name = |url: &str| url.rsplit_once('/').unwrap().1.to_owned();
        let (cut, uncut) = (everything(&url).await, everything(&whole).await);
        for (cut, uncut) in cut.iter().zip(&uncut) {
            assert_eq!(cut.replace(&name(&url), ""), uncut.replace(&name(&whole), ""), "{edition:?}");
        }
        servers::drop_database(&url).await;
        servers::drop_database(&whole).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_migration_continues() {
    if servers::mysql().is_none() || servers::is_tidb() {
        return;
    }
    let (place, url) = (Place::new(), java_shop::open(SEED, 3000).await);
    let before = answers(&url, QUESTIONS).await;
    let mut kills = 0;
    for ms in [150, 300, 450, 600, 900, 1200] {
        let mut child = place.command(&["migrate", "--database-url", &url]);
        let mut child = child.stdout(std::process::Stdio::null()).spawn().unwrap();
        tokio::time::sleep(Duration::from_millis(ms)).await;
        if child.try_wait().unwrap().is_some() {
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
    }
    assert!(kills > 0, "it was killed at least once");
    place.says(&["migrate", "--database-url", &url]);
    let audit = place.says(&["audit", "--database-url", &url]);
    assert!(audit.contains("laws hold") && !audit.contains("BROKEN"), "{audit}");
    assert_eq!(answers(&url, QUESTIONS).await, before);
    servers::drop_database(&url).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_rows_are_kept_and_reported() {
    if servers::mysql().is_none() || servers::is_tidb() {
        return;
    }
    let url = java_shop::open(DUMP, 60).await;
    change(
        &url,
        &[
            "update tb_order set total_money = total_money + 7 order by id limit 1",
            "insert into tb_order (id, total_num, total_money, pay_money, username) values ('77', 1, -5, -5, 'nobody')",
            "insert into tb_order_item (id, sku_id, order_id, num, money, price) values ('78', '100000003145', 'gone', 1, 5, 5)",
            "insert into tb_order_item (id, sku_id, order_id, num, money, price) select '79', sku_id, order_id, 1, 5, 5 \
             from tb_order_item where id < '2' order by id desc limit 1",
            "update tb_order set transaction_id = 'twice' where pay_status = '1' order by id limit 2",
            "update tb_user set points = -30 where username = 'buyer5'",
            "insert into tb_sku (id, sn, name, price, num) values ('odd-1', '', '怪', 5, -3)",
        ],
    )
    .await;
    adopts(&url, 7).await;
    for (kind, least) in [
        ("wrong_sums", 2),
        ("order_without_lines", 1),
        ("line_without_order", 1),
        ("unknown_buyer", 1),
        ("payment_twice", 1),
        ("negative_points", 1),
        ("negative_money", 1),
        ("sku_id", 1),
        ("sku_mended", 1),
        ("letters", 6),
        ("password_reset", 4),
    ] {
        assert!(notes(&url, kind).await >= least, "{kind}");
    }
    in_the_shop(&url, async |shop| {
        shop.sql("update tb_order set total_money = total_money + 1 where order_status = '1' and id > '1' order by id desc limit 1").await;
        let findings = audit::audit(&shop.running.app.db).await.unwrap();
        let broken = findings.iter().filter(|finding| !finding.broken.is_empty()).count();
        assert_eq!(broken, 1, "an old order that was whole is not excused");
        shop.sql("update tb_order set total_money = total_money - 1 where order_status = '1' and id > '1' order by id desc limit 1").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_tidb_the_migration_is_refused_with_advice_and_nothing_changes() {
    if !servers::is_tidb() {
        return;
    }
    let url = java_shop::open(SEED, 20).await;
    let before = answers(&url, QUESTIONS).await;
    for args in [&["migrate"][..], &["migrate", "--dry-run"]] {
        let told = Place::new().complains(&[args, &["--database-url", &url]].concat());
        assert!(told.contains("on MySQL or MariaDB"), "{told}");
    }
    assert_eq!(answers(&url, QUESTIONS).await, before);
    servers::drop_database(&url).await;
}
