//! What placing costs inside the program: deciding alone, and a whole batch on
//! a file database with full durability; beside it, drawing a QR code.

use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use changgou::cli::serve::{self, RunningShop, Worker};
use changgou::domain::clock::{Clock, UtcMs};
use changgou::domain::id::{Id, OrderId, SkuId};
use changgou::domain::money::Fen;
use changgou::domain::status::PayType;
use changgou::flow::place::decide::{BatchState, decide_batch};
use changgou::flow::place::{OrderedGoods, PlaceRequest, ReceiverChoice, place_order};
use changgou::flow::seed::{self, SeededAccount};
use changgou::infra::settings::{Settings, WechatAccount};
use changgou::store::cart::CartLine;
use changgou::store::catalog::{SaleWindow, ShelfStatus, Sku, SkuFacts};
use changgou::store::order::Receiver;
use changgou::web::qr;
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

/// Lines of each order.
const LINES: usize = 3;

/// SKUs the orders choose from.
const SKUS: usize = 500;

const NOW: UtcMs = UtcMs(1_795_399_200_000);

fn request(username: &str, sku_ids: Option<Vec<SkuId>>, order: Id) -> PlaceRequest {
    let [contact, mobile, address] = ["李想", "13800138000", "深圳市南山区科苑路 15 号"].map(str::to_owned);
    PlaceRequest {
        username: username.to_owned(),
        goods: OrderedGoods::Cart(sku_ids),
        receiver: ReceiverChoice::Given(Receiver { contact, mobile, address }),
        coupon_id: None,
        points: 0,
        pay_type: PayType::Online,
        buyer_message: None,
        source_type: "1".to_owned(),
        keys: vec![format!("token:{order}")],
        hash: "0".repeat(64),
        pay_money: None,
        order_id: OrderId::from_id(order),
        now: NOW,
    }
}

fn sku(id: SkuId) -> Sku {
    let facts =
        SkuFacts {
            sn: id.to_string(), name: format!("测试商品 {id}"), weight: 100, ..SkuFacts::default()
        };
    let sale = SaleWindow::default();
    Sku { id, price: Fen(1000), num: 1_000_000, sale_num: 0, shelf: ShelfStatus::OnSale, sale, facts }
}

/// The state and the requests of a batch of `orders` orders by as many buyers.
fn batch(orders: usize) -> (BatchState, Vec<PlaceRequest>) {
    let number = |n: usize| Id(i64::try_from(n).expect("few"));
    let mut state = BatchState {
        skus: (0..SKUS).map(|n| (number(n), sku(number(n)))).collect(),
        ..BatchState::default()
    };
    let mut requests = Vec::new();
    for nth in 0..orders {
        let username = format!("buyer{nth}");
        let ids: Vec<SkuId> = (0..LINES).map(|line| number((nth * 7 + line) % SKUS)).collect();
        let line = |sku_id: &SkuId| CartLine {
            username: username.clone(),
            sku_id: *sku_id,
            num: 1,
            selected: true,
            price_seen: Fen(1000),
            stamp: String::new(),
        };
        state.carts.insert(username.clone(), ids.iter().map(line).collect());
        requests.push(request(&username, Some(ids), number(nth + 1)));
    }
    (state, requests)
}

fn deciding(c: &mut Criterion) {
    let rules = Settings::defaults().rules;
    let mut group = c.benchmark_group("decide");
    for orders in [1, 256] {
        let (state, requests) = batch(orders);
        group.throughput(Throughput::Elements(orders as u64));
        group.bench_function(BenchmarkId::from_parameter(orders), |b| {
            let fresh = || state.clone();
            b.iter_batched_ref(
                fresh,
                |state| decide_batch(state, rules, black_box(&requests)),
                BatchSize::LargeInput,
            );
        });
    }
    group.finish();
}

/// A shop on a fresh file.
struct Scratch {
    running: RunningShop,
    folder: PathBuf,
    buyers: Vec<SeededAccount>,
    skus: Vec<SkuId>,
}

impl Scratch {
    async fn open() -> Scratch {
        let folder = std::env::temp_dir().join(format!("changgou-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("the temporary folder can be written");
        let [appid, mch_id, base_url] = ["wx1", "1", "http://127.0.0.1:9"].map(str::to_owned);
        let settings = Settings {
            listen: ([127, 0, 0, 1], 0).into(),
            database_url: format!("sqlite://{}", folder.join("shop.db").display()),
            demo: false,
            wechat: Some(WechatAccount {
                appid,
                mch_id,
                api_key: Some("k".repeat(32)),
                api_key_old: None,
                v3: None,
                base_url,
                backup_url: None,
                certificate: None,
            }),
            ..Settings::defaults()
        };
        let running = serve::start(settings, Clock::System, Worker::Called).await.expect("the shop starts");
        let skus =
            seed::create_skus(&running.app, SKUS, 1_000_000_000, &mut |_| {}).await.expect("SKUs are put up");
        let mut buyers = seed::create_users(&running.app, 256, &mut |_| {}).await.expect("buyers are made");
        buyers.remove(0);
        Scratch { running, folder, buyers, skus }
    }

    /// Places an order of each of `orders` buyers, all at once; how long that
    /// took, without filling their carts.
    async fn place(&self, orders: usize) -> Duration {
        let buyers = &self.buyers[..orders];
        seed::fill_carts(&self.running.app, LINES, buyers, &self.skus, &mut |_| {})
            .await
            .expect("carts are filled");
        let mut placing = JoinSet::new();
        let began = Instant::now();
        for buyer in buyers {
            let app = self.running.app.clone();
            let asked = request(&buyer.username, None, app.id());
            placing.spawn(async move { place_order(&app, asked).await.expect("the order is placed") });
        }
        placing.join_all().await;
        began.elapsed()
    }

    async fn close(self) {
        self.running.stop().await.expect("the shop stops");
        std::fs::remove_dir_all(self.folder).expect("the folder is ours");
    }
}

fn placing(c: &mut Criterion) {
    let runtime = Runtime::new().expect("the runtime starts");
    let scratch = runtime.block_on(Scratch::open());
    let mut group = c.benchmark_group("place on a file");
    for orders in [1, 16, 64, 255] {
        group.throughput(Throughput::Elements(orders as u64));
        group.bench_function(BenchmarkId::from_parameter(orders), |b| {
            b.iter_custom(|rounds| {
                runtime.block_on(async {
                    let mut took = Duration::ZERO;
                    for _ in 0..rounds {
                        took += scratch.place(orders).await;
                    }
                    took
                })
            });
        });
    }
    group.finish();
    runtime.block_on(scratch.close());
}

fn drawing(c: &mut Criterion) {
    let value = Some("weixin://wxpay/bizpayurl?pr=abcdefg00".to_owned());
    for mime in ["image/png", "image/svg+xml"] {
        let options = qr::QrOptions {
            value: value.clone(),
            size: Some(280),
            mime: Some(mime.to_owned()),
            ..Default::default()
        };
        c.bench_function(&format!("qr/{mime}"), |b| b.iter(|| qr::image(black_box(&options))));
    }
}

criterion_group!(benches, deciding, placing, drawing);
criterion_main!(benches);
