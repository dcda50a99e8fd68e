//! What the merchant was told, and what he said.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::html::escape;
use super::language::Language;
use super::page::{Back, Page, Tab};
use crate::faults::Subject;
use crate::notice::delivery_log::{Cause, Delivery, Outcome};
use crate::state::World;
use crate::timestamp;

const SHOWN: usize = 50;

pub async fn show(State(world): State<World>, headers: HeaderMap) -> Response {
    let language = Language::of(&headers);
    let deliveries: Vec<Arc<Delivery>> =
        world.post().log().newest().take(SHOWN).map(|(_, delivery)| Arc::clone(delivery)).collect();
    let rows: String = deliveries.iter().map(|delivery| row(delivery, language)).collect();
    let empty = language.say("还没有发出通知。", "No notice has left yet.");
    let body = if rows.is_empty() { format!("<p class=empty>{empty}</p>") } else { rows };
    let title = language.say("通知记录", "Notices");
    Page {
        language,
        title,
        back: Back::None,
        tab: Tab::Notices,
        body: format!("<section class=notices>{body}</section>"),
    }
    .render(&world)
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
            Subject::Payment => language.say("支付", "payment"),
            Subject::Refund => language.say("退款", "refund"),
        },
        cause = cause(delivery.cause, language),
        fault = delivery.fault.map(|fault| format!(" · <em>{fault}</em>")).unwrap_or_default(),
        verdict = escape(&verdict(&delivery.outcome, language)),
        url = escape(&delivery.url),
        body_label = language.say("内容", "Body"),
        body =
            escape(&delivery.body).replace("&gt;&lt;", "&gt;\n&lt;").replace("]]&gt;\n&lt;/", "]]&gt;&lt;/"),
        answer_label = language.say("应答", "Answer"),
        answer = escape(&answer(&delivery.outcome)),
        retry = retry(delivery, language),
    )
}

fn cause(cause: Cause, language: Language) -> String {
    match (cause, language) {
        (Cause::Due { attempt }, Language::Chinese) => format!("第 {attempt} 次"),
        (Cause::Due { attempt }, Language::English) => format!("attempt {attempt}"),
        (Cause::Resend, _) => language.say("重发", "resent").to_owned(),
    }
}

fn verdict(outcome: &Outcome, language: Language) -> String {
    match outcome {
        Outcome::Acknowledged { .. } => "SUCCESS".to_owned(),
        Outcome::Refused { status, .. } => format!("{} {status}", language.say("未确认", "refused")),
        Outcome::Failed { .. } => language.say("无应答", "no answer").to_owned(),
        Outcome::Dropped => language.say("未送出", "not sent").to_owned(),
    }
}

fn answer(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Acknowledged { status, text } | Outcome::Refused { status, text } => {
            format!("{status} {text}")
        }
        Outcome::Failed { why } => why.clone(),
        Outcome::Dropped => "–".to_owned(),
    }
}

fn retry(delivery: &Delivery, language: Language) -> String {
    let label = language.say("下次重试", "Next attempt");
    let line = |at_ms| format!("<dt>{label}</dt><dd>{}</dd>", timestamp::readable(at_ms));
    delivery.next_retry_ms.map(line).unwrap_or_default()
}
