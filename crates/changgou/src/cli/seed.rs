//! `changgou seed`: writes test data, with progress on a terminal.

use std::fs::File;
use std::io::{BufWriter, IsTerminal, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::ArgMatches;
use serde_json::json;

use super::{CommandError, close_shop, open_shop};
use crate::domain::clock::Clock;
use crate::flow::seed::{self, SeededAccount};
use crate::infra::db::OpenMode;
use crate::infra::settings::Settings;

pub(super) struct SeedPlan {
    users: usize,
    skus: usize,
    stock: i64,
    orders: usize,
    cart_lines: usize,
    tokens: Option<String>,
}

impl SeedPlan {
    pub(super) fn read(matches: &ArgMatches) -> SeedPlan {
        let number = |name: &str| matches.get_one::<u32>(name).copied().unwrap_or(0);
        SeedPlan {
            users: number("users") as usize,
            skus: number("skus") as usize,
            stock: i64::from(number("stock")),
            orders: number("orders") as usize,
            cart_lines: number("cart-lines") as usize,
            tokens: matches.get_one::<String>("tokens").cloned(),
        }
    }
}

pub(super) async fn seed(settings: &Settings, plan: &SeedPlan) -> Result<ExitCode, CommandError> {
    let app = open_shop(settings, OpenMode::Migrate, Clock::System).await?;
    let accounts = seed::create_users(&app, plan.users, &mut progress("accounts", plan.users + 1)).await?;
    // The orders take from the stock; `--stock` is what remains after them.
    let taken = seed::pieces_taken(plan.orders, plan.skus);
    let stock = plan.stock + i64::try_from(taken).unwrap_or(0);
    let skus = seed::create_skus(&app, plan.skus, stock, &mut progress("SKUs", plan.skus)).await?;
    let buyers = accounts.get(1..).unwrap_or_default();
    if plan.orders > 0 && (buyers.is_empty() || skus.is_empty()) {
        return Err(CommandError::message("orders need buyers and SKUs: give --users and --skus too"));
    }
    seed::create_orders(&app, plan.orders, buyers, &skus, &mut progress("orders", plan.orders)).await?;
    seed::fill_carts(&app, plan.cart_lines, buyers, &skus, &mut progress("carts", plan.users)).await?;
    if let Some(path) = &plan.tokens {
        write_tokens(path, &accounts).map_err(|error| CommandError::Io(path.clone(), error))?;
    }
    close_shop(&app).await?;
    println!(
        "{} buyers, {} SKUs with {} pieces each, {} orders",
        plan.users, plan.skus, plan.stock, plan.orders
    );
    Ok(ExitCode::SUCCESS)
}

/// One JSON object per line; the first is the operator.
fn write_tokens(path: &str, accounts: &[SeededAccount]) -> std::io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for SeededAccount { username, token, role } in accounts {
        writeln!(file, "{}", json!({ "username": username, "token": token, "role": role.word() }))?;
    }
    file.flush()
}

const PROGRESS_INTERVAL: Duration = Duration::from_millis(200);

/// A line on the terminal with progress, rate and the time left.
pub(super) fn progress(what: &'static str, total: usize) -> impl FnMut(usize) {
    let (shown, began) = (std::io::stderr().is_terminal() && total > 0, Instant::now());
    let mut last_shown = None::<Instant>;
    move |done| {
        let is_due = done >= total || last_shown.is_none_or(|last| last.elapsed() >= PROGRESS_INTERVAL);
        if shown && is_due {
            last_shown = Some(Instant::now());
            eprint!("\r{}", progress_line(what, done, total, began.elapsed()));
        }
    }
}

/// Padded, so that it covers a longer earlier line.
fn progress_line(what: &str, done: usize, total: usize, took: Duration) -> String {
    let seconds = took.as_secs_f64().max(0.001);
    let rate = done as f64 / seconds;
    let (rest, end) = match total.saturating_sub(done) {
        0 => (format!("in {seconds:.1} s"), "\n"),
        left if done > 0 => (format!("{:.0} s left", left as f64 / rate), ""),
        _ => (String::new(), ""),
    };
    format!("{:<60}{end}", format!("{what} {done}/{total}  {rate:.0}/s  {rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_tells_rate_and_rest_and_ends_its_line() {
        let line = |done| progress_line("orders", done, 1000, Duration::from_secs(2));
        assert_eq!(line(500).trim_end(), "orders 500/1000  250/s  2 s left");
        assert_eq!(line(0).trim_end(), "orders 0/1000  0/s");
        assert!(line(1000).ends_with('\n') && line(1000).contains("500/s  in 2.0 s"));
        assert!(line(1000).trim_end_matches('\n').len() >= line(500).len(), "it covers what stood there");
    }
}
