//! The codes of SKUs, for an operator to print.

use futures_util::future::try_join_all;

use crate::domain::id::SkuId;
use crate::domain::message::CatalogMessage;
use crate::domain::refusal::Refusal;
use crate::flow::{App, Outcome, catalog};
use crate::infra::db::DbError;
use crate::store::catalog::Sku;

/// Which text a code holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkLength {
    /// The one the shop signs.
    Long,
    /// A short one that WeChat makes of it: a coarser code.
    Short,
}

/// A SKU and the text of its code.
#[derive(Clone, Debug)]
pub struct SkuCode {
    /// The SKU.
    pub sku: Sku,
    /// The text.
    pub link: String,
}

/// Refuses a shop that cannot answer scans: nothing shall be printed for it.
pub fn check_can_print(app: &App) -> Result<(), Refusal> {
    if app.gateway.has_native() {
        return Ok(());
    }
    Err(Refusal::new(CatalogMessage::QrNeedsApiV2))
}

pub async fn sku_code(app: &App, id: SkuId, length: LinkLength) -> Outcome<SkuCode> {
    check_can_print(app)?;
    build_code(app, catalog::find_sku(app, id).await?, length).await
}

/// The codes of these SKUs; few, for WeChat is asked about each short one.
pub async fn sku_codes(app: &App, skus: Vec<Sku>, length: LinkLength) -> Outcome<Vec<SkuCode>> {
    check_can_print(app)?;
    try_join_all(skus.into_iter().map(|sku| build_code(app, sku, length))).await
}

async fn build_code(app: &App, sku: Sku, length: LinkLength) -> Outcome<SkuCode> {
    let link = app.gateway.product_link(&sku.id.to_string(), app.now());
    let long = link.map_err(|error| DbError::Engine(error.to_string()))?;
    let link = match length {
        LinkLength::Long => long,
        LinkLength::Short => app.gateway.short_link(&long).await.map_err(|error| {
            tracing::warn!(%error, sku = %sku.id, "WeChat makes no short link");
            no_short_link()
        })?,
    };
    Ok(SkuCode { sku, link })
}

fn no_short_link() -> Refusal {
    Refusal::new(CatalogMessage::ShortLinkUnavailable).retry_after(3)
}
