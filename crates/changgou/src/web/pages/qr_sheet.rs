//! `/admin/sku/qr`: QR codes of SKUs to print. Scanning one with WeChat buys the
//! SKU, without cart or login.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use super::super::WebState;
use super::super::api::scan::length;
use super::super::extractors::Operator;
use super::super::input::{PageOf, Params, ids, text};
use super::super::response::status;
use super::super::url::percent_encoded;
use super::flash::{Flash, into_refusal};
use super::page_context::PageContext;
use super::pager::Pager;
use super::render::{PageResult, show_as};
use super::{labels, simulated_phone};
use crate::domain::id::SkuId;
use crate::domain::money::Fen;
use crate::flow;
use crate::flow::scan::qr_sheet::{self, LinkLength, SkuCode};
use crate::store::catalog::Sku;

/// Codes on a sheet of A4: four rows of three.
const SIZE: i64 = 12;

#[derive(Deserialize)]
pub(in super::super) struct QrSheetQuery {
    q: Option<String>,
    page: Option<i64>,
    #[serde(rename = "skuIds")]
    sku_ids: Option<String>,
    short: Option<bool>,
}

#[derive(Template)]
#[template(path = "qr_sheet.html")]
struct Sheet<'a> {
    frame: &'a PageContext,
    notice: Option<Flash>,
    q: String,
    sku_ids: String,
    is_short: bool,
    labels: Vec<Label>,
    pager: Pager,
    callback: String,
}

/// A code with its caption, to cut out.
struct Label {
    id: SkuId,
    name: String,
    price: Fen,
    picture: String,
    phone: Option<String>,
}

pub(in super::super) async fn show(
    State(web): State<WebState>,
    _by: Operator,
    frame: PageContext,
    Params(asked): Params<QrSheetQuery>,
) -> PageResult {
    let (page, size) = PageOf::new(asked.page, Some(SIZE)).bounds()?;
    let q = text("q", asked.q.as_deref().unwrap_or_default(), 0, 100)?;
    let sku_ids = asked.sku_ids.unwrap_or_default();
    let length = length(asked.short);
    let (skus, total) = chosen(&web, &q, &sku_ids, page, size).await?;
    let (code, notice, printed) = match qr_sheet::sku_codes(&web.app, skus, length).await {
        Ok(printed) => (StatusCode::OK, None, printed),
        Err(error) => {
            let refusal = into_refusal(error.into())?;
            (status(refusal.reason), Some(Flash::refused(&refusal, frame.lang)), Vec::new())
        }
    };
    let sheet = Sheet {
        notice,
        is_short: length == LinkLength::Short,
        labels: printed.into_iter().map(|one| label(&web, &frame, one)).collect(),
        pager: Pager::new(page, size, total, |page| address(&q, &sku_ids, length, page)),
        callback: web.app.settings.wechat_native_callback_url(),
        q,
        sku_ids,
        frame: &frame,
    };
    show_as(code, &frame, &sheet)
}

/// The SKUs named, or a page of the search results; and the total number.
async fn chosen(
    web: &WebState,
    q: &str,
    sku_ids: &str,
    page: i64,
    size: i64,
) -> flow::Outcome<(Vec<Sku>, i64)> {
    let named = ids(sku_ids)?;
    if named.is_empty() {
        let found = flow::catalog::search_page(&web.app, q.to_owned(), page, size).await?;
        return Ok((found.list, found.total));
    }
    let total = i64::try_from(named.len()).unwrap_or(i64::MAX);
    let (from, most) = (usize::try_from((page - 1) * size), usize::try_from(size));
    let here = named.into_iter().skip(from.unwrap_or(usize::MAX)).take(most.unwrap_or(0));
    Ok((flow::catalog::find_skus(&web.app, here.collect()).await?, total))
}

fn address(q: &str, sku_ids: &str, length: LinkLength, page: i64) -> String {
    let short = if length == LinkLength::Short { "&short=true" } else { "" };
    let (q, sku_ids) = (percent_encoded(q), percent_encoded(sku_ids));
    format!("/admin/sku/qr?q={q}&skuIds={sku_ids}{short}&page={page}")
}

fn label(web: &WebState, frame: &PageContext, SkuCode { sku, link }: SkuCode) -> Label {
    let picture = format!("/api/qr?value={}&size=300&level=M&mime=image/svg%2Bxml", percent_encoded(&link));
    let (name, phone) = (
        labels::name(&sku.facts, frame.lang).to_owned(),
        simulated_phone::scan_url(&web.app.settings, &link),
    );
    Label { id: sku.id, name, price: sku.price, picture, phone }
}
