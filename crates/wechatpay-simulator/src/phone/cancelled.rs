//! The payer cancels. WeChat does not notice: the order stays NOTPAY.

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use super::html::query_value;
use super::language::Language;
use super::page::{BackLink, Page, Tab};
use crate::state::SimulatorState;

#[derive(Deserialize)]
pub struct CancelledQuery {
    code: String,
}

pub async fn show(
    State(state): State<SimulatorState>,
    Query(asked): Query<CancelledQuery>,
    headers: HeaderMap,
) -> Response {
    let language = Language::from_headers(&headers);
    let body = format!(
        "<section class=result><div class=\"badge idle\" aria-hidden=true>×</div><h2>{title}</h2><p>{what}</p>\
         <a class=primary href=\"/?code={code}\">{again}</a><a class=quiet href=/>{home}</a></section>",
        title = language.pick("已取消支付", "Cancelled"),
        what = language.pick("没有扣款，订单仍待付款。", "Nothing was charged. The order still waits."),
        code = query_value(&asked.code),
        again = language.pick("重新付款", "Pay after all"),
        home = language.pick("返回", "BackLink"),
    );
    Page {
        language, title: language.pick("付款结果", "Result"), back: BackLink::Home, tab: Tab::Pay, body
    }
    .render(&state)
}
