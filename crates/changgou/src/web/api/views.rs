//! What leaves through the API: the original's field names, which are the
//! columns in camel case. Ids are strings, money is whole fen, times RFC 3339.

use serde::Serialize;
use utoipa::ToSchema;

use super::super::openapi::schemas::{SkuStatus, Time, YesNo};
use crate::domain::clock::UtcMs;
use crate::domain::id::Id;
use crate::domain::money::Fen;
use crate::flow::cart::PricedCartLine;
use crate::store::address;
use crate::store::catalog::{self, ShelfStatus};

/// A time in RFC 3339, UTC.
pub(super) fn time(at: Option<UtcMs>) -> Option<String> {
    at.map(UtcMs::rfc3339)
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Address)]
pub(super) struct AddressView {
    id: Id,
    username: String,
    provinceid: String,
    cityid: String,
    areaid: String,
    phone: String,
    address: String,
    contact: String,
    #[schema(value_type = YesNo)]
    is_default: &'static str,
    alias: Option<String>,
    /// 省市区与门牌连成一行 / Everything in one line
    full_address: String,
}

impl From<address::Address> for AddressView {
    fn from(from: address::Address) -> AddressView {
        let full_address = from.one_line();
        let address::AddressText { provinceid, cityid, areaid, phone, address, contact, alias } = from.words;
        let is_default = if from.is_default { "1" } else { "0" };
        let (id, username) = (from.id, from.username);
        AddressView {
            id,
            username,
            provinceid,
            cityid,
            areaid,
            phone,
            address,
            contact,
            is_default,
            alias,
            full_address,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Sku)]
pub(super) struct SkuView {
    id: Id,
    sn: String,
    name: String,
    name_en: Option<String>,
    caption: Option<String>,
    caption_en: Option<String>,
    price: Fen,
    /// 库存 / Stock
    #[schema(minimum = 0)]
    num: i64,
    alert_num: i64,
    image: String,
    /// 克 / Grams
    weight: i64,
    spu_id: Option<String>,
    category_id: Option<i64>,
    category_name: Option<String>,
    brand_name: Option<String>,
    /// 规格，JSON 文本 / Properties, a JSON object as text
    spec: Option<String>,
    /// 已售 / Sold
    sale_num: i64,
    comment_num: i64,
    /// 1 在售，2 下架，3 删除 / 1 on sale, 2 off the shelf, 3 deleted
    #[schema(value_type = SkuStatus)]
    status: &'static str,
    /// 每人限购，只计同一 saleFrom 下、设有限购时的订单；null 不限 / Pieces one buyer may have; orders placed under the same saleFrom while there was a limit count; null: any number
    #[schema(minimum = 1)]
    buyer_limit: Option<i64>,
    /// 从此刻起可买 / It may be bought from this moment on
    #[schema(value_type = Option<Time>)]
    sale_from: Option<String>,
    /// 到此刻为止 / And before this moment
    #[schema(value_type = Option<Time>)]
    sale_to: Option<String>,
}

impl From<catalog::Sku> for SkuView {
    fn from(from: catalog::Sku) -> SkuView {
        let facts = from.facts;
        SkuView {
            id: from.id,
            sn: facts.sn,
            name: facts.name,
            name_en: facts.name_en,
            caption: facts.caption,
            caption_en: facts.caption_en,
            price: from.price,
            num: from.num,
            alert_num: facts.alert_num,
            image: facts.image,
            weight: facts.weight,
            spu_id: facts.spu_id,
            category_id: facts.category_id,
            category_name: facts.category_name,
            brand_name: facts.brand_name,
            spec: facts.spec,
            sale_num: from.sale_num,
            comment_num: facts.comment_num,
            status: from.shelf.word(),
            buyer_limit: from.sale.buyer_limit,
            sale_from: time(from.sale.from),
            sale_to: time(from.sale.to),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CartLine)]
pub(super) struct CartLineView {
    sku_id: Id,
    spu_id: Option<String>,
    category_id3: Option<i64>,
    /// 商品已不存在则为 null / null if the SKU no longer exists
    name: Option<String>,
    image: Option<String>,
    /// 现价，分 / The present price, in fen
    #[schema(value_type = Option<i64>, minimum = 0)]
    price: Option<Fen>,
    #[schema(minimum = 1)]
    num: i64,
    money: Fen,
    pay_money: Fen,
    /// 克，按数量合计 / Grams, all pieces
    weight: i64,
    selected: bool,
    /// 现有库存 / Stock now
    #[schema(minimum = 0)]
    stock: i64,
    /// 现在能否照此购买 / Whether it can be bought as it is
    buyable: bool,
    on_sale: bool,
    stock_short: bool,
    price_changed: bool,
    /// 加入时的价格，分 / The price when it was put in, in fen
    #[schema(value_type = i64, minimum = 0)]
    price_seen: Fen,
    /// 每人限购，只计同一 saleFrom 下、设有限购时的订单；null 不限 / Pieces one buyer may have; orders placed under the same saleFrom while there was a limit count; null: any number
    #[schema(minimum = 1)]
    buyer_limit: Option<i64>,
    /// 从此刻起可买 / It may be bought from this moment on
    #[schema(value_type = Option<Time>)]
    sale_from: Option<String>,
    /// 到此刻为止 / And before this moment
    #[schema(value_type = Option<Time>)]
    sale_to: Option<String>,
}

/// A cart line with its SKU; whether it can be bought is as of `now`.
pub(super) fn cart_line(seen: PricedCartLine, now: UtcMs) -> CartLineView {
    let (money, buyable) = (seen.money(), seen.is_buyable(now));
    let PricedCartLine { line, sku } = seen;
    let sku = sku.as_ref();
    let stock = sku.map_or(0, |sku| sku.num);
    CartLineView {
        sku_id: line.sku_id,
        spu_id: sku.and_then(|sku| sku.facts.spu_id.clone()),
        category_id3: sku.and_then(|sku| sku.facts.category_id),
        name: sku.map(|sku| sku.facts.name.clone()),
        image: sku.map(|sku| sku.facts.image.clone()),
        price: sku.map(|sku| sku.price),
        num: line.num,
        money,
        pay_money: money,
        weight: sku.map_or(0, |sku| sku.facts.weight.saturating_mul(line.num)),
        selected: line.selected,
        stock,
        buyable,
        on_sale: sku.is_some_and(|sku| sku.shelf == ShelfStatus::OnSale),
        stock_short: stock < line.num,
        price_changed: sku.is_some_and(|sku| sku.price != line.price_seen),
        price_seen: line.price_seen,
        buyer_limit: sku.and_then(|sku| sku.sale.buyer_limit),
        sale_from: time(sku.and_then(|sku| sku.sale.from)),
        sale_to: time(sku.and_then(|sku| sku.sale.to)),
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct PageView<T> {
    #[schema(minimum = 0)]
    pub total: i64,
    pub list: Vec<T>,
}
