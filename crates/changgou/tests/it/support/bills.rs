//! A day's payments, and the report that compares them with WeChat's bills.

use std::time::Duration;

use changgou::flow::reconcile;
use serde_json::Value;

use crate::support::shop::{Person, Shop};
use crate::support::wechat::text;

/// The day of [`crate::support::shop::START`].
pub const DAY: &str = "2026-11-23";

impl Shop {
    /// Compares a day; the operator's report.
    pub async fn compares(&self, day: &str) -> Value {
        reconcile::reconcile(&self.running.app, day.parse().unwrap()).await.expect("it is compared");
        self.reconciled(day).await
    }

    /// The operator's report of a day.
    pub async fn reconciled(&self, day: &str) -> Value {
        self.operator().await.get(&format!("/api/admin/reconcile?date={day}")).await.ok()
    }

    /// Advances the clocks of shop and WeChat without running the worker.
    pub async fn sleeps(&self, span: Duration) {
        self.clock.advance(span);
        self.wechat.advance(span).await;
    }

    /// Half past ten on the next day.
    pub async fn next_morning(&self) {
        self.sleeps(Duration::from_secs(24 * 3600 + 1800)).await;
    }

    /// A buyer orders and pays; order and attempt.
    pub async fn sells(&self, buyer: &Person, sku: &str) -> (Value, String) {
        let order = buyer.buys(sku, 1).await;
        let code = buyer.asks_for_code(&order).await;
        self.phone_pays(&text(&code["code_url"])).await;
        (order, text(&code["out_trade_no"]))
    }

    /// The same, but no notice ever arrives.
    pub async fn sells_unnoticed(&self, buyer: &Person, sku: &str) -> (Value, String) {
        self.always("notice", "drop").await;
        let sold = self.sells(buyer, sku).await;
        assert!(!buyer.is_paid(&sold.0).await);
        sold
    }
}

/// The open differences: kind, number, our fen, their fen.
pub fn open_differences(report: &Value) -> Vec<(String, String, Option<i64>, Option<i64>)> {
    let all = report["differences"].as_array().unwrap().iter();
    let open = all.filter(|difference| difference["resolved"].is_null());
    let one = |difference: &Value| {
        assert!(!text(&difference["advice"]).is_empty());
        let (kind, reference) = (text(&difference["kind"]), text(&difference["reference"]));
        (kind, reference, difference["ours"].as_i64(), difference["theirs"].as_i64())
    };
    open.map(one).collect()
}

pub fn difference_kinds(report: &Value) -> Vec<String> {
    open_differences(report).into_iter().map(|(kind, _, _, _)| kind).collect()
}

/// A report without the times of its runs.
pub fn without_run_times(mut report: Value) -> Value {
    for run in ["trade", "fundFlow"] {
        report[run]["started"] = Value::Null;
        report[run]["finished"] = Value::Null;
    }
    report
}
