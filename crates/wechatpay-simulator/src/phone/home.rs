//! `/`: what waits to be paid, a code to paste, what was paid. `/?code=…` goes on to the confirmation.

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use super::html::{escape, query_value, yuan};
use super::language::Language;
use super::page::{Back, Page, Tab};
use super::{confirm, html, product};
use crate::scan::Link;
use crate::state::World;
use crate::timestamp;
use crate::trade::refund::given_back;
use crate::trade::store::Book;
use crate::trade::{Fate, Standing, Trade};

const WAITING_SHOWN: usize = 30;
const PAID_SHOWN: usize = 10;

/// How far back the lists look, so that a page costs the same in a busy simulator.
const LOOKED_AT: usize = 2000;

#[derive(Deserialize)]
pub struct Asked {
    code: Option<String>,
}

pub async fn show(State(world): State<World>, Query(asked): Query<Asked>, headers: HeaderMap) -> Response {
    let language = Language::of(&headers);
    let code = asked.code.as_deref().map(str::trim).filter(|code| !code.is_empty());
    match code.map(|code| world.links().resolve(code)) {
        Some(link) if Link::is_meant(&link) => product::show(&world, &link, language).await,
        Some(code) => confirm::show(&world, &code, language),
        None => home(&world, language),
    }
}

fn home(world: &World, language: Language) -> Response {
    let now_ms = world.clock().now();
    let (waiting, paid) = {
        let book = world.book();
        (waiting(&book, now_ms), paid(&book))
    };
    let body =
        [scan(language), waiting_section(&waiting, now_ms, language), paid_section(&paid, now_ms, language)]
            .concat();
    Page {
        language, title: language.say("扫码付款", "Scan to pay"), back: Back::None, tab: Tab::Pay, body
    }
    .render(world)
}

fn scan(language: Language) -> String {
    format!(
        "<section class=scan><div class=finder aria-hidden=true><i></i></div><form action=/ method=get>\
         <label for=code>{label}</label><div class=row><input id=code name=code required autocomplete=off \
         spellcheck=false placeholder=\"weixin://wxpay/bizpayurl?…\"><button>{go}</button></div></form></section>",
        label = language.say("粘贴二维码内容", "Paste what the QR code says"),
        go = language.say("识别", "Scan"),
    )
}

fn waiting(book: &Book, now_ms: i64) -> Vec<Trade> {
    let can_be_scanned = |trade: &&Trade| {
        matches!(trade.standing(now_ms), Standing::Waiting) && now_ms < trade.code.expires_ms
    };
    book.newest().take(LOOKED_AT).filter(can_be_scanned).take(WAITING_SHOWN).cloned().collect()
}

fn paid(book: &Book) -> Vec<Trade> {
    let is_paid = |trade: &&Trade| matches!(trade.fate, Fate::Paid(_));
    book.newest().take(LOOKED_AT).filter(is_paid).take(PAID_SHOWN).cloned().collect()
}

fn waiting_section(trades: &[Trade], now_ms: i64, language: Language) -> String {
    let title = language.say("待付款", "Waiting");
    if trades.is_empty() {
        let empty =
            language.say("还没有订单。在商城下单后刷新此页。", "No orders yet. Place one and reload.");
        let reload = language.say("刷新", "Reload");
        return format!(
            "<section><h2>{title}</h2><p class=empty>{empty}<br><a href=/>{reload}</a></p></section>"
        );
    }
    let rows: String = trades.iter().map(|trade| waiting_row(trade, now_ms, language)).collect();
    format!("<section><h2>{title} <small>{}</small></h2><ul class=list>{rows}</ul></section>", trades.len())
}

fn waiting_row(trade: &Trade, now_ms: i64, language: Language) -> String {
    let minutes_left = (trade.code.expires_ms.min(trade.closes_ms) - now_ms) / 60_000;
    format!(
        "<li><a href=\"/?code={code}\"><span class=what><b>{body}</b><small>{number}</small></span>\
         <span class=sum><b><i>¥</i>{sum}</b><small>{left}</small></span></a></li>",
        code = query_value(&trade.code.url),
        body = escape(&trade.order.body),
        number = escape(&trade.order.out_trade_no),
        sum = yuan(trade.order.total_fee),
        left = match language {
            Language::Chinese => format!("剩 {minutes_left} 分钟"),
            Language::English => format!("{minutes_left} min left"),
        },
    )
}

fn paid_section(trades: &[Trade], now_ms: i64, language: Language) -> String {
    if trades.is_empty() {
        return String::new();
    }
    let rows: String = trades.iter().map(|trade| paid_row(trade, now_ms, language)).collect();
    format!(
        "<section><h2>{}</h2><ul class=\"list paid\">{rows}</ul></section>",
        language.say("最近付款", "Paid lately")
    )
}

/// What came back, under the sum.
fn refunded(trade: &Trade, now_ms: i64, language: Language) -> String {
    match given_back(trade, now_ms) {
        0 => String::new(),
        fen => format!("<small>{} ¥{}</small>", language.say("已退", "refunded"), yuan(fen)),
    }
}

fn paid_row(trade: &Trade, now_ms: i64, language: Language) -> String {
    let Fate::Paid(payment) = &trade.fate else {
        return String::new();
    };
    format!(
        "<li><a href=\"/phone/paid?transaction_id={id}\"><span class=what><b>{body}</b><small>{at}</small></span>\
         <span class=sum><b><i>¥</i>{sum}</b>{refunded}</span></a></li>",
        refunded = refunded(trade, now_ms, language),
        id = html::query_value(&payment.transaction_id),
        body = escape(&trade.order.body),
        at = timestamp::readable(payment.paid_ms),
        sum = yuan(payment.amount),
    )
}
