//! Files that are refused in part or whole, with messages that say what to do.

use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::support::importer::Importer;
use crate::support::servers;
use crate::support::shop::Shop;

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_row_is_reported_and_the_others_are_imported() {
    Shop::run(async |shop| {
        let importer = Importer::of(shop);
        let long = "长".repeat(201);
        let rows = [
            ("1,好,100,1,,1", ""),
            ("2,,100,1,,1", "name is missing"),
            ("3,贵,12.50,1,,1", "price is \"12.50\"; a price is in whole fen: 12.50 yuan are 1250"),
            ("4,负,-1,1,,1", "price is \"-1\""),
            ("x5,号,100,1,,1", "id is \"x5\", not a whole number"),
            ("6,多,100,1,,1,", "has 7 fields, the header 6"),
            ("7,存,100,1e3,,1", "num is \"1e3\", not a whole number"),
            ("8,图,100,1,javascript:x,1", "image does not begin with / or https://"),
            ("9,态,100,1,,9", "status is \"9\", none of 1, 2, 3"),
            ("10,a\0b,100,1,,1", "name holds a control character"),
            (&format!("11,{long},100,1,,1"), "name has 201 characters, at most 200"),
            ("99999999999999999999,大,100,1,,1", "not a whole number of at most 19 digits"),
            ("12,很多,100,3000000000,,1", "num is \"3000000000\""),
            ("13,也好,100,1,/a.jpg,2", ""),
        ];
        let lines: String = rows.iter().map(|(row, _)| format!("{row}\n")).collect();
        let told = importer.imports("skus", "mixed.csv", format!("id,name,price,num,image,status\n{lines}"));
        assert_eq!(told.counts(), [2, 0, 0, 12], "{told:#?}");
        for (nth, (_, words)) in rows.iter().enumerate().filter(|(_, (_, words))| !words.is_empty()) {
            let line = told.err.lines().find(|line| line.starts_with(&format!("line {}: ", nth + 2)));
            assert!(line.is_some_and(|line| line.contains(words)), "{words}: {told:#?}");
        }
        let refused = importer.read("mixed.csv.refused");
        assert!(
            refused.starts_with("id,name,price,num,image,status,reason\n2,,100,1,,1,name is missing\n"),
            "{refused}"
        );
        assert_eq!(refused.lines().count(), 13);

        // The corrected file of refused rows is imported as it is.
        let mended =
            "id,name,price,num,image,status,reason\n3,贵,1250,1,,1,old\n4,负,-1,1,,1,\"old, words\"\n";
        let told = importer.imports("skus", "mixed.csv.refused", mended);
        assert_eq!(told.counts(), [1, 0, 0, 1], "{told:#?}");
        let still = importer.read("mixed.csv.refused.refused");
        assert!(
            still.starts_with("id,name,price,num,image,status,reason\n4,负,-1,1,,1,\"price is"),
            "{still}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn line_numbers_are_those_of_an_editor() {
    Shop::run(async |shop| {
        let importer = Importer::of(shop);
        let rows = "id,name,price\r\n\r\n1,\"两\r\n行\",1\r\n2,好,1\r\n3,坏,x\r\n";
        let told = importer.imports("skus", "lines.csv", rows);
        assert_eq!(told.counts(), [1, 0, 0, 2], "{told:#?}");
        assert!(
            told.err.contains("line 3: name holds a control") && told.err.contains("line 6: price"),
            "{told:#?}"
        );
        let told = importer.imports(
            "skus",
            "lines.json",
            "[\n\n{\"id\":4},\n{\"id\":5,\n\"name\":1},\n 7, \"x\", [1]]",
        );
        assert_eq!(told.counts(), [0, 0, 0, 5], "{told:#?}");
        for words in ["line 3: name is", "line 4: price is", "line 6: is not a JSON object"] {
            assert!(told.err.contains(words), "{words}: {told:#?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unusable_password_is_refused_and_never_printed() {
    Shop::run(async |shop| {
        let importer = Importer::of(shop);
        let good = bcrypt::hash("changgou", 4).unwrap();
        let bad = [
            "e10adc3949ba59abbe56e057f20f883e",
            "hunter2hunter2",
            &good[..59],
            &good.replace("$04$", "$31$"),
        ];
        let names = ["md5_user", "plain_user", "short_user", "slow_user"];
        let mut rows: Vec<Value> = names
            .iter()
            .zip(bad)
            .map(|(name, password)| serde_json::json!({ "username": name, "password": password }))
            .collect();
        rows.push(serde_json::json!({ "username": "good_user", "password": good }));
        rows.push(serde_json::json!({ "username": "a b", "password": good }));
        rows.push(serde_json::json!({ "username": "boss_user", "password": good, "role": "operator" }));
        rows.push(serde_json::json!({ "username": "poor_user", "password": good, "points": -5 }));
        rows.push(serde_json::json!({ "username": "good_user", "password": good, "phone": "13900139000" }));
        let lines: String = rows.iter().map(|row| format!("{row}\n")).collect();
        let told = importer.imports("users", "users.jsonl", &lines);
        assert_eq!(told.counts(), [1, 0, 0, 8], "{told:#?}");
        for (line, words) in [
            (1, "an MD5 sum or a plain text opens nothing here"),
            (2, "password is no bcrypt hash"),
            (3, "password is no bcrypt hash"),
            (4, "cost 4 to 14"),
            (6, "A username must have 3 to 50"),
            (7, "changgou user add NAME --operator"),
            (8, "points is \"-5\""),
            (9, "exists with other data: phone"),
        ] {
            assert!(
                told.err
                    .lines()
                    .any(|told| told.starts_with(&format!("line {line}: ")) && told.contains(words)),
                "{told:#?}"
            );
        }
        for secret in bad.iter().copied().chain([good.as_str()]) {
            assert!(!told.err.contains(secret) && !told.out.contains(secret), "{told:#?}");
        }
        let refused = importer.place.folder.join("users.jsonl.refused");
        assert_eq!(std::fs::metadata(&refused).unwrap().permissions().mode() & 0o777, 0o600);
        let first: Value =
            serde_json::from_str(importer.read("users.jsonl.refused").lines().next().unwrap()).unwrap();
        assert_eq!(first["username"], "md5_user");
        assert_eq!(first["password"], bad[0], "to be mended, rows stay as they were");
        assert!(first["reason"].as_str().unwrap().contains("MD5"));
    })
    .await;
}

/// Files that end an import before anything is written, and a part of the message.
fn unreadable() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let good = "id,name,price\n1,好,1\n";
    let deep = format!("[{{\"id\":1,\"spec\":{}", "[".repeat(100_000));
    let wide = (0..10_000).map(|nth| format!("c{nth}")).collect::<Vec<_>>().join(",");
    let giant = format!("{good}2,\"{}", "x".repeat(3_000_000));
    let gbk = [good.as_bytes(), b"2,\xba\xc3,1\n"].concat();
    vec![
        ("empty.csv", Vec::new(), "is empty"),
        ("utf16.csv", [&b"\xff\xfe"[..], b"i\0d\0"].concat(), "iconv -f UTF-16"),
        ("gbk.csv", gbk, "line 3 is not UTF-8"),
        ("binary", vec![0x7f, b'E', b'L', b'F', 0, 0xff, 1], "not UTF-8"),
        ("unknown.csv", format!("id,name,prise,{good}").into_bytes(), "unknown column"),
        ("semicolons.csv", b"id;name;price\n1;x;1\n".to_vec(), "separated by commas"),
        ("no_id.csv", b"name,price\nx,1\n".to_vec(), "has no column id"),
        ("twice.csv", b"id,spuId,spu_id\n1,2,3\n".to_vec(), "has the column spu_id twice"),
        ("wide.csv", wide.into_bytes(), "unknown columns \"c0\""),
        ("giant.csv", giant.into_bytes(), "line 3 is longer than 64 KiB"),
        ("deep.json", deep.into_bytes(), "is longer than 64 KiB"),
        ("cut.json", b"[{\"id\":1,\"name\":\"x\",\"price\":1},{\"id\":2".to_vec(), "ends inside"),
        ("open.json", b"[{\"id\":1,\"name\":\"x\",\"price\":1}".to_vec(), "ends inside"),
        ("more.json", b"[{\"id\":1,\"name\":\"x\",\"price\":1}] {}".to_vec(), "text after the end"),
        (
            "unknown.json",
            b"{\"id\":1,\"name\":\"x\",\"price\":1}\n{\"id\":2,\"prize\":1}\n".to_vec(),
            "line 2: unknown",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_not_read_to_its_end_changes_nothing() {
    Shop::run(async |shop| {
        let importer = Importer::of(shop);
        let before = shop.all_rows().await;
        for (name, content, words) in unreadable() {
            let told = importer.imports("skus", name, content);
            assert_eq!(told.code, Some(2), "{name}: {told:#?}");
            assert!(told.err.starts_with("changgou: ") && told.err.lines().count() == 1, "{name}: {told:#?}");
            assert!(told.err.contains(words) && told.err.len() < 900, "{name}: {told:#?}");
        }
        let pipe = importer.place.folder.join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for (name, words) in [
            ("nothing.csv", "No such file"),
            (".", "is not a regular file"),
            ("pipe", "is not a regular file"),
        ] {
            let told = importer.imports_again("skus", name, &[]);
            assert!(told.code == Some(2) && told.err.contains(words), "{told:#?}");
        }
        assert_eq!(shop.all_rows().await, before);
        let deep = format!("{{\"id\":1,\"name\":{}1{}}}\n", "[".repeat(500), "]".repeat(500));
        let told = importer.imports("skus", "deep.jsonl", deep + "{\"id\":2,\"name\":\"好\",\"price\":1}\n");
        assert_eq!(told.counts(), [1, 0, 0, 1], "{told:#?}");
        assert!(told.err.contains("recursion limit"), "{told:#?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_only_the_database_refuses_is_isolated() {
    if servers::is_tidb() {
        return;
    }
    Shop::run(async |shop| {
        let refusing = match servers::mysql() {
            Some(_) => {
                "create trigger picky before insert on tb_sku for each row begin if new.name = '怪' then \
                 signal sqlstate '45000' set message_text = 'not this one'; end if; end"
            }
            None => {
                "create trigger picky before insert on tb_sku when new.name = '怪' begin \
                 select raise(abort, 'not this one'); end"
            }
        };
        shop.sql(refusing).await;
        let importer = Importer::of(shop);
        let name = |nth: usize| if [3, 400].contains(&nth) { "怪" } else { "好" };
        let rows: String = (1..=700).map(|nth| format!("{nth},{},100,1\n", name(nth))).collect();
        let told = importer.imports("skus", "picky.csv", format!("id,name,price,num\n{rows}"));
        assert_eq!(told.counts(), [698, 0, 0, 2], "{told:#?}");
        for line in [4, 401] {
            let words = format!("line {line}: the database did not take it: ");
            assert!(told.err.contains(&words) && told.err.contains("not this one"), "{told:#?}");
        }
        // If every row fails, the database is at fault, not a row.
        let told = importer.imports("skus", "all.csv", "id,name,price\n801,怪,1\n802,怪,1\n");
        assert_eq!(told.code, Some(1), "{told:#?}");
        assert!(told.err.contains("the import stopped after 0 rows. Run it again"), "{told:#?}");
        let told = importer.imports("skus", "one.csv", "id,name,price\n801,怪,1\n");
        assert_eq!(told.counts(), [0, 0, 0, 1], "{told:#?}");
        shop.sql("drop trigger picky").await;
    })
    .await;
}
