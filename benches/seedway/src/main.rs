//! A model of how the Java shop places an order, for comparison: three
//! services, two internal calls, the cart read twice, and every statement in its
//! own transaction. It is not product code; its faults are intentional.
//!
//! The comparison is fair: the model is compiled like the product, and uses prepared
//! statements, connection pools that are never reset, carts as JSON, and no framework
//! between a handler and its statement.

mod load;
mod person;
mod schema;
mod services;
mod wire;

use std::error::Error;

use load::Plan;

/// Any error ends the measurement.
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
