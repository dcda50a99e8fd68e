//! How the comparison of a day leaves: the same JSON from the command and from
//! the API.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::clock::UtcMs;
use crate::domain::lang::Lang;
use crate::domain::money::Fen;
use crate::flow::reconcile::ReconcileReport;
use crate::store::bill::difference::StoredDifference;
use crate::store::bill::reconcile_run::ReconcileRun;

/// Hundred-thousandths of a yuan, as a fee is written.
pub fn format_fee(fee: i64) -> String {
    let (sign, fee) = (if fee < 0 { "-" } else { "" }, fee.unsigned_abs());
    format!("{sign}{}.{:05}", fee / 100_000, fee % 100_000)
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Reconciliation)]
pub struct ReconcileReportJson<'a> {
    #[schema(format = Date)]
    date: String,
    /// 一致、有差异、账单尚不可用 / Nothing differs, something does, a bill could not be had
    verdict: &'static str,
    trade: Option<RunJson<'a>>,
    fund_flow: Option<RunJson<'a>>,
    /// 未解决 / How many are open
    open: i64,
    /// 已修复或已消失 / How many were mended or are gone
    resolved: i64,
    #[schema(max_items = 1000)]
    differences: Vec<DifferenceJson<'a>>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ReconcileRun)]
struct RunJson<'a> {
    state: &'static str,
    /// 账单不可用的原因 / Why there is no bill
    told: Option<&'a str>,
    /// 账单行数 / Lines of the bill
    rows: i64,
    /// 一致的行数 / Lines that agree
    agreed: i64,
    /// 支付或收入笔数 / Payments, or lines of income
    came: i64,
    /// 分 / Fen
    #[schema(value_type = i64)]
    came_fen: Fen,
    /// 退款或支出笔数 / Refunds, or lines of expense
    went: i64,
    /// 分 / Fen
    #[schema(value_type = i64)]
    went_fen: Fen,
    /// 手续费（元，五位小数）/ The fee in yuan with five decimals
    fee: String,
    /// 本店当日支付笔数 / Payments of the day in our books
    ours_came: i64,
    /// 分 / Fen
    #[schema(value_type = i64)]
    ours_came_fen: Fen,
    #[schema(format = DateTime)]
    started: String,
    #[schema(format = DateTime)]
    finished: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ReconcileDifference)]
struct DifferenceJson<'a> {
    kind: &'static str,
    /// 商户单号或微信单号 / Our number of it, or WeChat's
    reference: &'a str,
    out_trade_no: &'a str,
    /// 微信订单号或微信退款单号 / WeChat's number of the payment or refund
    theirs_no: &'a str,
    order_id: Option<&'a str>,
    /// 本店金额，分 / Our books, fen
    #[schema(value_type = Option<i64>)]
    ours: Option<Fen>,
    /// 账单金额，分 / The bill, fen
    #[schema(value_type = Option<i64>)]
    theirs: Option<Fen>,
    detail: &'a str,
    /// 怎么处理 / What to do
    advice: &'static str,
    #[schema(format = DateTime)]
    found: String,
    #[schema(format = DateTime)]
    resolved: Option<String>,
}

impl<'a> ReconcileReportJson<'a> {
    /// A report, what to do in this language.
    pub fn new(report: &'a ReconcileReport, lang: Lang) -> ReconcileReportJson<'a> {
        ReconcileReportJson {
            date: report.day.to_string(),
            verdict: report.verdict().word(),
            trade: report.trade.as_ref().map(RunJson::from),
            fund_flow: report.fund_flow.as_ref().map(RunJson::from),
            open: report.open,
            resolved: report.resolved,
            differences: report.differences.iter().map(|kept| DifferenceJson::new(kept, lang)).collect(),
        }
    }
}

impl<'a> From<&'a ReconcileRun> for RunJson<'a> {
    fn from(run: &'a ReconcileRun) -> RunJson<'a> {
        let ReconcileRun { state, told, sums, started, finished, .. } = run;
        RunJson {
            state: state.word(),
            told: told.as_deref(),
            rows: sums.rows,
            agreed: sums.agreed,
            came: sums.came,
            came_fen: sums.came_fen,
            went: sums.went,
            went_fen: sums.went_fen,
            fee: format_fee(sums.fee),
            ours_came: sums.ours_came,
            ours_came_fen: sums.ours_came_fen,
            started: started.rfc3339(),
            finished: finished.map(UtcMs::rfc3339),
        }
    }
}

impl<'a> DifferenceJson<'a> {
    fn new(kept: &'a StoredDifference, lang: Lang) -> DifferenceJson<'a> {
        let (zh, en) = kept.difference.kind.advice();
        let StoredDifference { difference, found, resolved } = kept;
        DifferenceJson {
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
