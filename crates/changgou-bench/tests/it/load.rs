//! Small loads of every scenario, what is reported, and when a run has failed.

use changgou::infra::db::{Db, DbError, OpenMode};
use changgou::infra::settings::Settings;
use serde_json::Value;

use crate::stage::{Folder, Stage};

/// Successful requests of a kind.
fn good(report: &Value, kind: &str) -> u64 {
    let rows = report["requests"].as_array().expect("requests are a list");
    let row = rows.iter().find(|row| row["kind"] == kind);
    row.map_or(0, |row| row["good"].as_u64().expect("good is a number"))
}

/// Requests that were refused for a reason.
fn refused(report: &Value, reason: &str) -> u64 {
    let all = report["refused"].as_array().expect("refused is a list");
    let counts = all.iter().filter(|one| one["reason"] == reason).map(|one| &one["count"]);
    counts.map(|count| count.as_u64().expect("count is a number")).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_scenario_reports_what_it_did() {
    let stage = Stage::new().await;
    for (scenario, tokens, kind, count) in [
        ("place", "full.jsonl", "order", 20),
        ("flow", "empty.jsonl", "flow", 20),
        ("hot", "empty.jsonl", "flow", 20),
        ("shuffled", "empty.jsonl", "flow", 20),
        ("notices", "empty.jsonl", "settled", 20),
        ("home", "empty.jsonl", "home", 20),
        ("settlement", "empty.jsonl", "settlement", 20),
        ("browse", "empty.jsonl", "list", 5),
    ] {
        let more = ["--tokens", tokens, "--count=20", "--seconds=20"];
        let (output, report) = stage.bench(scenario, &more);
        assert_eq!(good(&report, kind), count, "{scenario}: {output}");
        assert!(output.contains("laws hold") && output.contains("cost       the shop (process"), "{output}");
        assert_eq!((&report["scenario"], &report["lawsHold"]), (&scenario.into(), &true.into()));
        assert_eq!((&report["lost"], &report["serverErrors"]), (&0.into(), &0.into()), "{report}");
        for field in ["p50Ms", "p99Ms", "p999Ms", "maxMs", "perSecond"] {
            assert!(report["requests"][0][field].is_number(), "{scenario}: {field}");
        }
        for field in
            ["cpuSeconds", "corePercent", "cpuMicrosEach", "residentBefore", "residentPeak", "residentAfter"]
        {
            assert!(report["shop"][field].is_number() && report["bench"][field].is_number(), "{field}");
        }
        let checks = report["checks"].as_array().expect("checks are a list");
        assert!(checks.iter().all(|check| check["holds"] == true), "{report}");
    }
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flash_sale_sells_every_piece_once() {
    let stage = Stage::new().await;
    let (output, report) = stage.bench("flash", &["--tokens=empty.jsonl", "--stock=10", "--seconds=20"]);
    assert_eq!(report["placed"], 10, "{output}");
    assert!(refused(&report, "sale_not_started") > 0 && refused(&report, "stock_short") == 20, "{output}");
    assert_eq!(refused(&report, "limit_exceeded"), 10, "{output}");
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_loop_keeps_its_own_rate() {
    let stage = Stage::new().await;
    let more = ["--tokens=empty.jsonl", "--rate=200", "--seconds=1", "--no-audit"];
    let (output, report) = stage.bench("home", &more);
    // Even on a slow machine no more iterations start than were due.
    let dropped = report["dropped"].as_u64().expect("dropped is a number");
    assert!((1..400).contains(&(good(&report, "home") + dropped)), "{output}");
    assert!(report["late"].is_number(), "{report}");
    assert!(report["lawsHold"].is_null() && !output.contains("laws"), "{output}");
    stage.stop().await;
}

#[test]
fn the_engine_runs_without_a_shop_and_leaves_no_files() {
    let folder = Folder::new();
    for (scenario, kind) in [("engine", "order"), ("raw", "write")] {
        let output = folder.output(&["--scenario", scenario, "--count=50", "--json=report.json"]);
        assert!(output.contains("laws hold"), "{output}");
        assert_eq!(good(&folder.report(), kind), 50, "{output}");
    }
    let entries = std::fs::read_dir(&folder.0).expect("the folder is there");
    let left: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left, ["report.json"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_law_fails_the_run() {
    let stage = Stage::new().await;
    let url = stage.folder.database_url();
    let db = Db::open(&url, OpenMode::Existing, Settings::defaults().pool).expect("the database is there");
    let steal = "update tb_sku set num = num - 1 where num > 0";
    let stolen = db.write::<_, DbError, _>(async move |tx| tx.exec(steal, &[]).await).await;
    stolen.expect("stock is taken without a movement");
    let address = stage.address();
    let args = ["--address", &address, "--tokens=full.jsonl", "--count=5", "--json=report.json"];
    let output = stage.folder.run(&args);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("BROKEN"), "{output:?}");
    let report = stage.folder.report();
    assert_eq!((&report["lawsHold"], &report["placed"]), (&false.into(), &5.into()));
    db.close();
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_without_any_success_has_failed() {
    let stage = Stage::new().await;
    let address = stage.address();
    let strangers = "{\"username\":\"a\",\"token\":\"b\",\"role\":\"buyer\"}\n";
    std::fs::write(stage.folder.0.join("strangers.jsonl"), strangers).expect("the folder can be written");
    let args = ["--address", &address, "--tokens=strangers.jsonl", "--scenario=hot", "--count=5"];
    let output = stage.folder.run(&args);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("cart login_required: 5"), "{output:?}");
    let Stage { folder, shop } = stage;
    shop.stop().await.expect("the shop stops");
    for (args, words) in [
        (vec!["--tokens=full.jsonl", "--address", &address], "the shop at"),
        (vec!["--tokens=full.jsonl", "--address=192.0.2.1:80"], "loopback"),
        (vec!["--address", &address], "--tokens"),
        (vec!["--tokens=none.jsonl"], "none.jsonl"),
    ] {
        let error = folder.error(&args);
        assert!(error.contains(words), "{error}");
    }
}
