//! `/api/admin/reconcile`: how a day compared with WeChat's bills.

use axum::extract::State;
use serde::Deserialize;

use super::super::WebState;
use super::super::extract::{CallerLang, Operator};
use super::super::input::Params;
use super::super::response::{ApiResult, ok};
use crate::domain::day::{Day, NotADay};
use crate::domain::message::{FieldMessage, NotFound};
use crate::domain::refusal::Refusal;
use crate::flow;
use crate::flow::reconcile::json::ReconcileReportJson;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct ReconcileQuery {
    date: Option<String>,
}

pub(in super::super) async fn report(
    State(web): State<WebState>,
    _by: Operator,
    CallerLang(lang): CallerLang,
    Params(when): Params<ReconcileQuery>,
) -> ApiResult {
    let day = when.date.as_deref().map(day).transpose()?;
    let day = day.unwrap_or_else(|| Day::of(web.app.now()).before());
    let report = flow::reconcile::report(&web.app, day).await?;
    if report.trade.is_none() {
        return Err(Refusal::new(NotFound::Reconciliation).into());
    }
    Ok(ok("查询成功", "Here you are", ReconcileReportJson::new(&report, lang)))
}

fn day(text: &str) -> Result<Day, Refusal> {
    text.parse()
        .map_err(|_: NotADay| Refusal::new(FieldMessage::DateInvalid { given: format!("{text:.40?}") }))
}
