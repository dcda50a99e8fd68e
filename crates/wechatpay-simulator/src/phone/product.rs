//! A mode-one code: the merchant is asked for an order, and the phone shows it or his refusal.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};

use super::html::{escape, query_value};
use super::language::Language;
use super::page::{Back, Page, Tab};
use crate::scan::{self, LinkRefusal, Outcome};
use crate::state::World;
use crate::trade::payment::DEFAULT_OPENID;

/// Leads to the question whether to pay, so that reloading it asks the merchant nothing.
pub async fn show(world: &World, link: &str, language: Language) -> Response {
    let scanned = match scan::scan(world, link, DEFAULT_OPENID).await {
        Ok(scanned) => scanned,
        Err(why) => return refusal(world, words(why, language), "", language),
    };
    match scanned.outcome {
        Outcome::Order(trade) => {
            Redirect::to(&format!("/?code={}", query_value(&trade.code.url))).into_response()
        }
        Outcome::Refused(words) => refusal(world, &words, &scanned.answer, language),
        Outcome::Wrong(why) => refusal(world, why, &scanned.answer, language),
        Outcome::Silent => {
            let words = language.say("商家没有应答。", "The merchant did not answer.");
            refusal(world, words, &scanned.answer, language)
        }
    }
}

fn words(why: LinkRefusal, language: Language) -> &'static str {
    match why {
        LinkRefusal::Strange => language.say("这不是商品二维码。", "This is no code of a product."),
        LinkRefusal::Malformed => {
            language.say("二维码缺少参数，或参数过长。", "The code lacks a parameter, or one is too long.")
        }
        LinkRefusal::Nobody => language.say("没有这个商户。", "No merchant has these numbers."),
        LinkRefusal::BadSignature => language.say("二维码签名错误。", "The code's signature is wrong."),
    }
}

fn refusal(world: &World, words: &str, answer: &str, language: Language) -> Response {
    let heard = if answer.is_empty() { String::new() } else { format!("<pre>{}</pre>", escape(answer)) };
    let body = format!(
        "<section class=result><div class=\"badge bad\" aria-hidden=true>!</div><h2>{title}</h2><p>{words}</p>{heard}\
         <a class=primary href=/>{home}</a></section>",
        title = language.say("商家没有给出订单", "The merchant gave no order"),
        words = escape(words),
        home = language.say("返回", "Back"),
    );
    let title = language.say("扫码购买", "Scan to buy");
    let page = Page { language, title, back: Back::Home, tab: Tab::Pay, body }.render(world);
    (StatusCode::CONFLICT, page).into_response()
}
