//! Writes test data to the database: many buyers, SKUs and orders, complete enough for the
//! audit.

mod orders;

use std::time::Duration;

use crate::domain::clock::UtcMs;
use crate::domain::id::{Id, SkuId};
use crate::domain::limits::CART_LINES_MAX;
use crate::domain::money::Fen;
use crate::flow::{App, Error, Outcome, catalog};
use crate::infra::db::{DbError, Tx};
use crate::store::account::session::{self, SessionTokens};
use crate::store::account::{self, AccountCreation, AccountRole, NewAccount, password};
use crate::store::address::{self, Address, AddressText};
use crate::store::cart;
use crate::store::catalog::{SaleWindow, ShelfStatus, Sku, SkuFacts};

pub use orders::{create_orders, pieces_taken};

/// Accounts, SKUs or carts of one transaction.
const CHUNK: usize = 2_000;

/// The password of all seeded accounts.
pub const PASSWORD: &str = "changgou";

/// A seeded account and its access token.
#[derive(Clone, Debug)]
pub struct SeededAccount {
    pub username: String,
    pub token: String,
    pub role: AccountRole,
}

/// Makes an operator and `users` buyers, each with an address and a session. `progress`
/// is called with the number that are done.
pub async fn create_users(
    app: &App,
    users: usize,
    progress: &mut impl FnMut(usize),
) -> Outcome<Vec<SeededAccount>> {
    let hash = tokio::task::spawn_blocking(|| password::hash(PASSWORD)).await;
    let hash = hash.map_err(|error| Error::Db(DbError::Panicked(error.to_string())))?;
    let run = app.id();
    let operator = SeededAccount {
        username: format!("op{run}"),
        token: SessionTokens::generate().access,
        role: AccountRole::Operator,
    };
    // Names of equal length rise with their number, so that tables grow at their end.
    let name = |nth: usize| format!("u{run}x{nth:07}");
    let buyer = |nth| SeededAccount {
        username: name(nth),
        token: SessionTokens::generate().access,
        role: AccountRole::Buyer,
    };
    let all: Vec<SeededAccount> = std::iter::once(operator).chain((0..users).map(buyer)).collect();
    let mut done = 0;
    for chunk in all.chunks(CHUNK) {
        let chunk: Vec<(Id, SeededAccount)> = chunk.iter().map(|one| (app.id(), one.clone())).collect();
        let (count, hash, now) = (chunk.len(), hash.clone(), app.now());
        app.db.write(async move |tx| make_accounts(tx, &chunk, &hash, now).await).await?;
        done += count;
        progress(done);
    }
    Ok(all)
}

async fn make_accounts(
    tx: &mut Tx<'_>,
    chunk: &[(Id, SeededAccount)],
    hash: &str,
    now: UtcMs,
) -> Outcome<()> {
    for (id, one) in chunk {
        let username = one.username.clone();
        let account =
            NewAccount { username: username.clone(), password: hash.to_owned(), phone: None, role: one.role };
        if account::insert(tx, &account, now).await? == AccountCreation::Taken {
            return Err(DbError::Unique(username).into());
        }
        let tokens = SessionTokens { access: one.token.clone(), ..SessionTokens::generate() };
        // Tests move the clock by weeks, and the tokens must stay valid.
        session::insert(tx, &username, &tokens, now.plus(Duration::from_secs(365 * 86_400))).await?;
        let address =
            Address { id: *id, username: username.clone(), words: address_text(), is_default: true };
        address::insert(tx, &address).await?;
        address::make_default(tx, &username, *id).await?;
    }
    Ok(())
}

fn address_text() -> AddressText {
    let text = str::to_owned;
    AddressText {
        provinceid: text("440000"),
        cityid: text("440300"),
        areaid: text("440305"),
        phone: text("13800138000"),
        address: text("科苑路 15 号"),
        contact: text("测试买家"),
        alias: None,
    }
}

/// Makes `skus` SKUs with `stock` pieces each; returns their ids.
pub async fn create_skus(
    app: &App,
    skus: usize,
    stock: i64,
    progress: &mut impl FnMut(usize),
) -> Outcome<Vec<SkuId>> {
    let all: Vec<Sku> = (0..skus).map(|nth| sku(app.id(), nth, stock)).collect();
    let mut done = 0;
    for chunk in all.chunks(CHUNK) {
        let (chunk, now) = (chunk.to_vec(), app.now());
        done += chunk.len();
        app.db
            .write(async move |tx| {
                for sku in &chunk {
                    catalog::insert_with_stock(tx, sku, now).await?;
                }
                Ok::<_, Error>(())
            })
            .await?;
        progress(done);
    }
    Ok(all.iter().map(|sku| sku.id).collect())
}

fn sku(id: Id, nth: usize, stock: i64) -> Sku {
    let price = 1000 + i64::try_from(nth % 97).unwrap_or(0) * 100;
    let facts =
        SkuFacts {
            sn: id.to_string(), name: format!("测试商品 {nth}"), weight: 100, ..SkuFacts::default()
        };
    Sku {
        id,
        price: Fen(price),
        num: stock,
        sale_num: 0,
        shelf: ShelfStatus::OnSale,
        sale: SaleWindow::default(),
        facts,
    }
}

/// Puts `lines` SKUs into the cart of each buyer, one piece each; fewer if there are fewer
/// SKUs or a cart is full.
pub async fn fill_carts(
    app: &App,
    lines: usize,
    buyers: &[SeededAccount],
    skus: &[SkuId],
    progress: &mut impl FnMut(usize),
) -> Outcome<()> {
    let lines = lines.min(skus.len()).min(CART_LINES_MAX);
    let mut done = 0;
    for chunk in buyers.chunks(CHUNK) {
        let now = app.now();
        let place = |nth: usize, line: usize| skus[(nth * 7 + line) % skus.len()];
        let filled = chunk.iter().enumerate().flat_map(|(nth, buyer)| {
            (0..lines).map(move |line| (buyer.username.clone(), place(done + nth, line)))
        });
        let filled: Vec<(String, SkuId)> = filled.collect();
        match &app.cache {
            Some(cache) => cart::redis_cart::overwrite_lines(cache, &filled, now).await?,
            None => app.db.write(async move |tx| insert_cart_lines(tx, &filled, now).await).await?,
        }
        done += chunk.len();
        progress(done);
    }
    Ok(())
}

async fn insert_cart_lines(tx: &mut Tx<'_>, all: &[(String, SkuId)], now: UtcMs) -> Outcome<()> {
    for (username, sku_id) in all {
        let (username, sku_id, stamp) = (username.clone(), *sku_id, String::new());
        let line = cart::CartLine { username, sku_id, num: 1, selected: true, price_seen: Fen::ZERO, stamp };
        cart::db_cart::set_line(tx, &line, now).await?;
    }
    Ok(())
}
