//! The tables of the Java shop, with `order_id` wide enough for its values.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, Params, Value};

use crate::Failed;
use crate::load::Plan;
use crate::person::username;

const TABLES: [&str; 4] = [
    include_str!("../sql/tb_order.sql"),
    include_str!("../sql/tb_order_item.sql"),
    include_str!("../sql/tb_sku.sql"),
    include_str!("../sql/tb_user.sql"),
];

/// Stock of each SKU: more than a run can sell.
const STOCK: i64 = 100_000_000;

/// Rows per insert statement when the tables are filled.
const ROWS: usize = 500;

/// What the tables contain after a run.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) orders: u64,
    /// Pieces sold, according to the stock.
    pub(crate) pieces: u64,
}

/// Drops the tables, creates them again and fills them.
pub(crate) async fn make(plan: &Plan) -> Result<(), Failed> {
    let mut db = Conn::new(Opts::from_url(&plan.mysql)?).await?;
    for table in TABLES {
        for statement in table.split(';').map(str::trim).filter(|text| !text.is_empty()) {
            db.query_drop(statement).await?;
        }
    }
    let skus: Vec<Vec<Value>> = (1..=plan.skus).map(|id| vec![id.into(), STOCK.into()]).collect();
    insert(
        &mut db,
        "insert into tb_sku (id, name, price, num, sale_num) values",
        "(?, 'SKU', 1000, ?, 0)",
        &skus,
    )
    .await?;
    let users: Vec<Vec<Value>> = (0..plan.users).map(|nth| vec![username(nth).into()]).collect();
    let one = "(?, 'x', now(), now(), 0)";
    insert(&mut db, "insert into tb_user (username, password, created, updated, points) values", one, &users)
        .await?;
    Ok(db.disconnect().await?)
}

async fn insert(db: &mut Conn, head: &str, one: &str, rows: &[Vec<Value>]) -> Result<(), Failed> {
    for some in rows.chunks(ROWS) {
        let sql = format!("{head} {}", vec![one; some.len()].join(", "));
        db.exec_drop(sql, Params::Positional(some.concat())).await?;
    }
    Ok(())
}

/// Counts the rows after a run.
pub(crate) async fn count(plan: &Plan) -> Result<Rows, Failed> {
    let mut db = Conn::new(Opts::from_url(&plan.mysql)?).await?;
    let orders = db.query_first("select count(*) from tb_order").await?.unwrap_or(0);
    let pieces = db.query_first("select cast(sum(sale_num) as unsigned) from tb_sku").await?.unwrap_or(0);
    db.disconnect().await?;
    Ok(Rows { orders, pieces })
}
