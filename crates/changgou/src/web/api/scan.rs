//! Mode one as an operator sees it: the codes of SKUs, what was ordered by
//! scanning them, and which WeChat is whose.

use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::super::WebState;
use super::super::extract::Operator;
use super::super::input::{Json, PageOf, Params, PathId};
use super::super::qr::{QrOptions, image};
use super::super::response::{ApiProblem, ApiResult, done, ok};
use super::views;
use crate::domain::id::{Id, OrderId};
use crate::domain::message::FieldMessage;
use crate::domain::money::Fen;
use crate::domain::openid::Openid;
use crate::domain::refusal::Refusal;
use crate::flow;
use crate::flow::scan::ScannedOrder;
use crate::flow::scan::qr_sheet::{LinkLength, SkuCode};

/// How wide a picture is unless something else is asked for, in pixels: four
/// centimetres of a printer with 300 dots per inch.
const SIZE: u32 = 480;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct QrLengthQuery {
    short: Option<bool>,
    mime: Option<String>,
    size: Option<u32>,
    level: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CodeOut {
    sku_id: Id,
    name: String,
    price: Fen,
    link: String,
}

/// `GET /api/admin/sku/{id}/qr`: the text of the code, or with `mime` its picture.
pub(in super::super) async fn code(
    State(web): State<WebState>,
    _by: Operator,
    PathId(id): PathId,
    Params(how): Params<QrLengthQuery>,
) -> Result<Response, ApiProblem> {
    let SkuCode { sku, link } = flow::scan::qr_sheet::one(&web.app, id, length(how.short)).await?;
    let Some(mime) = how.mime else {
        let code = CodeOut { sku_id: sku.id, name: sku.facts.name, price: sku.price, link };
        return Ok(ok("查询成功", "Here you are", code).into_response());
    };
    let level = Some(how.level.unwrap_or_else(|| "M".to_owned()));
    let size = Some(how.size.unwrap_or(SIZE));
    let options = QrOptions { value: Some(link), size, level, mime: Some(mime), ..QrOptions::default() };
    let (mime, picture) = image(&options)?;
    Ok(([(CONTENT_TYPE, mime), (CACHE_CONTROL, "private, no-store")], picture).into_response())
}

/// Which text is asked for.
pub(in super::super) fn length(short: Option<bool>) -> LinkLength {
    if short == Some(true) { LinkLength::Short } else { LinkLength::Long }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ScanOut {
    order_id: OrderId,
    sku_id: Id,
    username: String,
    openid: String,
    pay_money: Fen,
    order_status: &'static str,
    pay_status: &'static str,
    create_time: Option<String>,
}

/// `GET /api/admin/scan`
pub(in super::super) async fn list(
    State(web): State<WebState>,
    _by: Operator,
    Params(page): Params<PageOf>,
) -> ApiResult {
    let (page, size) = page.bounds()?;
    let list: Vec<ScanOut> = flow::scan::newest(&web.app, page, size).await?.into_iter().map(scan).collect();
    Ok(ok("查询成功", "Here you are", list))
}

fn scan(ScannedOrder { scan, order }: ScannedOrder) -> ScanOut {
    let letters = order.state.letters(order.pay_type);
    ScanOut {
        order_id: order.id,
        sku_id: scan.sku_id,
        username: order.username,
        openid: scan.openid.as_str().to_owned(),
        pay_money: order.quote.pay_money,
        order_status: letters.map_or("", |letters| letters.order),
        pay_status: letters.map_or("", |letters| letters.pay),
        create_time: views::time(Some(order.times.create)),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct OpenidBindingInput {
    openid: String,
}

/// `PUT /api/admin/user/{username}/openid`
pub(in super::super) async fn bind(
    State(web): State<WebState>,
    Operator(operator): Operator,
    Path(username): Path<String>,
    Json(bound): Json<OpenidBindingInput>,
) -> ApiResult {
    let wrong = || Refusal::new(FieldMessage::OpenidInvalid);
    let openid = Openid::read(&bound.openid).ok_or_else(wrong)?;
    flow::scan::bind(&web.app, operator.username, username, openid).await?;
    Ok(done("已绑定微信", "This WeChat buys as that account now"))
}

/// `DELETE /api/admin/user/{username}/openid`
pub(in super::super) async fn unbind(
    State(web): State<WebState>,
    _by: Operator,
    Path(username): Path<String>,
) -> ApiResult {
    flow::scan::unbind(&web.app, username).await?;
    Ok(done("已解除绑定", "The WeChat is no longer bound"))
}
