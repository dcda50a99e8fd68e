//! The engine without HTTP: a scratch database in the folder of the shop's own,
//! so on the same disk, and tasks that place orders on it. The difference to the
//! scenario `place`, measured in the same minute, is the cost of HTTP.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use changgou::cli::{self, CommandError};
use changgou::domain::clock::Clock;
use changgou::domain::id::{OrderId, SkuId};
use changgou::domain::money::Fen;
use changgou::domain::status::PayType;
use changgou::flow::place::{self, OrderedGoods, PlaceRequest, ReceiverChoice};
use changgou::flow::seed::{self, SeededAccount};
use changgou::flow::{App, Error, cart};
use changgou::infra::db::{DbError, OpenMode};
use changgou::infra::secret::random_hex;
use changgou::infra::settings::{Settings, ShopRules};
use changgou::store::cart::{CartLine, db_cart};
use tokio::task::JoinSet;

use crate::pacer::Pacer;
use crate::plan::{InProcessScenario, Plan};
use crate::stats::Stats;

/// Buyers with full carts; of 3 lines an order they place 99,000 orders.
const BUYERS: usize = 3000;

/// SKUs they buy.
const SKUS: usize = 500;

/// Pieces of each SKU: more than all carts hold.
const STOCK: i64 = 1_000_000;

/// Lines of each cart.
const LINES: usize = 99;

/// A shop in a temporary folder.
pub struct ScratchShop {
    app: Arc<App>,
    buyers: Vec<SeededAccount>,
    skus: Vec<SkuId>,
    /// Held until the end: dropping it removes the files.
    _folder: Folder,
    /// Where its database is.
    pub settings: Settings,
}

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // Nothing else uses the folder, so one that cannot be removed does no harm.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl ScratchShop {
    /// Opens an empty database and fills it with buyers, SKUs and full carts.
    pub async fn open(settings: &Settings, scenario: InProcessScenario) -> Result<ScratchShop, CommandError> {
        let folder =
            Folder(folder_of(&settings.database_url).join(format!("changgou-bench-{}", random_hex(6))));
        let database_url = format!("sqlite://{}", folder.0.join("scratch.db").display());
        // Few buyers place all orders, and pay none.
        let rules = ShopRules { open_orders_max: i64::MAX, ..settings.rules };
        let settings = Settings { database_url, cache: None, rules, ..settings.clone() };
        let app = cli::open_shop(&settings, OpenMode::Migrate, Clock::System).await?;
        let count = match scenario {
            InProcessScenario::Engine => BUYERS,
            InProcessScenario::Raw => 1,
        };
        let buyers = seed::create_users(&app, count, &mut |_| {}).await?.split_off(1);
        let skus = seed::create_skus(&app, SKUS, STOCK, &mut |_| {}).await?;
        seed::fill_carts(&app, LINES, &buyers, &skus, &mut |_| {}).await?;
        Ok(ScratchShop { app, buyers, skus, _folder: folder, settings })
    }

    /// Places orders from `clients` tasks until time, number or carts run out.
    pub async fn place_orders(&self, plan: &Plan, pacer: &Arc<Pacer>) -> Result<Stats, CommandError> {
        let next = Arc::new(AtomicUsize::new(0));
        let buyers: Arc<[SeededAccount]> = self.buyers.clone().into();
        let mut tasks = JoinSet::new();
        for _ in 0..plan.clients {
            let (app, buyers, next, pacer) = (self.app.clone(), buyers.clone(), next.clone(), pacer.clone());
            let lines = plan.lines;
            tasks.spawn(async move {
                let mut stats = Stats::default();
                while let Some(buyer) = buyers.get(next.fetch_add(1, Ordering::Relaxed)) {
                    order_cart(&app, &buyer.username, lines, &pacer, &mut stats).await?;
                }
                Ok::<_, Error>(stats)
            });
        }
        let mut all = Stats::default();
        for stats in tasks.join_all().await {
            all.add(&stats?);
        }
        Ok(all)
    }

    /// Updates one cart line again and again, each time in a transaction of its own.
    pub async fn write(&self, pacer: &Pacer) -> Result<Stats, CommandError> {
        let mut stats = Stats::default();
        while let Some(iteration) = pacer.next().await {
            let line = self.cart_line(1 + i64::try_from(iteration.index % 2).unwrap_or(0));
            let now = self.app.now();
            self.app
                .db
                .write::<_, DbError, _>(async move |tx| db_cart::set_line(tx, &line, now).await)
                .await?;
            stats.success("write", iteration.start.elapsed());
        }
        Ok(stats)
    }

    fn cart_line(&self, num: i64) -> CartLine {
        CartLine {
            username: self.buyers[0].username.clone(),
            sku_id: self.skus[0],
            num,
            selected: true,
            price_seen: Fen::ZERO,
            stamp: String::new(),
        }
    }

    /// Closes the database, so that it can be audited; the folder stays until the value is dropped.
    pub async fn close(&self) -> Result<(), CommandError> {
        cli::close_shop(&self.app).await
    }
}

/// The folder of the shop's own database.
fn folder_of(database_url: &str) -> PathBuf {
    let path = Path::new(database_url.strip_prefix("sqlite://").unwrap_or_default());
    path.parent().filter(|folder| folder.is_dir()).map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Orders what is in a cart, a few lines at a time.
async fn order_cart(
    app: &App,
    username: &str,
    lines: usize,
    pacer: &Pacer,
    stats: &mut Stats,
) -> Result<(), Error> {
    let cart = cart::list_lines(app, username.to_owned()).await?;
    let skus: Vec<SkuId> = cart.iter().map(|seen| seen.line.sku_id).collect();
    for chosen in skus.chunks_exact(lines) {
        let Some(iteration) = pacer.next().await else { return Ok(()) };
        match place::place_order(app, request(app, username, chosen)).await {
            Ok(_) => stats.success("order", iteration.start.elapsed()),
            Err(Error::Refused(refusal)) => {
                stats.refused("order", iteration.start.elapsed(), 409, refusal.reason.word());
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
