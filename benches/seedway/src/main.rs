//! How the Java shop places an order, as a model to measure against: three
//! services, two internal calls, the cart read twice, and every statement its
//! own transaction. Not product code; what it does wrong, it does on purpose.
//!
//! It is given a fair chance: compiled like the product, prepared statements,
//! pools of connections that are never reset, carts as JSON, no framework
//! between a handler and its statement.

mod load;
mod person;
mod schema;
mod services;
mod wire;

use std::error::Error;

use load::Plan;

/// Anything may fail, and then the measurement has failed.
type Failed = Box<dyn Error + Send + Sync>;

const HELP: &str = "seedway --mysql URL --redis URL [--mode hot|spread] [--clients N] [--seconds N] \
                    [--lines N] [--skus N] [--users N] [--pool N]";

fn main() -> Result<(), Failed> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let plan = Plan::read(&given).map_err(|why| format!("{why}\n{HELP}"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(measure(plan))
}

async fn measure(plan: Plan) -> Result<(), Failed> {
    schema::make(&plan).await?;
    let order = services::open(&plan).await?;
    let driven = plan.clone();
    // The buyers share one thread, as those of `changgou-bench` do.
    let report = tokio::task::spawn_blocking(move || load::drive(&driven, order)).await??;
    let rows = schema::count(&plan).await?;
    println!("{}", report.json(&plan, &rows));
    if rows.orders != report.orders() || rows.pieces != report.orders() * plan.lines as u64 {
        return Err(format!("{} orders were answered, but the tables say {rows:?}", report.orders()).into());
    }
    Ok(())
}
