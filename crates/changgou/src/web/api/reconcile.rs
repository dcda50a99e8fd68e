//! `/api/admin/reconcile`: how a day compared with WeChat's bills.

use axum::extract::State;
use serde::Deserialize;

use super::super::Web;
use super::super::extract::{Operator, Speaks};
use super::super::input::Params;
use super::super::response::{Reply, ok};
use crate::domain::day::{Day, NotADay};
use crate::domain::refusal::Refusal;
use crate::flow;
use crate::flow::reconcile::json::Told;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct When {
    date: Option<String>,
}

pub(in super::super) async fn report(
    State(web): State<Web>,
    _by: Operator,
    Speaks(lang): Speaks,
    Params(when): Params<When>,
) -> Reply {
    let day = when.date.as_deref().map(day).transpose()?;
    let day = day.unwrap_or_else(|| Day::of(web.app.now()).before());
    let report = flow::reconcile::report(&web.app, day).await?;
    if report.trade.is_none() {
        return Err(Refusal::not_found("对账结果", "reconciliation of that day").into());
    }
    Ok(ok("查询成功", "Here you are", Told::new(&report, lang)))
}

fn day(text: &str) -> Result<Day, Refusal> {
    text.parse().map_err(|_: NotADay| {
        let zh = format!("日期 {text:.40?} 有误，形如 2026-11-23");
        Refusal::bad_request(zh, format!("{text:.40?} is no date: write it like 2026-11-23."))
    })
}
