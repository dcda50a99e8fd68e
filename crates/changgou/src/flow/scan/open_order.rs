//! The one open order a payer has of a SKU.

use std::collections::HashMap;
use std::time::Duration;

use super::buyer;
use crate::domain::clock::UtcMs;
use crate::domain::id::{OrderId, SkuId};
use crate::domain::limits::SCANS_OPEN_MAX;
use crate::domain::message::PaymentMessage;
use crate::domain::openid::Openid;
use crate::domain::refusal::Refusal;
use crate::domain::status::OrderState;
use crate::flow::{App, Outcome};
use crate::infra::db::{DbError, Tx};
use crate::store::account;
use crate::store::order::{self, Order};
use crate::store::scan_order::{self, ScanOrder};

/// How long an order that is about to be placed counts as one that will be.
const ABOUT_TO: Duration = Duration::from_secs(60);

/// An order a scan leads to.
pub(super) struct OpenOrder {
    pub(super) order_id: OrderId,
    pub(super) username: String,
    pub(super) state: OpenOrderState,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OpenOrderState {
    /// It waits for payment.
    Open,
    /// It has a name, and is to be placed under it.
    Reserved,
}

/// The order of this payer and SKU: the one that is open, or one that is to be
/// placed. The buyer's account is held, so that who scans twice at once gets one.
pub(super) async fn find_or_reserve(app: &App, openid: &Openid, sku_id: SkuId) -> Outcome<OpenOrder> {
    let (openid, fresh, now) = (openid.clone(), OrderId::from_id(app.id()), app.now());
    app.db
        .write(async move |tx| {
            let username = buyer::find_or_create(tx, &openid, now).await?;
            account::lock(tx, &username).await?;
            let (mine, others): (Vec<_>, Vec<_>) =
                list_open(tx, &openid).await?.into_iter().partition(|(scan, _)| scan.sku_id == sku_id);
            let mine = mine.into_iter().next();
            if let Some((ScanOrder { order_id, username, .. }, OpenOrderState::Open)) = mine {
                return Ok(OpenOrder { order_id, username, state: OpenOrderState::Open });
            }
            check_open_count(&others, now)?;
            let order_id = mine.map_or_else(|| fresh.clone(), |(scan, _)| scan.order_id);
            let scan = ScanOrder { order_id, openid: openid.clone(), sku_id, username, tried: now };
            scan_order::reserve(tx, &scan).await?;
            let ScanOrder { order_id, username, .. } = scan;
            Ok(OpenOrder { order_id, username, state: OpenOrderState::Reserved })
        })
        .await
}

/// The orders of this payer that are open or to be placed; those that are found
/// to be neither are put away.
async fn list_open(tx: &mut Tx<'_>, openid: &Openid) -> Result<Vec<(ScanOrder, OpenOrderState)>, DbError> {
    let live = scan_order::list_open(tx, openid).await?;
    let orders = find_orders(tx, &live).await?;
    let mut kept = Vec::new();
    for scan in live {
        match orders.get(&scan.order_id).map(|order| order.state) {
            None => kept.push((scan, OpenOrderState::Reserved)),
            Some(OrderState::AwaitingPayment) => kept.push((scan, OpenOrderState::Open)),
            Some(
                OrderState::AwaitingShipment
                | OrderState::Shipped
                | OrderState::Completed
                | OrderState::Closed
                | OrderState::Returned
                | OrderState::Refunded,
            ) => scan_order::mark_ended(tx, &scan.order_id).await?,
        }
    }
    Ok(kept)
}

/// Those of their orders that were placed.
async fn find_orders(tx: &mut Tx<'_>, scans: &[ScanOrder]) -> Result<HashMap<OrderId, Order>, DbError> {
    let found = order::find_by_ids(tx, scans.iter().map(|scan| &scan.order_id)).await?;
    Ok(found.into_iter().map(|order| (order.id.clone(), order)).collect())
}

/// Orders that wait for payment hold stock, so one payer has only so many.
fn check_open_count(others: &[(ScanOrder, OpenOrderState)], now: UtcMs) -> Result<(), Refusal> {
    let counts = |(scan, state): &&(ScanOrder, OpenOrderState)| match state {
        OpenOrderState::Open => true,
        OpenOrderState::Reserved => now.since(scan.tried) < ABOUT_TO,
    };
    if others.iter().filter(counts).count() < SCANS_OPEN_MAX {
        return Ok(());
    }
    Err(Refusal::new(PaymentMessage::TooManyUnpaidScans))
}

/// An order that was made by a scan.
#[derive(Clone, Debug)]
pub struct ScannedOrder {
    /// Who scanned what.
    pub scan: ScanOrder,
    /// The order as it stands.
    pub order: Order,
}

/// A page of what was ordered by scans, the newest first.
pub async fn newest_page(app: &App, page: i64, size: i64) -> Outcome<Vec<ScannedOrder>> {
    let now = app.now();
    let read = async move |tx: &mut Tx<'_>| {
        let scans = scan_order::newest_page(tx, now, page, size).await?;
        let mut orders = find_orders(tx, &scans).await?;
        let made = scans
            .into_iter()
            .filter_map(|scan| Some(ScannedOrder { order: orders.remove(&scan.order_id)?, scan }));
        Ok(made.collect())
    };
    app.db.read(read).await
}
