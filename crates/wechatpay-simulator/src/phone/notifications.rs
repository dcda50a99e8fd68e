//! The notices and the answers of the merchant.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::html::escape;
use super::language::Language;
use super::page::{BackLink, Page, Tab};
use crate::faults::NoticeSubject;
use crate::notice::delivery_log::{Delivery, DeliveryCause, DeliveryOutcome};
use crate::state::SimulatorState;
use crate::timestamp;

const SHOWN: usize = 50;

pub async fn show(State(state): State<SimulatorState>, headers: HeaderMap) -> Response {
    let language = Language::from_headers(&headers);
    let deliveries: Vec<Arc<Delivery>> =
        state.dispatcher().log().newest().take(SHOWN).map(|(_, delivery)| Arc::clone(delivery)).collect();
    let rows: String = deliveries.iter().map(|delivery| row(delivery, language)).collect();
    let empty = language.pick("还没有发出通知。", "No notice has left yet.");
    let body = if rows.is_empty() { format!("<p class=empty>{empty}</p>") } else { rows };
    let title = language.pick("通知记录", "Notices");
    Page {
        language,
        title,
        back: BackLink::None,
        tab: Tab::Notices,
        body: format!("<section class=notices>{body}</section>"),
    }
    .render(&state)
}

fn row(delivery: &Delivery, language: Language) -> String {
    format!(
        "<details><summary><span class=\"dot {class}\"></span><span class=what><b>{number}</b>\
         <small>{at} · {about} · {cause}{fault}</small></span><span class=verdict>{verdict}</span></summary>\
         <dl><dt>POST</dt><dd>{url}</dd><dt>{body_label}</dt><dd><pre>{body}</pre></dd><dt>{answer_label}</dt>\
         <dd><pre>{answer}</pre></dd>{retry}</dl></details>",
        class = if delivery.outcome.is_acknowledged() { "good" } else { "bad" },
        number = escape(&delivery.out_trade_no),
        at = &timestamp::readable(delivery.at_ms)[5..],
        about = match delivery.about {
            NoticeSubject::Payment => language.pick("支付", "payment"),
            NoticeSubject::Refund => language.pick("退款", "refund"),
        },
        cause = cause(delivery.cause, language),
        fault = delivery.fault.map(|fault| format!(" · <em>{fault}</em>")).unwrap_or_default(),
        verdict = escape(&verdict(&delivery.outcome, language)),
        url = escape(&delivery.url),
        body_label = language.pick("内容", "Body"),
        body =
            escape(&delivery.body).replace("&gt;&lt;", "&gt;\n&lt;").replace("]]&gt;\n&lt;/", "]]&gt;&lt;/"),
        answer_label = language.pick("应答", "Answer"),
        answer = escape(&answer(&delivery.outcome)),
        retry = retry(delivery, language),
    )
}

fn cause(cause: DeliveryCause, language: Language) -> String {
    match (cause, language) {
        (DeliveryCause::Due { attempt }, Language::Chinese) => format!("第 {attempt} 次"),
        (DeliveryCause::Due { attempt }, Language::English) => format!("attempt {attempt}"),
        (DeliveryCause::Resend, _) => language.pick("重发", "resent").to_owned(),
    }
}

fn verdict(outcome: &DeliveryOutcome, language: Language) -> String {
    match outcome {
        DeliveryOutcome::Acknowledged { .. } => "SUCCESS".to_owned(),
        DeliveryOutcome::Refused { status, .. } => format!("{} {status}", language.pick("未确认", "refused")),
        DeliveryOutcome::Failed { .. } => language.pick("无应答", "no answer").to_owned(),
        DeliveryOutcome::Dropped => language.pick("未送出", "not sent").to_owned(),
    }
}

fn answer(outcome: &DeliveryOutcome) -> String {
    match outcome {
        DeliveryOutcome::Acknowledged { status, text } | DeliveryOutcome::Refused { status, text } => {
            format!("{status} {text}")
        }
        DeliveryOutcome::Failed { why } => why.clone(),
        DeliveryOutcome::Dropped => "–".to_owned(),
    }
}

fn retry(delivery: &Delivery, language: Language) -> String {
    let label = language.pick("下次重试", "Next attempt");
    let line = |at_ms| format!("<dt>{label}</dt><dd>{}</dd>", timestamp::readable(at_ms));
    delivery.next_retry_ms.map(line).unwrap_or_default()
}
