//! The frame of every page: on a phone the page itself, on a desktop a phone beside a note.

use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

use super::html::escape;
use super::language::Language;
use crate::clock::ClockMode;
use crate::state::SimulatorState;
use crate::timestamp;

const STYLE: &str = include_str!("style.css");

/// No external content, no scripts, forms only to this server.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A page.
pub struct Page<'a> {
    /// The language.
    pub language: Language,
    /// The title in the top bar.
    pub title: &'a str,
    /// The selected tab.
    pub tab: Tab,
    /// The link on the left of the top bar.
    pub back: BackLink,
    /// The content, as safe HTML.
    pub body: String,
}

/// The tabs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    Pay,
    Notices,
    Console,
}

/// The back link.
pub enum BackLink {
    None,
    Home,
}

impl Page<'_> {
    /// Renders the whole document.
    pub fn render(&self, state: &SimulatorState) -> Response {
        let document = format!(
            "<!doctype html><html lang={lang}><meta charset=utf-8>\
             <meta name=viewport content=\"width=device-width,initial-scale=1\"><title>{title}</title>\
             <style>{STYLE}</style><div class=desk>{note}<main class=phone>\
             <header class=bar>{back}<h1>{title}</h1></header>{body}{tabs}</main></div></html>",
            lang = self.language.code(),
            title = escape(self.title),
            note = note(self.language, state),
            back = self.back_link(),
            body = self.body,
            tabs = tabs(self.tab, self.language),
        );
        ([(header::CONTENT_SECURITY_POLICY, POLICY), (header::CACHE_CONTROL, "no-store")], Html(document))
            .into_response()
    }

    fn back_link(&self) -> String {
        match self.back {
            BackLink::None => String::new(),
            BackLink::Home => {
                format!(
                    "<a class=back href=/ aria-label=\"{}\">‹</a>",
                    self.language.pick("返回", "BackLink")
                )
            }
        }
    }
}

fn tabs(current: Tab, language: Language) -> String {
    let link = |(tab, path, name)| {
        let mark = if tab == current { " aria-current=page" } else { "" };
        format!("<a href={path}{mark}>{name}</a>")
    };
    let tabs = [
        (Tab::Pay, "/", language.pick("付款", "Pay")),
        (Tab::Notices, "/notifications", language.pick("通知记录", "Notices")),
        (Tab::Console, "/console", language.pick("控制台", "Console")),
    ];
    format!("<nav class=tabs>{}</nav>", tabs.map(link).concat())
}

fn note(language: Language, state: &SimulatorState) -> String {
    let merchant = state.merchants().remove(0);
    format!(
        "<aside class=note><p class=brand>{mark}<span>{name}</span></p><p>{what}</p><dl><dt>{clock}</dt><dd>{now} \
         <small>{mode}</small></dd><dt>appid</dt><dd>{appid}</dd><dt>mch_id</dt><dd>{mch_id}</dd></dl></aside>",
        mark = MARK,
        name = language.pick("支付模拟器", "Pay simulator"),
        what = language.pick(
            "这是买家的手机。选一笔待付款的订单，或粘贴二维码内容，然后确认支付。没有真钱。",
            "This is the buyer's phone. Pick a waiting order or paste a code, then confirm. No real money moves.",
        ),
        clock = language.pick("虚拟时钟（UTC+8）", "Virtual clock (UTC+8)"),
        now = timestamp::readable(state.clock().now()),
        mode = match state.clock().mode() {
            ClockMode::Real => language.pick("走动", "running"),
            ClockMode::Manual { .. } => language.pick("手动", "by hand"),
        },
        appid = escape(&merchant.appid),
        mch_id = escape(&merchant.mch_id),
    )
}

/// The logo: a coin in a viewfinder.
const MARK: &str = "<svg viewBox=\"0 0 32 32\" width=32 height=32 aria-hidden=true><rect width=32 height=32 rx=9 \
    fill=#07b25a /><path d=\"M7 12V9a2 2 0 0 1 2-2h3M20 7h3a2 2 0 0 1 2 2v3M25 20v3a2 2 0 0 1-2 2h-3M12 25H9a2 2 0 0 \
    1-2-2v-3\" fill=none stroke=#fff stroke-width=2 stroke-linecap=round /><circle cx=16 cy=16 r=4.5 fill=#fff /></svg>";
