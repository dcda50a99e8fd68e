//! `changgou import` while the shop is open: imported SKUs can be bought, and imported buyers can buy.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::importer::{ImportResult, Importer};
use crate::support::program::Place;
use crate::support::shop::{Person, Shop};

const HEADER: &str = "id,sn,name,price,num,alertNum,image,images,weight,createTime,spuId,categoryId,categoryName,\
                      brandName,spec,saleNum,commentNum,status";

fn bcrypt(password: &str) -> String {
    bcrypt::hash(password, 4).unwrap().replace("$2b$", "$2a$")
}

async fn logs_in(shop: &Shop, username: &str, password: &str) -> Person {
    let given = json!({ "username": username, "password": password });
    let tokens = shop.stranger().post("/api/user/login", given).await.ok();
    shop.stranger().with_token(tokens["accessToken"].as_str().unwrap())
}

async fn buys(buyer: &Person, sku: &str) -> Value {
    buyer.puts_in_cart(sku, 2).await;
    let receiver =
        json!({ "receiverContact": "李四", "receiverMobile": "13800138000", "receiverAddress": "深圳" });
    buyer.post("/api/order", receiver).await.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn buyers_of_a_file_log_in_and_buy_skus_of_a_file() {
    Shop::run(async |shop| {
        let importer = Importer::of(shop);
        // As Excel and a Java program write it: BOM, CRLF, quotes.
        let skus = format!(
            "\u{feff}{HEADER}\r\n\
             1148477873158365184,sn1,\"云雀 \"\"X23\"\", 黑\",129900,10,1,https://img/a.jpg,\"/a.jpg,/b.jpg\",200,\
             2019-05-01 00:00:00.0,1148477872881541120,558,手机,云雀,\"{{\"\"颜色\"\":\"\"黑\"\"}}\",3,5,1\r\n\
             1148477873158365185,,便宜货,100,,,,,,,,,,,,,,\r\n"
        );
        let told = importer.imports("skus", "skus.csv", &skus);
        assert_eq!(told.counts(), [2, 0, 0, 0], "{told:#?}");
        let hash = bcrypt("java secret");
        let users = format!(
            "username,password,phone,email,created,updated,nick_name,points,status\n\
             zhangsan,{hash},13800138000,z@example.com,2019-05-01 10:00:00,2019-05-01 10:00:00,张三,250,1\n\
             lisi_off,{hash},,,0000-00-00 00:00:00,,,,0\n"
        );
        let told = importer.imports("users", "users.csv", &users);
        assert_eq!(told.counts(), [2, 0, 0, 0], "{told:#?}");
        assert!(!importer.place.folder.join("users.csv.refused").exists(), "none was refused");

        let buyer = logs_in(shop, "zhangsan", "java secret").await;
        let me = buyer.get("/api/user/me").await.ok();
        assert_eq!((&me["points"], &me["nickName"]), (&json!(250), &json!("张三")));
        let found = buyer.get("/api/sku?q=云雀").await.ok();
        assert_eq!(found["total"], 1, "it is in the index");
        let sku = found["list"][0].clone();
        assert_eq!(sku["name"], "云雀 \"X23\", 黑");
        assert_eq!((&sku["num"], &sku["saleNum"], &sku["price"]), (&json!(10), &json!(3), &json!(129_900)));
        let order = buys(&buyer, "1148477873158365184").await;
        assert_eq!(order["totalMoney"], 259_800);
        assert_eq!(buyer.stock_of("1148477873158365184").await, (8, 5));
        let off = json!({ "username": "lisi_off", "password": "java secret" });
        assert_eq!(shop.stranger().post("/api/user/login", off).await.refused(), (401, "login_failed"));

        // Stock, points and the hash have changed in the shop; the files have nothing new.
        let before = shop.all_rows().await;
        assert_eq!(importer.imports_again("skus", "skus.csv", &[]).counts(), [0, 0, 2, 0]);
        assert_eq!(importer.imports_again("users", "users.csv", &[]).counts(), [0, 0, 2, 0]);
        assert_eq!(importer.imports_again("skus", "skus.csv", &["--update"]).counts(), [0, 0, 2, 0]);
        assert_eq!(shop.all_rows().await, before);
        let kept = shop.rows::<(String,)>("select concat(images, ' ', create_time) from tb_sku where num = 8").await;
        assert!(kept[0].0.starts_with("/a.jpg,/b.jpg 2019-05-01 00:00:00"), "{kept:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn json_is_read_as_an_array_and_as_lines() {
    Shop::run(async |shop| {
        let importer = Importer::of(shop);
        let array = "\u{feff}[\n {\"id\": \"11\", \"name\": \"甲\", \"price\": 100, \"num\": 5,\n  \
                     \"spec\": {\"颜色\": \"红 } ] \\\" ,\"}, \"brandName\": null},\n \
                     {\"id\": 12, \"name\": \"乙\", \"price\": \"200\"}]\n";
        assert_eq!(importer.imports("skus", "array.json", array).counts(), [2, 0, 0, 0]);
        let lines =
            "{\"id\":13,\"name\":\"丙\",\"price\":300}\n\n{\"id\":11,\"name\":\"甲\",\"price\":100}\r\n";
        assert_eq!(importer.imports("skus", "lines.jsonl", lines).counts(), [1, 0, 1, 0]);
        assert_eq!(importer.imports("skus", "empty.json", "[ ]").counts(), [0, 0, 0, 0]);
        assert_eq!(
            importer.imports_again("skus", "array.json", &["--format", "json"]).counts(),
            [0, 0, 2, 0]
        );
        let sku = shop.stranger().get("/api/sku/11").await.ok();
        assert!(sku["spec"].as_str().unwrap().contains("红 } ]"), "{sku}");
        assert_eq!(sku["num"], 5);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn existing_rows_change_only_with_update_and_their_stock_never() {
    Shop::run(async |shop| {
        let importer = Importer::of(shop);
        importer.imports(
            "skus",
            "old.csv",
            "id,name,price,num,brandName\n7,旧名,100,5,甲\n8,别的,100,5,甲\n",
        );
        let new = "id,name,price,num\n7,新名,250,99\n8,别的,100,99\n9,新的,1,1\n9,又新,2,1\n";
        let told = importer.imports("skus", "new.csv", new);
        assert_eq!(told.counts(), [1, 0, 1, 2], "{told:#?}");
        assert!(told.err.contains("line 2: exists with other data: name, price\n"), "{told:#?}");
        assert!(told.err.contains("line 5: exists with other data: name, price\n"), "{told:#?}");
        let before = shop.all_rows().await;
        let told = importer.imports_again("skus", "new.csv", &["--update", "--dry-run"]);
        assert_eq!(told.counts(), [0, 2, 2, 0], "{told:#?}");
        assert_eq!(shop.all_rows().await, before, "a rehearsal writes nothing");
        assert_eq!(importer.imports_again("skus", "new.csv", &["--update"]).counts(), [0, 2, 2, 0]);
        let sku = shop.stranger().get("/api/sku/7").await.ok();
        assert_eq!([&sku["name"], &sku["price"], &sku["num"]], [&json!("新名"), &json!(250), &json!(5)]);
        assert_eq!(sku["brandName"], "甲", "a column that is not in the file stays");
        for (word, total) in [("新名", 1), ("旧名", 0)] {
            assert_eq!(
                shop.stranger().get(&format!("/api/sku?q={word}")).await.ok()["total"],
                total,
                "{word}"
            );
        }
        let told = importer.imports("skus", "prices.csv", "id,price\n7,300\n77,300\n");
        assert_eq!(told.counts(), [0, 0, 0, 2]);
        assert!(told.err.contains("line 3: name is missing"), "{told:#?}");
        assert_eq!(importer.imports_again("skus", "prices.csv", &["--update"]).counts(), [0, 1, 0, 1]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_import_continues_where_it_stopped() {
    const ROWS: usize = 9_000;
    Shop::run(async |shop| {
        let importer = Importer::of(shop);
        let rows = (0..ROWS).map(|nth| format!("{},货 {nth},100,3\n", 500_000 + nth));
        importer.file("many.csv", format!("id,name,price,num\n{}", rows.collect::<String>()));
        let count = async || {
            shop.rows::<(i64,)>("select count(*) from tb_sku where id >= 500000").await[0].0 as usize
        };
        let mut kills = 0;
        for least in [300, 1500] {
            let mut child = importer.starts("skus", "many.csv");
            while count().await < least && child.try_wait().unwrap().is_none() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            child.kill().unwrap();
            kills += usize::from(!child.wait().unwrap().success());
            shop.audit().await;
        }
        let there = count().await;
        assert!(kills > 0 && there % 300 == 0, "{there} rows: whole transactions or none");
        let told = importer.imports_again("skus", "many.csv", &[]);
        assert_eq!(told.counts(), [ROWS - there, 0, there, 0], "{told:#?}");
        assert_eq!(importer.imports_again("skus", "many.csv", &[]).counts(), [0, 0, ROWS, 0]);
        shop.audit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_imports_of_one_file_and_buyers_do_not_disturb_each_other() {
    Shop::run(async |shop| {
        let importer = Importer::of(shop);
        let rows = (1..=2000).map(|nth| format!("{nth},货 {nth},100,50\n")).collect::<String>();
        importer.file("one.csv", "id,name,price,num\n1,货 1,100,50\n");
        importer.file("many.csv", format!("id,name,price,num\n{rows}"));
        std::fs::copy(importer.place.folder.join("many.csv"), importer.place.folder.join("same.csv"))
            .unwrap();
        assert_eq!(importer.imports_again("skus", "one.csv", &[]).counts(), [1, 0, 0, 0]);
        let children = ["many.csv", "same.csv"].map(|name| importer.starts("skus", name));
        let buyer = shop.buyer().await;
        for _ in 0..10 {
            buyer.buys("1", 1).await;
        }
        let told = children.map(|child| ImportResult::from(&child.wait_with_output().unwrap()).counts());
        assert_eq!(told[0][0] + told[1][0], 1999, "{told:?}");
        assert_eq!([told[0][3], told[1][3]], [0, 0], "{told:?}");
        assert_eq!(buyer.stock_of("1").await, (40, 10));
    })
    .await;
}

#[test]
fn areas_are_compared_with_the_built_in_list() {
    let place = Place::new();
    let file = place.folder.join("areas.csv");
    let import = |content: &str| {
        std::fs::write(&file, content).unwrap();
        ImportResult::from(&place.run(&["import", "areas", "areas.csv"]))
    };
    let told = import("provinceid,province\n440000,广东省\n110000,北京市\n");
    assert_eq!(told.code, Some(0), "{told:#?}");
    assert!(
        told.out.contains("built in and not imported") && told.out.contains(" 2 rows of this file match"),
        "{told:#?}"
    );
    let told = import("areaid,area,cityid\n440305,南山区,440300\n440305,南山,440300\n999999,某区,440300\n");
    assert_eq!(told.code, Some(1), "{told:#?}");
    for words in ["line 3: 440305 is 南山区", "line 4: the code \"999999\" is not in the built-in list"] {
        assert!(told.err.contains(words), "{told:#?}");
    }
    assert!(!place.folder.join("data").exists(), "no database is needed");
}
