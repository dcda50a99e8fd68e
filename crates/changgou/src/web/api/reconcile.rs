//! `/api/admin/reconcile`: how a day compared with WeChat's bills.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::super::WebState;
use super::super::extractors::{CallerLang, Operator};
use super::super::input::Params;
use super::super::openapi::refusals;
use super::super::response::{ApiResult, ok};
use crate::domain::day::{Day, NotADay};
use crate::domain::message::{FieldMessage, NotFound};
use crate::domain::refusal::Refusal;
use crate::flow;
use crate::flow::reconcile::json::ReconcileReportJson;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct ReconcileQuery {
    /// 账单日（UTC+8），默认昨天 / The day in UTC+8, yesterday unless told
    #[param(format = Date)]
    date: Option<String>,
}

/// 某日与微信账单的对账结果 / How a day compared with WeChat's bills
///
/// 每天 10:00（UTC+8）自动对前一天；最多列 1000 条差异，未解决的在前；只认 Bearer / The day before is compared every day at 10:00 UTC+8; at most 1000 differences, open ones first; with a Bearer header only
#[utoipa::path(
    get, path = "/api/admin/reconcile", operation_id = "reconcileReport", tag = "运营 / Operator",
    params(ReconcileQuery),
    responses(
        (status = 200, body = ReconcileReportJson<'static>),
        refusals::Input, refusals::Access, refusals::NotFound, refusals::Failure,
    ),
    security(("bearer" = ["operator"])),
)]
pub(in super::super) async fn report(
    State(web): State<WebState>,
    _by: Operator,
    CallerLang(lang): CallerLang,
    Params(when): Params<ReconcileQuery>,
) -> ApiResult {
    let day = when.date.as_deref().map(day).transpose()?;
    let day = day.unwrap_or_else(|| Day::containing(web.app.now()).previous());
    let report = flow::reconcile::load_report(&web.app, day).await?;
    if report.trade.is_none() {
        return Err(Refusal::new(NotFound::Reconciliation).into());
    }
    Ok(ok("查询成功", "Here you are", ReconcileReportJson::new(&report, lang)))
}

fn day(text: &str) -> Result<Day, Refusal> {
    text.parse()
        .map_err(|_: NotADay| Refusal::new(FieldMessage::DateInvalid { given: format!("{text:.40?}") }))
}
