//! `changgou seed`: test data, with progress on a terminal.

use std::fs::File;
use std::io::{BufWriter, IsTerminal, Write};
use std::process::ExitCode;

use clap::ArgMatches;
use serde_json::json;

use super::{Failed, holder, leave, shop};
use crate::flow::seed::{self, Seeded};
use crate::ground::db::Open;
use crate::ground::settings::Settings;
use crate::values::clock::Clock;

/// How much of what.
pub(super) struct Plan {
    users: usize,
    skus: usize,
    stock: i64,
    orders: usize,
    cart_lines: usize,
    tokens: Option<String>,
}

impl Plan {
    pub(super) fn read(matches: &ArgMatches) -> Plan {
        let number = |name: &str| matches.get_one::<u32>(name).copied().unwrap_or(0);
        Plan {
            users: number("users") as usize,
            skus: number("skus") as usize,
            stock: i64::from(number("stock")),
            orders: number("orders") as usize,
            cart_lines: number("cart-lines") as usize,
            tokens: matches.get_one::<String>("tokens").cloned(),
        }
    }
}

pub(super) async fn seed(settings: &Settings, plan: &Plan) -> Result<ExitCode, Failed> {
    let holder = holder();
    let app = shop(settings, Open::Migrate, Clock::System, &holder).await?;
    let accounts = seed::users(&app, plan.users, &mut progress("accounts", plan.users + 1)).await?;
    // Orders take one piece each from the SKUs in turn; what is asked for remains.
    let taken = plan.orders.div_ceil(plan.skus.max(1));
    let stock = plan.stock + i64::try_from(taken).unwrap_or(0);
    let skus = seed::skus(&app, plan.skus, stock, &mut progress("SKUs", plan.skus)).await?;
    let buyers = accounts.get(1..).unwrap_or_default();
    if plan.orders > 0 && (buyers.is_empty() || skus.is_empty()) {
        return Err(Failed::told("orders need buyers and SKUs: give --users and --skus too"));
    }
    seed::orders(&app, plan.orders, buyers, &skus, &mut progress("orders", plan.orders)).await?;
    seed::carts(&app, plan.cart_lines, buyers, &skus, &mut progress("carts", plan.users)).await?;
    if let Some(path) = &plan.tokens {
        write_tokens(path, &accounts).map_err(|error| Failed::Io(path.clone(), error))?;
    }
    leave(&app, &holder).await?;
    println!(
        "{} buyers, {} SKUs with {} pieces each, {} orders",
        plan.users, plan.skus, plan.stock, plan.orders
    );
    Ok(ExitCode::SUCCESS)
}

/// One JSON object a line; the first is the operator.
fn write_tokens(path: &str, accounts: &[Seeded]) -> std::io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for Seeded { username, token, role } in accounts {
        writeln!(file, "{}", json!({ "username": username, "token": token, "role": role.word() }))?;
    }
    file.flush()
}

fn progress(what: &'static str, total: usize) -> impl FnMut(usize) {
    let shown = std::io::stderr().is_terminal();
    move |done| {
        if shown {
            let end = if done >= total { "\n" } else { "" };
            eprint!("\r{what} {done}/{total}{end}");
        }
    }
}
