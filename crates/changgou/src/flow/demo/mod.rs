//! A demonstration shop: sixty SKUs, a buyer with two addresses and two coupons, and an
//! operator.

mod offers;

use std::collections::HashMap;

use crate::domain::clock::UtcMs;
use crate::domain::id::Id;
use crate::domain::money::Fen;
use crate::flow::{App, Error, Outcome, address, catalog};
use crate::infra::db::DbError;
use crate::store;
use crate::store::account::password::{self, PasswordCheck};
use crate::store::account::{self, AccountRole, NewAccount};
use crate::store::address::AddressText;
use crate::store::catalog::{ShelfStatus, Sku, SkuFacts};

static SKUS: &str = include_str!("../../../data/skus.tsv");

/// The accounts of a demonstration; their passwords are their names.
pub const ACCOUNTS: [(&str, AccountRole); 2] =
    [("demo", AccountRole::Buyer), ("admin", AccountRole::Operator)];

/// Fills an empty shop. What exists already does not change.
pub async fn fill_shop(app: &App) -> Outcome<()> {
    add_skus(app).await?;
    for (name, role) in ACCOUNTS {
        if stored_password(app, name).await?.is_none() {
            add_account(app, name, role).await?;
        }
    }
    let buyer = ACCOUNTS[0].0.to_owned();
    if address::list(app, buyer.clone()).await?.is_empty() {
        address::add(app, buyer.clone(), home()).await?;
        address::add(app, buyer, work()).await?;
    }
    offers::make_coupons(app, ACCOUNTS[0].0).await
}

async fn add_skus(app: &App) -> Outcome<()> {
    let now = app.now();
    let skus = skus(now)?;
    app.db
        .write(async move |tx| {
            for sku in &skus {
                if store::catalog::find(tx, sku.id).await?.is_none() {
                    catalog::insert_with_stock(tx, sku, now).await?;
                }
            }
            Ok::<_, Error>(())
        })
        .await
}

async fn add_account(app: &App, name: &'static str, role: AccountRole) -> Outcome<()> {
    let password = tokio::task::spawn_blocking(move || password::hash(name)).await;
    let password = password.map_err(|error| DbError::Panicked(error.to_string()))?;
    let account = NewAccount { username: name.to_owned(), password, phone: None, role };
    let now = app.now();
    app.db.write(async move |tx| account::insert(tx, &account, now).await).await?;
    Ok(())
}

/// The accounts that still have their public password.
pub async fn accounts_with_public_password(app: &App) -> Outcome<Vec<&'static str>> {
    let mut open = Vec::new();
    for (name, _) in ACCOUNTS {
        let Some(stored) = stored_password(app, name).await? else {
            continue;
        };
        if password::check(name, &stored) != PasswordCheck::Wrong {
            open.push(name);
        }
    }
    Ok(open)
}

async fn stored_password(app: &App, name: &'static str) -> Outcome<Option<String>> {
    let found = app.db.read(async move |tx| account::find(tx, name).await).await?;
    Ok(found.map(|account| account.password))
}

/// The demo catalogue: one SKU a line; the first line names the columns.
fn skus(now: UtcMs) -> Outcome<Vec<Sku>> {
    let mut lines = SKUS.lines();
    let names: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let row = |line: &'static str| names.iter().copied().zip(line.split('\t')).collect::<HashMap<_, _>>();
    lines
        .map(|line| sku(&row(line), now).ok_or_else(|| DbError::Schema(format!("demo SKU: {line}")).into()))
        .collect()
}

fn sku(row: &HashMap<&str, &str>, now: UtcMs) -> Option<Sku> {
    let number = |name: &str| row.get(name)?.parse::<i64>().ok();
    let text = |name: &str| row.get(name).map(|value| (*value).to_owned());
    let id = Id(number("id")?);
    Some(Sku {
        id,
        price: Fen(number("price")?),
        num: number("num")?,
        sale_num: number("sale_num")?,
        shelf: ShelfStatus::parse(row.get("status")?).unwrap_or(ShelfStatus::OffShelf),
        sale: offers::sale_window(id, now),
        facts: SkuFacts {
            sn: text("sn")?,
            name: text("name")?,
            name_en: text("name_en"),
            caption: text("caption"),
            caption_en: text("caption_en"),
            alert_num: number("alert_num")?,
            image: text("image")?,
            weight: number("weight")?,
            spu_id: text("spu_id"),
            category_id: number("category_id"),
            category_name: text("category_name"),
            brand_name: text("brand_name"),
            spec: text("spec"),
            comment_num: number("comment_num")?,
        },
    })
}

fn home() -> AddressText {
    address_text(["440000", "440300", "440305"], "13800138000", "科技园科苑路 15 号 3 栋 1201", "李想", "家")
}

fn work() -> AddressText {
    address_text(["310000", "310100", "310115"], "13900139000", "张江镇碧波路 690 号 2 楼", "李想", "公司")
}

fn address_text(codes: [&str; 3], phone: &str, address: &str, contact: &str, alias: &str) -> AddressText {
    let [provinceid, cityid, areaid] = codes.map(str::to_owned);
    let [phone, address, contact] = [phone, address, contact].map(str::to_owned);
    AddressText { provinceid, cityid, areaid, phone, address, contact, alias: Some(alias.to_owned()) }
}
