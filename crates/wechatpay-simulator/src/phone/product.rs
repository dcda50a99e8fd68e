//! A mode-one code: asks the merchant for an order and shows it or the refusal.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};

use super::html::{escape, query_value};
use super::language::Language;
use super::page::{BackLink, Page, Tab};
use crate::scan::{self, LinkError, ScanOutcome};
use crate::state::SimulatorState;
use crate::trade::payment::DEFAULT_OPENID;

/// Redirects to the confirmation page, so that reloading does not ask the merchant again.
pub async fn show(state: &SimulatorState, link: &str, language: Language) -> Response {
    let scanned = match scan::scan(state, link, DEFAULT_OPENID).await {
        Ok(scanned) => scanned,
        Err(why) => return refusal(state, words(why, language), "", language),
    };
    match scanned.outcome {
        ScanOutcome::Order(trade) => {
            Redirect::to(&format!("/?code={}", query_value(&trade.code.url))).into_response()
        }
        ScanOutcome::Refused(words) => refusal(state, &words, &scanned.answer, language),
        ScanOutcome::InvalidAnswer(why) => refusal(state, why, &scanned.answer, language),
        ScanOutcome::NoAnswer => {
            let words = language.pick("商家没有应答。", "The merchant did not answer.");
            refusal(state, words, &scanned.answer, language)
        }
    }
}

fn words(why: LinkError, language: Language) -> &'static str {
    match why {
        LinkError::NotModeOne => language.pick("这不是商品二维码。", "This is no code of a product."),
        LinkError::Malformed => {
            language.pick("二维码缺少参数，或参数过长。", "The code lacks a parameter, or one is too long.")
        }
        LinkError::UnknownMerchant => language.pick("没有这个商户。", "No merchant has these numbers."),
        LinkError::BadSignature => language.pick("二维码签名错误。", "The code's signature is wrong."),
    }
}

fn refusal(state: &SimulatorState, words: &str, answer: &str, language: Language) -> Response {
    let heard = if answer.is_empty() { String::new() } else { format!("<pre>{}</pre>", escape(answer)) };
    let body = format!(
        "<section class=result><div class=\"badge bad\" aria-hidden=true>!</div><h2>{title}</h2><p>{words}</p>{heard}\
         <a class=primary href=/>{home}</a></section>",
        title = language.pick("商家没有给出订单", "The merchant gave no order"),
        words = escape(words),
        home = language.pick("返回", "BackLink"),
    );
    let title = language.pick("扫码购买", "Scan to buy");
    let page = Page { language, title, back: BackLink::Home, tab: Tab::Pay, body }.render(state);
    (StatusCode::CONFLICT, page).into_response()
}
