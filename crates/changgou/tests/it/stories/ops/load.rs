//! `changgou bench` beside `changgou serve`: small loads of every kind, what
//! is reported, and when a run has failed.

use changgou::infra::db::{Db, DbError, OpenMode};
use changgou::infra::settings::Settings;
use serde_json::Value;

use crate::support::program::{Place, Serving, complaint};

/// A served demonstration with buyers: some with full carts, some with empty ones.
fn stage() -> (Place, Serving) {
    let place = Place::new();
    place.says(&["seed", "--users=30", "--skus=12", "--stock=9000", "--cart-lines=9", "--tokens=full.jsonl"]);
    place.says(&["seed", "--users=30", "--tokens=empty.jsonl"]);
    let serving = place.serves();
    (place, serving)
}

/// Runs a small load; what it said, and its report.
fn bench(place: &Place, serving: &Serving, scenario: &str, more: &[&str]) -> (String, Value) {
    let address = serving.address.to_string();
    let wechat = serving.simulator.to_string();
    let mut args =
        vec!["bench", "--address", &address, "--simulator-listen", &wechat, "--scenario", scenario];
    args.extend(["--clients", "4", "--seconds", "20", "--json", "report.json"]);
    args.extend(more);
    let said = place.says(&args);
    (said, report(place))
}

fn report(place: &Place) -> Value {
    let text = std::fs::read_to_string(place.folder.join("report.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn good(report: &Value, kind: &str) -> u64 {
    let rows = report["requests"].as_array().unwrap();
    rows.iter().find(|row| row["kind"] == kind).map_or(0, |row| row["good"].as_u64().unwrap())
}

#[test]
fn every_scenario_reports_what_it_did() {
    let (place, serving) = stage();
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
        let (said, report) = bench(&place, &serving, scenario, &["--tokens", tokens, "--count", "20"]);
        assert_eq!(good(&report, kind), count, "{scenario}: {said}");
        assert!(said.contains("laws hold") && said.contains("cost       the shop (process"), "{said}");
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
        assert!(report["checks"].as_array().unwrap().iter().all(|check| check["holds"] == true), "{report}");
    }
    serving.kill();
}

#[test]
fn a_flash_sale_sells_every_piece_once() {
    let (place, serving) = stage();
    let (said, report) = bench(&place, &serving, "flash", &["--tokens", "empty.jsonl", "--stock", "10"]);
    assert_eq!(report["placed"], 10, "{said}");
    let refused = |reason: &str| {
        let all = report["refused"].as_array().unwrap();
        all.iter()
            .filter(|one| one["reason"] == reason)
            .map(|one| one["count"].as_u64().unwrap())
            .sum::<u64>()
    };
    assert!(refused("sale_not_started") > 0 && refused("stock_short") == 20, "{said}");
    assert_eq!(refused("limit_exceeded"), 10, "{said}");
    serving.kill();
}

#[test]
fn an_open_loop_begins_at_its_own_pace() {
    let (place, serving) = stage();
    let more = ["--tokens=empty.jsonl", "--rate=200", "--seconds=1", "--no-audit"];
    let address = serving.address.to_string();
    let mut args = vec!["bench", "--address", &address, "--scenario", "home", "--json", "report.json"];
    args.extend(more);
    let said = place.says(&args);
    let report = report(&place);
    // At its own pace even a slow machine begins no more than were due.
    let dropped = report["dropped"].as_u64().unwrap();
    assert!((1..400).contains(&(good(&report, "home") + dropped)), "{said}");
    assert!(report["late"].is_number(), "{report}");
    assert!(report["lawsHold"].is_null() && !said.contains("laws"), "{said}");
    serving.kill();
}

#[test]
fn the_engine_runs_without_a_shop_and_leaves_nothing_behind() {
    let place = Place::new();
    for (scenario, kind) in [("engine", "order"), ("raw", "write")] {
        let args = ["bench", "--scenario", scenario, "--count", "50", "--json", "report.json"];
        let said = place.says(&args);
        assert!(said.contains("laws hold"), "{said}");
        assert_eq!(good(&report(&place), kind), 50, "{said}");
    }
    let left: Vec<_> =
        std::fs::read_dir(&place.folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["report.json"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_law_fails_the_run() {
    let (place, serving) = stage();
    let db = Db::open(
        &format!("sqlite://{}/data/changgou.db", place.folder.display()),
        OpenMode::Existing,
        Settings::defaults().pool,
    )
    .unwrap();
    let steal = "update tb_sku set num = num - 1 where num > 0";
    db.write::<_, DbError, _>(async move |tx| tx.exec(steal, &[]).await).await.unwrap();
    let address = serving.address.to_string();
    let args =
        ["bench", "--address", &address, "--tokens", "full.jsonl", "--count", "5", "--json", "report.json"];
    let output = place.run(&args);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8(output.stdout).unwrap().contains("BROKEN"));
    assert_eq!((&report(&place)["lawsHold"], &report(&place)["placed"]), (&false.into(), &5.into()));
    db.close();
    serving.kill();
}

#[test]
fn a_run_in_which_nothing_succeeds_has_failed() {
    let (place, serving) = stage();
    let address = serving.address.to_string();
    let strangers = "{\"username\":\"a\",\"token\":\"b\",\"role\":\"buyer\"}\n";
    std::fs::write(place.folder.join("strangers.jsonl"), strangers).unwrap();
    let args =
        ["bench", "--address", &address, "--tokens", "strangers.jsonl", "--scenario", "hot", "--count", "5"];
    let output = place.run(&args);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8(output.stdout).unwrap().contains("cart login_required: 5"));
    serving.kill();
    for (more, words) in [
        (vec!["--tokens=full.jsonl", "--address", &address], "the shop at"),
        (vec!["--tokens=full.jsonl", "--address=192.0.2.1:80"], "loopback"),
        (vec!["--address", &address], "--tokens"),
        (vec!["--tokens=none.jsonl"], "none.jsonl"),
    ] {
        let complaint = complaint(&place.run(&[vec!["bench"], more].concat()));
        assert!(complaint.contains(words), "{complaint}");
    }
}
