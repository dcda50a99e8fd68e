//! `/`: the unpaid orders, an input for a code, and the recent payments. `/?code=…` shows the confirmation.

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use super::html::{escape, query_value, yuan};
use super::language::Language;
use super::page::{BackLink, Page, Tab};
use super::{confirm, html, product};
use crate::scan::NativeLink;
use crate::state::SimulatorState;
use crate::timestamp;
use crate::trade::refund::refunded_amount;
use crate::trade::store::TradeStore;
use crate::trade::{Trade, TradeStatus, TradeStatusAt};

const WAITING_SHOWN: usize = 30;
const PAID_SHOWN: usize = 10;

/// How many trades the lists search, so that a page stays cheap in a busy simulator.
const LOOKED_AT: usize = 2000;

#[derive(Deserialize)]
pub struct HomeQuery {
    code: Option<String>,
}

pub async fn show(
    State(state): State<SimulatorState>,
    Query(asked): Query<HomeQuery>,
    headers: HeaderMap,
) -> Response {
    let language = Language::from_headers(&headers);
    let code = asked.code.as_deref().map(str::trim).filter(|code| !code.is_empty());
    match code.map(|code| state.links().resolve(code)) {
        Some(link) if NativeLink::looks_like_link(&link) => product::show(&state, &link, language).await,
        Some(code) => confirm::show(&state, &code, language),
        None => home(&state, language),
    }
}

fn home(state: &SimulatorState, language: Language) -> Response {
    let now_ms = state.clock().now();
    let (waiting, paid) = {
        let trades = state.trades();
        (waiting(&trades, now_ms), paid(&trades))
    };
    let body =
        [scan(language), waiting_section(&waiting, now_ms, language), paid_section(&paid, now_ms, language)]
            .concat();
    Page {
        language,
        title: language.pick("扫码付款", "Scan to pay"),
        back: BackLink::None,
        tab: Tab::Pay,
        body,
    }
    .render(state)
}

fn scan(language: Language) -> String {
    format!(
        "<section class=scan><div class=finder aria-hidden=true><i></i></div><form action=/ method=get>\
         <label for=code>{label}</label><div class=row><input id=code name=code required autocomplete=off \
         spellcheck=false placeholder=\"weixin://wxpay/bizpayurl?…\"><button>{go}</button></div></form></section>",
        label = language.pick("粘贴二维码内容", "Paste what the QR code says"),
        go = language.pick("识别", "Scan"),
    )
}

fn waiting(trades: &TradeStore, now_ms: i64) -> Vec<Trade> {
    let can_be_scanned = |trade: &&Trade| {
        matches!(trade.status_at(now_ms), TradeStatusAt::Waiting) && now_ms < trade.code.expires_ms
    };
    trades.newest().take(LOOKED_AT).filter(can_be_scanned).take(WAITING_SHOWN).cloned().collect()
}

fn paid(trades: &TradeStore) -> Vec<Trade> {
    let is_paid = |trade: &&Trade| matches!(trade.status, TradeStatus::Paid(_));
    trades.newest().take(LOOKED_AT).filter(is_paid).take(PAID_SHOWN).cloned().collect()
}

fn waiting_section(trades: &[Trade], now_ms: i64, language: Language) -> String {
    let title = language.pick("待付款", "Waiting");
    if trades.is_empty() {
        let empty =
            language.pick("还没有订单。在商城下单后刷新此页。", "No orders yet. Place one and reload.");
        let reload = language.pick("刷新", "Reload");
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
        language.pick("最近付款", "Paid lately")
    )
}

/// The refunded amount, shown under the sum.
fn refunded(trade: &Trade, now_ms: i64, language: Language) -> String {
    match refunded_amount(trade, now_ms) {
        0 => String::new(),
        fen => format!("<small>{} ¥{}</small>", language.pick("已退", "refunded"), yuan(fen)),
    }
}

fn paid_row(trade: &Trade, now_ms: i64, language: Language) -> String {
    let TradeStatus::Paid(payment) = &trade.status else {
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
