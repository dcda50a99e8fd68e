//! The payer thought better of it. For WeChat nothing happened: the order stays NOTPAY.

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use super::html::query_value;
use super::language::Language;
use super::page::{Back, Page, Tab};
use crate::state::World;

#[derive(Deserialize)]
pub struct Asked {
    code: String,
}

pub async fn show(State(world): State<World>, Query(asked): Query<Asked>, headers: HeaderMap) -> Response {
    let language = Language::of(&headers);
    let body = format!(
        "<section class=result><div class=\"badge idle\" aria-hidden=true>×</div><h2>{title}</h2><p>{what}</p>\
         <a class=primary href=\"/?code={code}\">{again}</a><a class=quiet href=/>{home}</a></section>",
        title = language.say("已取消支付", "Cancelled"),
        what = language.say("没有扣款，订单仍待付款。", "Nothing was charged. The order still waits."),
        code = query_value(&asked.code),
        again = language.say("重新付款", "Pay after all"),
        home = language.say("返回", "Back"),
    );
    Page { language, title: language.say("付款结果", "Result"), back: Back::Home, tab: Tab::Pay, body }
        .render(&world)
}
