//! How the comparison of a day leaves: the same JSON from the command and from
//! the API.

use serde::Serialize;

use crate::domain::clock::UtcMs;
use crate::domain::lang::Lang;
use crate::domain::money::Fen;
use crate::flow::reconcile::ReconcileReport;
use crate::store::bill::difference::StoredDifference;
use crate::store::bill::reconcile_run::ReconcileRun;

/// Hundred-thousandths of a yuan, as a fee is written.
pub fn fee(fee: i64) -> String {
    let (sign, fee) = (if fee < 0 { "-" } else { "" }, fee.unsigned_abs());
    format!("{sign}{}.{:05}", fee / 100_000, fee % 100_000)
}

/// The report for a program. Money is whole fen, times RFC 3339 UTC.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReconcileReportJson<'a> {
    date: String,
    verdict: &'static str,
    trade: Option<ToldRun<'a>>,
    fund_flow: Option<ToldRun<'a>>,
    open: i64,
    resolved: i64,
    differences: Vec<ToldDifference<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ToldRun<'a> {
    state: &'static str,
    told: Option<&'a str>,
    rows: i64,
    agreed: i64,
    came: i64,
    came_fen: Fen,
    went: i64,
    went_fen: Fen,
    fee: String,
    ours_came: i64,
    ours_came_fen: Fen,
    started: String,
    finished: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ToldDifference<'a> {
    kind: &'static str,
    reference: &'a str,
    out_trade_no: &'a str,
    theirs_no: &'a str,
    order_id: Option<&'a str>,
    ours: Option<Fen>,
    theirs: Option<Fen>,
    detail: &'a str,
    advice: &'static str,
    found: String,
    resolved: Option<String>,
}

impl<'a> ReconcileReportJson<'a> {
    /// A report, what to do in this language.
    pub fn new(report: &'a ReconcileReport, lang: Lang) -> ReconcileReportJson<'a> {
        ReconcileReportJson {
            date: report.day.to_string(),
            verdict: report.verdict().word(),
            trade: report.trade.as_ref().map(ToldRun::from),
            fund_flow: report.fund_flow.as_ref().map(ToldRun::from),
            open: report.open,
            resolved: report.resolved,
            differences: report.differences.iter().map(|kept| ToldDifference::new(kept, lang)).collect(),
        }
    }
}

impl<'a> From<&'a ReconcileRun> for ToldRun<'a> {
    fn from(run: &'a ReconcileRun) -> ToldRun<'a> {
        let ReconcileRun { state, told, sums, started, finished, .. } = run;
        ToldRun {
            state: state.word(),
            told: told.as_deref(),
            rows: sums.rows,
            agreed: sums.agreed,
            came: sums.came,
            came_fen: sums.came_fen,
            went: sums.went,
            went_fen: sums.went_fen,
            fee: fee(sums.fee),
            ours_came: sums.ours_came,
            ours_came_fen: sums.ours_came_fen,
            started: started.rfc3339(),
            finished: finished.map(UtcMs::rfc3339),
        }
    }
}

impl<'a> ToldDifference<'a> {
    fn new(kept: &'a StoredDifference, lang: Lang) -> ToldDifference<'a> {
        let (zh, en) = kept.difference.kind.advice();
        let StoredDifference { difference, found, resolved } = kept;
        ToldDifference {
            kind: difference.kind.word(),
            reference: &difference.reference,
            out_trade_no: &difference.out_trade_no,
            theirs_no: &difference.theirs_no,
            order_id: difference.order_id.as_deref(),
            ours: difference.ours,
            theirs: difference.theirs,
            detail: &difference.detail,
            advice: lang.of(zh, en),
            found: found.rfc3339(),
            resolved: resolved.map(UtcMs::rfc3339),
        }
    }
}
