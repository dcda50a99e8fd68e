//! The clock and the most common faults as buttons. `/sim/faults` has more.

use axum::Form;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use super::html::escape;
use super::language::Language;
use super::page::{BackLink, Page, Tab};
use crate::faults::ActiveFaults;
use crate::faults::fault_spec::FaultPlan;
use crate::notice;
use crate::state::SimulatorState;
use crate::timestamp;

/// The steps: seconds and labels.
const STEPS: [(u32, &str, &str); 5] = [
    (15, "15 秒", "15 s"),
    (300, "5 分钟", "5 min"),
    (1800, "30 分钟", "30 min"),
    (7200, "2 小时", "2 h"),
    (86_400, "1 天", "1 day"),
];

/// The fault buttons: name, labels and fault.
const PLANS: [(&str, &str, &str, &str); 12] = [
    ("drop", "丢失下一条通知", "Drop the next notice", r#"{"on":"notice","kind":"drop","times":1}"#),
    (
        "delay",
        "通知延迟 60 秒",
        "Delay it by 60 s",
        r#"{"on":"notice","kind":"delay","seconds":60,"times":1}"#,
    ),
    (
        "twice",
        "通知重复三份",
        "Send it three times",
        r#"{"on":"notice","kind":"duplicate","copies":3,"times":1}"#,
    ),
    ("sign", "通知签名错误", "Sign it wrongly", r#"{"on":"notice","kind":"bad_signature","times":1}"#),
    ("amount", "通知金额错误", "Tell a wrong amount", r#"{"on":"notice","kind":"wrong_amount","times":1}"#),
    ("500", "下单返回 500", "Prepay answers 500", r#"{"on":"unifiedorder","kind":"http_500","times":1}"#),
    (
        "after",
        "下单成功但答系统错误",
        "Prepay done, SYSTEMERROR",
        r#"{"on":"unifiedorder","kind":"system_error_after","times":1}"#,
    ),
    (
        "outrun",
        "通知先于下单应答",
        "Notice before the answer",
        r#"{"on":"unifiedorder","kind":"notice_before_prepay_answer","times":1}"#,
    ),
    (
        "close",
        "关单应答丢失",
        "Close: answer lost",
        r#"{"on":"closeorder","kind":"drop_answer_after","times":1}"#,
    ),
    (
        "meanwhile",
        "关单时恰好付款",
        "Paid while closing",
        r#"{"on":"closeorder","kind":"paid_meanwhile","times":1}"#,
    ),
    (
        "stuck",
        "下一笔退款异常",
        "Next refund gets stuck",
        r#"{"on":"refund","kind":"ends_abnormal","times":1}"#,
    ),
    ("row", "账单少一行", "Bill lacks a row", r#"{"on":"downloadbill","kind":"bill_row_missing","times":1}"#),
];

#[derive(Deserialize)]
pub struct AdvanceForm {
    seconds: u32,
}

#[derive(Deserialize)]
pub struct FaultForm {
    plan: String,
}

pub async fn show(State(state): State<SimulatorState>, headers: HeaderMap) -> Response {
    let language = Language::from_headers(&headers);
    let body = [clock(&state, language), faults(&state, language)].concat();
    Page {
        language,
        title: language.pick("控制台", "Console"),
        back: BackLink::None,
        tab: Tab::Console,
        body,
    }
    .render(&state)
}

/// Advances the clock by one of the steps on the page.
pub async fn advance(State(state): State<SimulatorState>, Form(step): Form<AdvanceForm>) -> Response {
    if !STEPS.iter().any(|(seconds, ..)| *seconds == step.seconds) {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let advancing = tokio::spawn(notice::advance::advance(state, i64::from(step.seconds) * 1000));
    match advancing.await {
        Ok(_) => Redirect::to("/console").into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Adds the fault of a button. Any other name clears all faults.
pub async fn arm(State(state): State<SimulatorState>, Form(choice): Form<FaultForm>) -> Redirect {
    let chosen = PLANS.iter().find(|(name, ..)| *name == choice.plan);
    let spec = chosen.and_then(|(.., json)| serde_json::from_str(json).ok());
    let mut faults = state.faults();
    let left = if spec.is_some() { faults.left() } else { Vec::new() };
    if let Ok(active) = ActiveFaults::new(FaultPlan { faults: left.into_iter().chain(spec).collect() }) {
        *faults = active;
    }
    Redirect::to("/console")
}

fn clock(state: &SimulatorState, language: Language) -> String {
    let button = |(seconds, chinese, english): &(u32, &'static str, &'static str)| {
        format!("<button name=seconds value={seconds}>+ {}</button>", language.pick(chinese, english))
    };
    format!(
        "<section><h2>{title}</h2><p class=now>{now}</p><form class=chips action=/console/advance method=post>\
         {buttons}</form><p class=hint>{hint}</p></section>",
        title = language.pick("虚拟时钟", "Virtual clock"),
        now = timestamp::readable(state.clock().now()),
        buttons = STEPS.iter().map(button).collect::<String>(),
        hint = language.pick(
            "快进会依次送出到期的通知与重试。",
            "Notices and retries that fall due on the way are delivered."
        ),
    )
}

fn faults(state: &SimulatorState, language: Language) -> String {
    let left = state.faults().left();
    let active = left.iter().filter_map(|spec| serde_json::to_string(spec).ok());
    let active: String = active.map(|json| format!("<li><code>{}</code></li>", escape(&json))).collect();
    let button = |(name, chinese, english, _): &(&str, &'static str, &'static str, &str)| {
        format!("<button name=plan value={name}>{}</button>", language.pick(chinese, english))
    };
    format!(
        "<section><h2>{title} <small>{count}</small></h2><ul class=active>{active}</ul>\
         <form class=chips action=/console/faults method=post>{buttons}\
         <button class=clear name=plan value=none>{clear}</button></form><p class=hint>{hint}</p></section>",
        title = language.pick("故障", "Faults"),
        count = left.len(),
        buttons = PLANS.iter().map(button).collect::<String>(),
        clear = language.pick("全部清除", "Clear all"),
        hint = language.pick("更多故障见 PUT /sim/faults。", "PUT /sim/faults knows more of them."),
    )
}
