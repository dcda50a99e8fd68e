//! Mode one: somebody scanned a SKU's own code, and WeChat asks for an order.
//!
//! Every scan makes such a call, and a copy of one is as good as it. That does
//! no harm: a payer has one open order of a SKU, and who asks again gets it again.

mod buyer;
mod open_order;
pub mod qr_sheet;

use std::sync::Arc;
use std::time::Duration;

use crate::domain::id::{OrderId, SkuId};
use crate::domain::message::NotFound;
use crate::domain::refusal::Refusal;
use crate::domain::status::PayType;
use crate::flow::error::busy;
use crate::flow::pay::PayMethod;
use crate::flow::{App, Error, Outcome, catalog, pay, place};
use crate::infra::db::DbError;
use crate::infra::gateway::{BadGateway, NativeScan};
use crate::infra::secret::sha256_hex;
use crate::store::order::Receiver;
use crate::store::scan_order;
use open_order::{OpenOrder, OpenOrderState};

pub use buyer::{bind, unbind};
pub use open_order::{ScannedOrder, newest_page};

/// WeChat waits five seconds for the answer, and the answer has a way to go.
const IN_TIME: Duration = Duration::from_secs(4);

/// What WeChat is told about a scan.
#[derive(Debug)]
pub enum ScanAnswer {
    /// This, signed.
    Signed(String),
    /// It is not believed that WeChat asks; the word says why. Nothing was done.
    Disbelieved(&'static str),
}

/// Answers WeChat, which asks for an order for whoever scanned. `caller` is
/// where it asks from.
pub async fn answer_scan(app: &Arc<App>, body: &[u8], caller: String) -> Result<ScanAnswer, BadGateway> {
    let scan = match app.gateway.read_scan(body) {
        Ok(scan) => scan,
        Err(disbelieved) => return Ok(ScanAnswer::Disbelieved(disbelieved.label)),
    };
    let outcome = answer_in_time(app, scan.clone(), caller).await;
    let word = outcome.as_ref().map_or_else(|refusal| refusal.reason.word(), |_| "order");
    metrics::counter!(crate::infra::metrics::SCANS, "outcome" => word).increment(1);
    tracing::info!(?scan, outcome = word, "a scan is answered");
    let answer = match &outcome {
        Ok(prepay_id) => app.gateway.scan_order(&scan, prepay_id),
        Err(refusal) => app.gateway.scan_refusal(&scan, &refusal.message.on_the_phone()),
    };
    answer.map(ScanAnswer::Signed)
}

/// What is begun is not broken off when the time is over: the next scan finds
/// how far it came.
async fn answer_in_time(app: &Arc<App>, scan: NativeScan, caller: String) -> Result<String, Refusal> {
    let app = app.clone();
    let asked = tokio::spawn(async move { prepay_id(&app, &scan, &caller).await });
    let outcome = match tokio::time::timeout(IN_TIME, asked).await {
        Err(_) => return Err(pay::unavailable()),
        Ok(Err(broken)) => Err(DbError::Panicked(broken.to_string()).into()),
        Ok(Ok(outcome)) => outcome,
    };
    outcome.map_err(|error| {
        error.refusal().unwrap_or_else(|error| {
            tracing::error!(%error, "a scan could not be answered");
            busy()
        })
    })
}

/// The rules: the SKU is one of ours; whoever scanned has one open order of it,
/// which is placed like any other if there is none; and pays it by API v2.
async fn prepay_id(app: &App, scan: &NativeScan, caller: &str) -> Outcome<String> {
    let sku_id = find_sku(app, scan).await?;
    let OpenOrder { order_id, username, state } =
        open_order::find_or_reserve(app, &scan.openid, sku_id).await?;
    match state {
        OpenOrderState::Open => {}
        OpenOrderState::Reserved => place_order(app, &order_id, &username, sku_id).await?,
    }
    let ticket = pay::prepare_payment_by(app, &username, &order_id, caller, PayMethod::Scan(sku_id)).await?;
    Ok(ticket.code.prepay_id.ok_or_else(pay::unavailable)?)
}

/// The SKU of the code. Codes outlive what they were printed for.
async fn find_sku(app: &App, scan: &NativeScan) -> Outcome<SkuId> {
    let id = scan.product_id.parse().map_err(|_| Refusal::new(NotFound::Sku))?;
    Ok(catalog::find_sku(app, id).await?.id)
}

/// Places the order under the name that was written down for it: of two scans
/// at once one places it, and the other finds it placed.
async fn place_order(app: &App, order_id: &OrderId, username: &str, sku_id: SkuId) -> Outcome<()> {
    let request = place::PlaceRequest {
        username: username.to_owned(),
        goods: place::OrderedGoods::Direct { sku_id, num: 1 },
        receiver: place::ReceiverChoice::DefaultElse(pickup_receiver()),
        coupon_id: None,
        points: 0,
        pay_type: PayType::Online,
        buyer_message: None,
        source_type: FROM_WECHAT.to_owned(),
        keys: vec![format!("scan:{order_id}")],
        hash: sha256_hex(order_id.as_str().as_bytes()),
        pay_money: None,
        order_id: order_id.clone(),
        now: app.now(),
    };
    let placed = place::place_order(app, request).await;
    if let Err(Error::Refused(_)) = &placed {
        let order_id = order_id.clone();
        app.db.write(async move |tx| scan_order::mark_refused(tx, &order_id).await).await?;
    }
    placed.map(drop)
}

/// The seed's `source_type` of what comes through WeChat.
const FROM_WECHAT: &str = "3";

/// Who scans in the shop takes the goods along.
fn pickup_receiver() -> Receiver {
    let words = "到店自取";
    Receiver { contact: words.to_owned(), mobile: String::new(), address: words.to_owned() }
}
