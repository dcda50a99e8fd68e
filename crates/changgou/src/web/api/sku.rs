//! `/api/sku`: what is sold, and an operator's changes to it.

use axum::extract::State;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::WebState;
use super::super::extractors::Operator;
use super::super::input::{Json, PageOf, Params, PathId, moment, text};
use super::super::openapi::refusals;
use super::super::openapi::schemas::{self, IdIn, SkuStatus, Time};
use super::super::response::{ApiResult, ok};
use super::views;
use crate::domain::clock::UtcMs;
use crate::domain::id::Id;
use crate::domain::message::FieldMessage;
use crate::domain::money::Fen;
use crate::domain::refusal::Refusal;
use crate::flow;
use crate::flow::catalog::SkuEdit;
use crate::store::catalog::{SaleWindow, ShelfStatus, Sku, SkuFacts};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct SkuSearchQuery {
    /// 搜索词，中英文均可 / Words, Chinese or English
    #[param(max_length = 100, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$", example = "手机")]
    q: Option<String>,
    /// 第几页，从 1 起 / Which page, from 1
    #[param(minimum = 1, maximum = 10_000, default = 1, example = 1)]
    page: Option<i64>,
    /// 每页条数 / Rows of a page
    #[param(minimum = 1, maximum = 100, default = 20, example = 20)]
    size: Option<i64>,
}

/// 搜索商品 / Search SKUs
///
/// 只列在售商品；每个词都要出现 / Lists what is on sale; every word must occur
#[utoipa::path(
    get, path = "/api/sku", operation_id = "searchSkus", tag = "商品 / Catalogue",
    params(SkuSearchQuery),
    responses((status = 200, body = views::PageView<views::SkuView>), refusals::Input, refusals::Failure),
)]
pub(in super::super) async fn list(
    State(web): State<WebState>,
    Params(search): Params<SkuSearchQuery>,
) -> ApiResult {
    let (page, size) = PageOf::new(search.page, search.size).bounds()?;
    let query = text("q", search.q.as_deref().unwrap_or_default(), 0, 100)?;
    let found = flow::catalog::search_page(&web.app, query, page, size).await?;
    let list = found.list.into_iter().map(views::SkuView::from).collect();
    Ok(ok("查询成功", "Here you are", views::PageView { total: found.total, list }))
}

/// 查询一个商品 / One SKU
#[utoipa::path(
    get, path = "/api/sku/{id}", operation_id = "getSku", tag = "商品 / Catalogue",
    params(schemas::SkuIdPath),
    responses((status = 200, body = views::SkuView), refusals::Input, refusals::NotFound, refusals::Failure),
)]
pub(in super::super) async fn one(State(web): State<WebState>, PathId(id): PathId) -> ApiResult {
    Ok(ok("查询成功", "Here you are", views::SkuView::from(flow::catalog::find_sku(&web.app, id).await?)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = NewSku)]
pub(in super::super) struct NewSkuInput {
    #[schema(value_type = Option<IdIn>)]
    id: Option<Id>,
    #[schema(max_length = 100)]
    sn: Option<String>,
    #[schema(min_length = 1, max_length = 200, pattern = "TEXT")]
    name: String,
    name_en: Option<String>,
    /// 分 / Fen
    #[schema(value_type = i64, minimum = 0, maximum = 2_147_483_647)]
    price: Fen,
    /// 库存 / Stock
    #[schema(minimum = 0, maximum = 2_147_483_647)]
    num: i64,
    #[schema(minimum = 0, maximum = 2_147_483_647)]
    alert_num: Option<i64>,
    image: Option<String>,
    /// 克 / Grams
    #[schema(minimum = 0, maximum = 2_147_483_647)]
    weight: Option<i64>,
    spu_id: Option<String>,
    #[schema(minimum = 0, maximum = 2_147_483_647)]
    category_id: Option<i64>,
    category_name: Option<String>,
    brand_name: Option<String>,
    spec: Option<String>,
    /// 1 在售，2 下架，3 删除 / 1 on sale, 2 off the shelf, 3 deleted
    #[schema(value_type = Option<SkuStatus>)]
    status: Option<String>,
    /// 每人限购 / Pieces one buyer may have
    #[schema(minimum = 1, maximum = 999)]
    buyer_limit: Option<i64>,
    /// 开售时间，RFC 3339 / When the sale begins
    #[schema(value_type = Option<Time>)]
    sale_from: Option<String>,
    /// 停售时间，须晚于 saleFrom / When it ends; after saleFrom
    #[schema(value_type = Option<Time>)]
    sale_to: Option<String>,
}

/// 添加商品 / Add a SKU
///
/// 不给 id 则由本店取号；id 已存在则拒绝 / Without id the shop takes one; an id that exists is refused
#[utoipa::path(
    post, path = "/api/sku", operation_id = "addSku", tag = "运营 / Operator",
    request_body = NewSkuInput,
    responses(
        (status = 200, body = views::SkuView),
        refusals::Body, refusals::Access, refusals::IdTaken, refusals::Failure,
    ),
    security(("bearer" = ["operator"]), ("cookie" = ["operator"])),
)]
pub(in super::super) async fn add(
    State(web): State<WebState>,
    _by: Operator,
    Json(new): Json<NewSkuInput>,
) -> ApiResult {
    let id = new.id.unwrap_or_else(|| web.app.id());
    let facts = SkuFacts {
        sn: new.sn.unwrap_or_else(|| id.to_string()),
        name: text("name", &new.name, 1, 200)?,
        name_en: new.name_en,
        alert_num: new.alert_num.unwrap_or(0),
        image: new.image.unwrap_or_default(),
        weight: new.weight.unwrap_or(0),
        spu_id: new.spu_id,
        category_id: new.category_id,
        category_name: new.category_name,
        brand_name: new.brand_name,
        spec: new.spec,
        ..SkuFacts::default()
    };
    let shelf = shelf(new.status.as_deref())?.unwrap_or(ShelfStatus::OnSale);
    let sale = SaleWindow {
        buyer_limit: new.buyer_limit,
        from: new.sale_from.map(|text| moment("saleFrom", &text)).transpose()?,
        to: new.sale_to.map(|text| moment("saleTo", &text)).transpose()?,
    };
    let sku = Sku { id, price: new.price, num: new.num, sale_num: 0, shelf, sale, facts };
    Ok(ok("添加成功", "Added", views::SkuView::from(flow::catalog::add_sku(&web.app, sku).await?)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in super::super) struct SkuChanges {
    /// 分 / Fen
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 2_147_483_647)]
    price: Option<Fen>,
    /// 库存 / Stock
    #[schema(minimum = 0, maximum = 2_147_483_647)]
    num: Option<i64>,
    /// 1 在售，2 下架，3 删除 / 1 on sale, 2 off the shelf, 3 deleted
    #[schema(value_type = Option<SkuStatus>)]
    status: Option<String>,
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// 每人限购；null 取消限购 / Pieces one buyer may have; null takes the limit away
    #[serde(default, deserialize_with = "given")]
    #[schema(minimum = 1, maximum = 999)]
    buyer_limit: Option<Option<i64>>,
    /// 开售时间；null 取消。改动后重新计算限购 / When the sale begins; null takes it away. The limit counts anew
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Time>)]
    sale_from: Option<Option<String>>,
    /// 停售时间；null 取消 / When it ends; null takes it away
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Time>)]
    sale_to: Option<Option<String>>,
}

/// A field that is there, even if it is `null`.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(input: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(input).map(Some)
}

/// A moment that is given, taken away or left as it is.
fn moment_given(name: &'static str, given: Option<Option<String>>) -> Result<Option<Option<UtcMs>>, Refusal> {
    given.map(|text| text.map(|text| moment(name, &text)).transpose()).transpose()
}

/// 修改价格、库存、上下架、名称、限购与抢购时间 / Change price, stock, shelf, name, limit and sale
///
/// 不给的不变；库存的差额记入台账 / What is not given stays; a difference in stock goes into the ledger
#[utoipa::path(
    put, path = "/api/sku/{id}", operation_id = "changeSku", tag = "运营 / Operator",
    params(schemas::SkuIdPath),
    request_body = SkuChanges,
    responses(
        (status = 200, body = views::SkuView),
        refusals::Body, refusals::Access, refusals::NotFound, refusals::StockShort, refusals::Failure,
    ),
    security(("bearer" = ["operator"]), ("cookie" = ["operator"])),
)]
pub(in super::super) async fn change(
    State(web): State<WebState>,
    _by: Operator,
    PathId(id): PathId,
    Json(changes): Json<SkuChanges>,
) -> ApiResult {
    let shelf = shelf(changes.status.as_deref())?;
    let edit = SkuEdit {
        price: changes.price,
        num: changes.num,
        shelf,
        name: changes.name,
        buyer_limit: changes.buyer_limit,
        sale_from: moment_given("saleFrom", changes.sale_from)?,
        sale_to: moment_given("saleTo", changes.sale_to)?,
    };
    Ok(ok("修改成功", "Changed", views::SkuView::from(flow::catalog::edit_sku(&web.app, id, edit).await?)))
}

fn shelf(letter: Option<&str>) -> Result<Option<ShelfStatus>, Refusal> {
    let wrong = || Refusal::new(FieldMessage::SkuStatusInvalid);
    let known = |letter: &str| {
        [ShelfStatus::OnSale, ShelfStatus::OffShelf, ShelfStatus::Deleted]
            .into_iter()
            .find(|shelf| shelf.word() == letter)
    };
    letter.map(|letter| known(letter).ok_or_else(wrong)).transpose()
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct CartQuantities {
    /// 买家 / The buyer
    #[param(example = "demo")]
    username: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Taken)]
struct StockTakenView {
    /// 取走的件数 / Pieces taken
    #[schema(minimum = 1)]
    num: i64,
}

/// 按购物车扣库存 / Take a cart out of the stock
///
/// 全部扣掉或一件不扣 / All of it or nothing
#[utoipa::path(
    post, path = "/api/sku/decr/count", operation_id = "takeCart", tag = "运营 / Operator",
    params(CartQuantities),
    responses(
        (status = 200, body = StockTakenView),
        refusals::Input, refusals::Access, refusals::StockTaking, refusals::CartFailure,
    ),
    security(("bearer" = ["operator"]), ("cookie" = ["operator"])),
)]
pub(in super::super) async fn take_cart(
    State(web): State<WebState>,
    _by: Operator,
    Params(of): Params<CartQuantities>,
) -> ApiResult {
    let num = flow::catalog::take_cart_from_stock(&web.app, of.username).await?;
    Ok(ok("库存递减成功！", "Stock was taken", StockTakenView { num }))
}
