//! The daily reconciliation job, and the command `changgou reconcile`.

use std::process::{Command, Output};
use std::time::Duration;

use changgou::domain::clock::Clock;
use changgou::domain::day::Day;
use changgou::flow::due_work;
use changgou::infra::db::{DbError, Tx};
use serde_json::{Value, json};

use crate::support::bills::DAY;
use crate::support::shop::Shop;
use crate::support::wechat::text;

const HOUR: Duration = Duration::from_secs(3600);

impl Shop {
    async fn owed(&self) -> Vec<(String, i64)> {
        self.rows("select ref, due_ms from due where kind = 'reconcile' order by ref").await
    }

    /// `changgou reconcile` on this shop.
    fn reconciles(&self, args: &[&str]) -> Output {
        let settings = &self.running.app.settings;
        let wechat = settings.wechat.as_ref().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_changgou"));
        command.env("CHANGGOU_DATABASE_URL", &settings.database_url);
        command.env("CHANGGOU_WECHAT_APPID", &wechat.appid).env("CHANGGOU_WECHAT_MCH_ID", &wechat.mch_id);
        command.env("CHANGGOU_WECHAT_API_KEY", wechat.api_key.as_ref().unwrap());
        command.env("CHANGGOU_WECHAT_BASE_URL", &wechat.base_url);
        command.arg("reconcile").args(args).output().unwrap()
    }

    /// The state of a day's trade bill.
    async fn state_of(&self, day: &str) -> String {
        text(&self.reconciled(day).await["trade"]["state"])
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_morning_the_day_before_is_compared_once() {
    Shop::run(async |shop| {
        for _ in 0..2 {
            due_work::sweep(&shop.running.app).await.unwrap();
        }
        let first: Day = DAY.parse().unwrap();
        assert_eq!(shop.owed().await, [(DAY.to_owned(), first.bill_available_at().0)], "put once");
        let buyer = shop.buyer().await;
        let order = buyer.buys(&shop.sku(10).await, 1).await;
        let code = buyer.asks_for_code(&order).await;
        shop.phone_pays(&text(&code["code_url"])).await;
        let none = shop.operator().await.get(&format!("/api/admin/reconcile?date={DAY}")).await;
        assert_eq!(none.refused(), (404, "not_found"));

        shop.always("downloadbill", "bill_creating").await;
        shop.pass(24 * HOUR).await;
        assert_eq!(shop.state_of(DAY).await, "creating");
        shop.clears_faults().await;
        shop.pass(HOUR / 4).await;
        assert_eq!(shop.state_of(DAY).await, "creating", "not before half an hour is over");
        shop.pass(HOUR / 4).await;
        let report = shop.operator().await.get("/api/admin/reconcile").await.ok();
        assert_eq!((&report["date"], &report["verdict"]), (&json!(DAY), &json!("clean")));
        assert_eq!(report["trade"]["agreed"], 1);
        assert_eq!(shop.owed().await, [("2026-11-24".to_owned(), first.next().bill_available_at().0)]);

        shop.pass(72 * HOUR).await;
        for day in ["2026-11-24", "2026-11-25", "2026-11-26"] {
            assert_eq!(shop.state_of(day).await, "empty", "days of a long sleep are made up for: {day}");
        }
        assert_eq!(shop.owed().await.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_operators_see_it_and_dates_are_parsed_strictly() {
    Shop::run(async |shop| {
        let buyer = shop.buyer().await;
        assert_eq!(buyer.get("/api/admin/reconcile").await.refused(), (403, "forbidden"));
        let operator = shop.operator().await;
        for date in ["2026-13-01", "yesterday", "20261123", ""] {
            let reply = operator.get(&format!("/api/admin/reconcile?date={date}")).await;
            assert_eq!(reply.refused(), (400, "bad_request"), "{date}");
        }
    })
    .await;
}

/// The command uses the machine's clock, so this test is about the real yesterday.
#[tokio::test(flavor = "multi_thread")]
async fn the_exit_code_of_the_command_tells_whether_anything_differs() {
    Shop::run(async |shop| {
        let today = Day::containing(Clock::System.now());
        let yesterday = today.previous();
        let empty = shop.reconciles(&[]);
        assert_eq!(empty.status.code(), Some(0), "{empty:?}");
        let said = String::from_utf8(empty.stdout).unwrap();
        assert!(said.contains(&yesterday.to_string()) && said.contains("no differences"), "{said}");

        shop.once("downloadbill", "bill_creating").await;
        let creating = shop.reconciles(&["--json"]);
        assert_eq!(creating.status.code(), Some(2), "{creating:?}");
        let told: Value = serde_json::from_slice(&creating.stdout).unwrap();
        assert_eq!((&told["verdict"], &told["trade"]["state"]), (&json!("no_bill"), &json!("creating")));

        let buyer = shop.buyer().await;
        let order = buyer.buys(&shop.sku(10).await, 1).await;
        let code = buyer.asks_for_code(&order).await;
        shop.phone_pays(&text(&code["code_url"])).await;
        let noon = yesterday.start().plus(12 * HOUR).0;
        let moved = async move |tx: &mut Tx<'_>| {
            tx.exec(&format!("update payment_attempt set paid_ms = {noon}"), &[]).await
        };
        shop.running.app.db.write::<u64, DbError, _>(moved).await.unwrap();
        let differs = shop.reconciles(&["--date", &yesterday.to_string()]);
        assert_eq!(differs.status.code(), Some(1), "{differs:?}");
        let said = String::from_utf8(differs.stdout).unwrap();
        let number = text(&code["out_trade_no"]);
        assert!(said.contains(&number) && said.contains("paid_only_here"), "{said}");
        assert!(said.contains("merchant platform"), "what to do: {said}");

        for (date, complaint) in [("soon", "YYYY-MM-DD"), (&*today.to_string(), "not over")] {
            let refused = shop.reconciles(&["--date", date]);
            assert_eq!(refused.status.code(), Some(2));
            let said = String::from_utf8(refused.stderr).unwrap();
            assert!(said.contains(complaint) && said.contains(date), "{said}");
        }
    })
    .await;
}
