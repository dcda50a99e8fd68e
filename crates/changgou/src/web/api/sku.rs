//! `/api/sku`: what is sold, and an operator's changes to it.

use axum::extract::State;
use serde::{Deserialize, Deserializer, Serialize};

use super::super::WebState;
use super::super::extract::Operator;
use super::super::input::{Json, PageOf, Params, PathId, moment, text};
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

#[derive(Deserialize)]
pub(in super::super) struct SkuSearchQuery {
    q: Option<String>,
    page: Option<i64>,
    size: Option<i64>,
}

pub(in super::super) async fn list(
    State(web): State<WebState>,
    Params(search): Params<SkuSearchQuery>,
) -> ApiResult {
    let (page, size) = PageOf::new(search.page, search.size).bounds()?;
    let query = text("q", search.q.as_deref().unwrap_or_default(), 0, 100)?;
    let found = flow::catalog::page(&web.app, query, page, size).await?;
    let list = found.list.into_iter().map(views::SkuView::from).collect();
    Ok(ok("查询成功", "Here you are", views::PageView { total: found.total, list }))
}

pub(in super::super) async fn one(State(web): State<WebState>, PathId(id): PathId) -> ApiResult {
    Ok(ok("查询成功", "Here you are", views::SkuView::from(flow::catalog::sku(&web.app, id).await?)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in super::super) struct NewSkuInput {
    id: Option<Id>,
    sn: Option<String>,
    name: String,
    name_en: Option<String>,
    price: Fen,
    num: i64,
    alert_num: Option<i64>,
    image: Option<String>,
    weight: Option<i64>,
    spu_id: Option<String>,
    category_id: Option<i64>,
    category_name: Option<String>,
    brand_name: Option<String>,
    spec: Option<String>,
    status: Option<String>,
    buyer_limit: Option<i64>,
    sale_from: Option<String>,
    sale_to: Option<String>,
}

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
    Ok(ok("添加成功", "Added", views::SkuView::from(flow::catalog::add(&web.app, sku).await?)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in super::super) struct SkuChanges {
    price: Option<Fen>,
    num: Option<i64>,
    status: Option<String>,
    name: Option<String>,
    /// `null` takes the limit away.
    #[serde(default, deserialize_with = "given")]
    buyer_limit: Option<Option<i64>>,
    /// `null` takes the beginning away.
    #[serde(default, deserialize_with = "given")]
    sale_from: Option<Option<String>>,
    /// `null` takes the end away.
    #[serde(default, deserialize_with = "given")]
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
    Ok(ok("修改成功", "Changed", views::SkuView::from(flow::catalog::edit(&web.app, id, edit).await?)))
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct CartQuantities {
    username: String,
}

#[derive(Serialize)]
struct StockTakenView {
    num: i64,
}

pub(in super::super) async fn take_cart(
    State(web): State<WebState>,
    _by: Operator,
    Params(of): Params<CartQuantities>,
) -> ApiResult {
    let num = flow::catalog::take_cart(&web.app, of.username).await?;
    Ok(ok("库存递减成功！", "Stock was taken", StockTakenView { num }))
}
