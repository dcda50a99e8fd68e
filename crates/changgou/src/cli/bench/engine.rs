//! The engine without HTTP: a scratch database beside the shop's own, on the
//! same disk, and tasks that place orders on it. What HTTP costs is the
//! difference between this and the scenario `place` in the same minute.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::task::JoinSet;

use super::pace::Pace;
use super::plan::{Inside, Plan};
use super::tally::Tally;
use super::{CommandError, leave, shop};
use crate::domain::clock::Clock;
use crate::domain::id::{OrderId, SkuId};
use crate::domain::money::Fen;
use crate::domain::status::PayType;
use crate::flow::place::{self, OrderedGoods, PlaceRequest, ReceiverChoice};
use crate::flow::seed::{self, SeededAccount};
use crate::flow::{App, Error, cart as carts};
use crate::infra::db::{DbError, OpenMode};
use crate::infra::secret::random_hex;
use crate::infra::settings::Settings;
use crate::store::cart::{CartLine, db_cart};

/// Buyers with full carts; of 3 lines an order they place 99,000 orders.
const BUYERS: usize = 3000;

/// SKUs they buy.
const SKUS: usize = 500;

/// Pieces of each SKU: more than all carts hold.
const STOCK: i64 = 1_000_000;

/// Lines of each cart.
const LINES: usize = 99;

/// A shop in a folder that goes away with it.
pub(super) struct Scratch {
    app: Arc<App>,
    buyers: Vec<SeededAccount>,
    skus: Vec<SkuId>,
    /// Held until the end: dropping it removes the files.
    _folder: Folder,
    /// Where its database is.
    pub(super) settings: Settings,
}

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // It is ours alone; what cannot be removed does no harm.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Scratch {
    /// Opens a fresh database beside the one of the settings, with buyers and full carts.
    pub(super) async fn open(settings: &Settings, what: Inside) -> Result<Scratch, CommandError> {
        let folder = Folder(beside(&settings.database_url).join(format!("changgou-bench-{}", random_hex(6))));
        let database_url = format!("sqlite://{}", folder.0.join("scratch.db").display());
        let settings = Settings { database_url, cache: None, ..settings.clone() };
        let app = shop(&settings, OpenMode::Migrate, Clock::System).await?;
        let count = match what {
            Inside::Engine => BUYERS,
            Inside::Raw => 1,
        };
        let buyers = seed::users(&app, count, &mut |_| {}).await?.split_off(1);
        let skus = seed::skus(&app, SKUS, STOCK, &mut |_| {}).await?;
        seed::carts(&app, LINES, &buyers, &skus, &mut |_| {}).await?;
        Ok(Scratch { app, buyers, skus, _folder: folder, settings })
    }

    /// Lets `clients` tasks place orders until time, number or carts run out.
    pub(super) async fn place(&self, plan: &Plan, pace: &Arc<Pace>) -> Result<Tally, CommandError> {
        let next = Arc::new(AtomicUsize::new(0));
        let buyers: Arc<[SeededAccount]> = self.buyers.clone().into();
        let mut tasks = JoinSet::new();
        for _ in 0..plan.clients {
            let (app, buyers, next, pace) = (self.app.clone(), buyers.clone(), next.clone(), pace.clone());
            let lines = plan.lines;
            tasks.spawn(async move {
                let mut tally = Tally::default();
                while let Some(buyer) = buyers.get(next.fetch_add(1, Ordering::Relaxed)) {
                    empty_cart(&app, &buyer.username, lines, &pace, &mut tally).await?;
                }
                Ok::<_, Error>(tally)
            });
        }
        let mut all = Tally::default();
        for done in tasks.join_all().await {
            all.add(&done?);
        }
        Ok(all)
    }

    /// One buyer changes one cart line again and again: a write transaction each, alone.
    pub(super) async fn write(&self, pace: &Pace) -> Result<Tally, CommandError> {
        let mut tally = Tally::default();
        while let Some(turn) = pace.turn().await {
            let num = 1 + i64::try_from(turn.nth % 2).unwrap_or(0);
            let line = CartLine {
                username: self.buyers[0].username.clone(),
                sku_id: self.skus[0],
                num,
                selected: true,
                price_seen: Fen::ZERO,
                stamp: String::new(),
            };
            let now = self.app.now();
            self.app.db.write::<_, DbError, _>(async move |tx| db_cart::put(tx, &line, now).await).await?;
            tally.good("write", turn.since.elapsed());
        }
        Ok(tally)
    }

    /// Closes the database, so that it can be audited; the folder stays until the value is dropped.
    pub(super) async fn close(&self) -> Result<(), CommandError> {
        leave(&self.app).await
    }
}

/// The folder of the shop's own database, so that both write to the same disk.
fn beside(database_url: &str) -> PathBuf {
    let path = Path::new(database_url.strip_prefix("sqlite://").unwrap_or_default());
    path.parent().filter(|folder| folder.is_dir()).map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

async fn empty_cart(
    app: &App,
    username: &str,
    lines: usize,
    pace: &Pace,
    tally: &mut Tally,
) -> Result<(), Error> {
    let cart = carts::list(app, username.to_owned()).await?;
    let skus: Vec<SkuId> = cart.iter().map(|seen| seen.line.sku_id).collect();
    for chosen in skus.chunks_exact(lines) {
        let Some(turn) = pace.turn().await else { return Ok(()) };
        match place::place(app, request(app, username, chosen)).await {
            Ok(_) => tally.good("order", turn.since.elapsed()),
            Err(Error::Refused(refusal)) => {
                tally.refused("order", turn.since.elapsed(), 409, refusal.reason.word());
            }
            Err(Error::Db(error)) => return Err(error.into()),
        }
    }
    Ok(())
}

fn request(app: &App, username: &str, skus: &[SkuId]) -> PlaceRequest {
    PlaceRequest {
        username: username.to_owned(),
        goods: OrderedGoods::Cart(Some(skus.to_vec())),
        receiver: ReceiverChoice::Default,
        coupon_id: None,
        points: 0,
        pay_type: PayType::Online,
        buyer_message: None,
        source_type: "1".to_owned(),
        keys: Vec::new(),
        hash: String::new(),
        pay_money: None,
        order_id: OrderId::from_id(app.id()),
        now: app.now(),
    }
}
