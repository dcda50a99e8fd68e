//! The three services: order, goods and user. Each has its own pool, as in the Java shop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use mysql_async::prelude::Queryable;
use mysql_async::{Opts, OptsBuilder, Pool, PoolConstraints, PoolOpts, params};
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use crate::Failed;
use crate::load::Plan;
use crate::person::{Line, cart};
use crate::wire::Peers;

/// Points an order earns.
const POINTS: i32 = 10;

/// What a service uses.
struct Service {
    db: Pool,
    redis: MultiplexedConnection,
}

impl Service {
    async fn new(plan: &Plan) -> Result<Service, Failed> {
        let client = redis::Client::open(plan.redis.as_str())?;
        Ok(Service { db: pool(plan)?, redis: client.get_multiplexed_async_connection().await? })
    }

    /// The whole cart, as `boundHashOps(…).values()` returns it.
    async fn cart(&self, username: &str) -> Result<Vec<Line>, Failed> {
        let values: Vec<String> = self.redis.clone().hvals(cart(username)).await?;
        values.iter().map(|value| serde_json::from_str(value).map_err(Failed::from)).collect()
    }
}

/// A pool that is never the limit and keeps all prepared statements. Connections
/// are in autocommit mode, as in the Java shop.
fn pool(plan: &Plan) -> Result<Pool, Failed> {
    let constraints = PoolConstraints::new(plan.pool, plan.pool).ok_or("the pool needs a connection")?;
    let opts = PoolOpts::new().with_constraints(constraints).with_reset_connection(false);
    let opts = OptsBuilder::from_opts(Opts::from_url(&plan.mysql)?).pool_opts(opts).tcp_nodelay(true);
    Ok(Pool::new(opts))
}

/// The order service and how it reaches the others.
struct OrderService {
    own: Service,
    goods: Peers,
    user: Peers,
    next_id: AtomicU64,
}

impl OrderService {
    /// Unique on one node, like the ids of the Java shop.
    fn next_id(&self) -> String {
        format!("NO.{}", self.next_id.fetch_add(1, Ordering::Relaxed))
    }
}

#[derive(Deserialize, Serialize)]
pub(crate) struct Order {
    pub(crate) username: String,
    pub(crate) receiver_contact: String,
    pub(crate) receiver_mobile: String,
    pub(crate) receiver_address: String,
}

#[derive(Deserialize)]
struct Whose {
    username: String,
}

/// Opens all three on free ports; returns the address of the order service.
pub(crate) async fn open(plan: &Plan) -> Result<SocketAddr, Failed> {
    let goods = Router::new().route("/sku/decr/count", post(decr_count));
    let goods = listen(goods.with_state(Arc::new(Service::new(plan).await?))).await?;
    let user = Router::new().route("/user/points/add", post(add_points));
    let user = listen(user.with_state(Arc::new(Service::new(plan).await?))).await?;
    let service = OrderService {
        own: Service::new(plan).await?,
        goods: Peers::new(goods),
        user: Peers::new(user),
        next_id: AtomicU64::new(1_300_000_000_000_000_000),
    };
    listen(Router::new().route("/order", post(add_order)).with_state(Arc::new(service))).await
}

async fn listen(router: Router) -> Result<SocketAddr, Failed> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

type Answer = Result<String, (StatusCode, String)>;

#[expect(clippy::needless_pass_by_value, reason = "map_err passes it by value")]
fn broken(error: impl ToString) -> (StatusCode, String) {
    (StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
}

async fn add_order(State(service): State<Arc<OrderService>>, Json(order): Json<Order>) -> Answer {
    place(&service, &order).await.map_err(broken)
}

/// `OrderServiceImpl.add`, line by line.
async fn place(service: &OrderService, order: &Order) -> Result<String, Failed> {
    let lines = service.own.cart(&order.username).await?;
    let id = service.next_id();
    insert_order(service, order, &id, &lines).await?;
    for line in &lines {
        insert_item(service, &id, line).await?;
    }
    service.goods.post(&format!("/sku/decr/count?username={}", order.username)).await?;
    service.user.post(&format!("/user/points/add?username={}", order.username)).await?;
    let _: i64 = service.own.redis.clone().del(cart(&order.username)).await?;
    Ok(id)
}

/// `insertSelective` writes the columns that are set.
async fn insert_order(service: &OrderService, order: &Order, id: &str, lines: &[Line]) -> Result<(), Failed> {
    let total: i32 = lines.iter().map(|line| line.money).sum();
    let pay: i32 = lines.iter().map(|line| line.pay_money).sum();
    let sql = "insert into tb_order (id, total_num, total_money, pre_money, pay_money, pay_type, create_time, \
               update_time, username, buyer_rate, receiver_contact, receiver_mobile, receiver_address, \
               source_type, order_status, pay_status, consign_status) \
               values (:id, :num, :total, :pre, :pay, '1', now(), now(), :username, '0', :contact, :mobile, \
               :address, '1', '0', '0', '0')";
    let values = params! {
        "id" => id,
        "num" => lines.iter().map(|line| line.num).sum::<i32>(),
        "total" => total,
        "pre" => total - pay,
        "pay" => pay,
        "username" => &order.username,
        "contact" => &order.receiver_contact,
        "mobile" => &order.receiver_mobile,
        "address" => &order.receiver_address,
    };
    Ok(service.own.db.get_conn().await?.exec_drop(sql, values).await?)
}

async fn insert_item(service: &OrderService, order_id: &str, line: &Line) -> Result<(), Failed> {
    let sql = "insert into tb_order_item (id, spu_id, sku_id, order_id, name, price, num, money, pay_money, \
               image, is_return) values (:id, :spu, :sku, :order, :name, :price, :num, :money, :pay, :image, '0')";
    let values = params! {
        "id" => service.next_id(),
        "spu" => &line.spu_id,
        "sku" => line.sku_id,
        "order" => order_id,
        "name" => &line.name,
        "price" => line.price,
        "num" => line.num,
        "money" => line.money,
        "pay" => line.pay_money,
        "image" => &line.image,
    };
    Ok(service.own.db.get_conn().await?.exec_drop(sql, values).await?)
}

async fn decr_count(State(service): State<Arc<Service>>, Query(whose): Query<Whose>) -> Answer {
    take_stock(&service, &whose.username).await.map_err(broken)
}

/// `SkuServiceImpl.decrCount`: reads the cart again. If a line is out of stock, the stock
/// taken for earlier lines is not returned, as in the Java shop.
async fn take_stock(service: &Service, username: &str) -> Result<String, Failed> {
    for line in service.cart(username).await? {
        let mut db = service.db.get_conn().await?;
        let sql = "update tb_sku set num = num - ?, sale_num = sale_num + ? where id = ? and num >= ?";
        db.exec_drop(sql, (line.num, line.num, line.sku_id, line.num)).await?;
        if db.affected_rows() == 0 {
            return Err("out of stock".into());
        }
    }
    Ok("taken".to_owned())
}

async fn add_points(State(service): State<Arc<Service>>, Query(whose): Query<Whose>) -> Answer {
    let mut db = service.db.get_conn().await.map_err(broken)?;
    let sql = "update tb_user set points = points + ? where username = ?";
    db.exec_drop(sql, (POINTS, whose.username)).await.map_err(broken)?;
    Ok("added".to_owned())
}
