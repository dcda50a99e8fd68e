//! Mode one as an operator sees it: the codes of SKUs, what was ordered by
//! scanning them, and which WeChat is whose.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::WebState;
use super::super::extractors::Operator;
use super::super::input::{Json, PageOf, Params, PathId, PathText};
use super::super::openapi::refusals;
use super::super::openapi::schemas::{self, ImageKind, OrderStatus, PayStatus, Picture, SkuQrLevel, Time};
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

/// The default width of a picture in pixels: four centimetres at 300 dots per inch.
const SIZE: u32 = 480;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct QrLengthQuery {
    /// 短链接，由微信生成 / A short link, which WeChat makes
    #[param(default = false)]
    short: Option<bool>,
    /// 图像格式 / Kind of image
    #[param(value_type = Option<ImageKind>)]
    mime: Option<String>,
    /// 边长，像素 / Width in pixels
    #[param(minimum = 21, maximum = 2048, default = 480)]
    size: Option<u32>,
    /// 纠错等级 / Error correction
    #[param(value_type = Option<SkuQrLevel>)]
    level: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SkuCode)]
struct CodeOut {
    sku_id: Id,
    name: String,
    price: Fen,
    /// 二维码的文本 / The text of the code
    link: String,
}

/// 商品付款码（模式一） / The code of a product (mode one)
///
/// 不给 mime 得链接文本，给 mime 得图片；长期有效。打印页：/admin/sku/qr / Without mime the text, with mime the picture; good for ever. A page to print: /admin/sku/qr
#[utoipa::path(
    get, path = "/api/admin/sku/{id}/qr", operation_id = "skuCode", tag = "运营 / Operator",
    params(schemas::SkuIdPath, QrLengthQuery),
    responses(
        (status = 200, content((CodeOut = "application/json"), (Picture = "image/png"), (Picture = "image/jpeg"), (String = "image/svg+xml"))),
        refusals::Input, refusals::Access, refusals::NotFound, refusals::PaymentFailure,
    ),
    security(("bearer" = ["operator"]), ("cookie" = ["operator"])),
)]
pub(in super::super) async fn code(
    State(web): State<WebState>,
    _by: Operator,
    PathId(id): PathId,
    Params(how): Params<QrLengthQuery>,
) -> Result<Response, ApiProblem> {
    let SkuCode { sku, link } = flow::scan::qr_sheet::sku_code(&web.app, id, length(how.short)).await?;
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

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ScanOrder)]
struct ScanOut {
    order_id: OrderId,
    sku_id: Id,
    /// wx: 开头的是游客账号 / A guest's begins with wx:
    username: String,
    openid: String,
    pay_money: Fen,
    #[schema(value_type = OrderStatus)]
    order_status: &'static str,
    #[schema(value_type = PayStatus)]
    pay_status: &'static str,
    #[schema(value_type = Time)]
    create_time: Option<String>,
}

/// 扫码购订单，新的在前 / Orders made by scanning, the newest first
#[utoipa::path(
    get, path = "/api/admin/scan", operation_id = "listScans", tag = "运营 / Operator",
    params(PageOf),
    responses((status = 200, body = Vec<ScanOut>), refusals::Input, refusals::Access, refusals::Failure),
    security(("bearer" = ["operator"]), ("cookie" = ["operator"])),
)]
pub(in super::super) async fn list(
    State(web): State<WebState>,
    _by: Operator,
    Params(page): Params<PageOf>,
) -> ApiResult {
    let (page, size) = page.bounds()?;
    let list: Vec<ScanOut> =
        flow::scan::newest_page(&web.app, page, size).await?.into_iter().map(scan).collect();
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

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OpenidOf)]
pub(in super::super) struct OpenidBindingInput {
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9_-]+$")]
    openid: String,
}

/// 绑定微信：扫码购记入该账号 / Bind a WeChat: what it scans is bought by this account
///
/// 取代该账号原来的微信；已下的订单不变 / In place of the one the account had; orders stay where they are
#[utoipa::path(
    put, path = "/api/admin/user/{username}/openid", operation_id = "bindOpenid", tag = "运营 / Operator",
    params(("username" = String, Path, description = "用户名 / The account's name", min_length = 1, max_length = 50)),
    request_body = OpenidBindingInput,
    responses(
        (status = 200),
        refusals::Body, refusals::Access, refusals::NotFound, refusals::IdTaken, refusals::Failure,
    ),
    security(("bearer" = ["operator"]), ("cookie" = ["operator"])),
)]
pub(in super::super) async fn bind(
    State(web): State<WebState>,
    Operator(operator): Operator,
    PathText(username): PathText,
    Json(bound): Json<OpenidBindingInput>,
) -> ApiResult {
    let wrong = || Refusal::new(FieldMessage::OpenidInvalid);
    let openid = Openid::parse(&bound.openid).ok_or_else(wrong)?;
    flow::scan::bind(&web.app, operator.username, username, openid).await?;
    Ok(done("已绑定微信", "This WeChat buys as that account now"))
}

/// 解除微信绑定 / Unbind the WeChat
#[utoipa::path(
    delete, path = "/api/admin/user/{username}/openid", operation_id = "unbindOpenid", tag = "运营 / Operator",
    params(("username" = String, Path, description = "用户名 / The account's name", min_length = 1, max_length = 50)),
    responses((status = 200), refusals::Input, refusals::Access, refusals::NotFound, refusals::Failure),
    security(("bearer" = ["operator"]), ("cookie" = ["operator"])),
)]
pub(in super::super) async fn unbind(
    State(web): State<WebState>,
    _by: Operator,
    PathText(username): PathText,
) -> ApiResult {
    flow::scan::unbind(&web.app, username).await?;
    Ok(done("已解除绑定", "The WeChat is no longer bound"))
}
