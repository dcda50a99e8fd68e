//! SKUs of a file. What a file says about stock is the opening of the ledger
//! and nothing later: of a SKU that is there it is not looked at.

use std::collections::BTreeMap;

use super::row::{self, ImportColumn, ImportRow};
use super::{ExistingRow, ImportMode, RowVerdict};
use crate::domain::clock::UtcMs;
use crate::domain::id::SkuId;
use crate::domain::lang::Lang;
use crate::domain::ledger::LedgerCause;
use crate::domain::money::Fen;
use crate::flow::{Outcome, catalog as rules};
use crate::infra::db::Tx;
use crate::store::catalog::{self, ImportedSku, SaleWindow, ShelfStatus, Sku, SkuFacts};
use crate::store::stock::{self, StockMovement};

/// What a file may say about a SKU, besides its number.
const COLUMNS: &[ImportColumn<ImportedSku>] = &[
    ImportColumn {
        name: "sn",
        set: |to, said| row::parse_text(said, 100).map(|text| to.sku.facts.sn = text),
    },
    ImportColumn {
        name: "name",
        set: |to, said| row::parse_text(said, 200).map(|text| to.sku.facts.name = text),
    },
    ImportColumn {
        name: "name_en",
        set: |to, said| row::parse_text(said, 200).map(|text| to.sku.facts.name_en = Some(text)),
    },
    ImportColumn {
        name: "caption",
        set: |to, said| row::parse_text(said, 200).map(|text| to.sku.facts.caption = Some(text)),
    },
    ImportColumn {
        name: "caption_en",
        set: |to, said| row::parse_text(said, 200).map(|text| to.sku.facts.caption_en = Some(text)),
    },
    ImportColumn {
        name: "price",
        set: |to, said| row::parse_price(said).map(|price| to.sku.price = Fen(price)),
    },
    ImportColumn {
        name: "alert_num",
        set: |to, said| row::parse_number(said).map(|number| to.sku.facts.alert_num = number),
    },
    ImportColumn { name: "image", set: |to, said| parse_image(said).map(|path| to.sku.facts.image = path) },
    ImportColumn {
        name: "weight",
        set: |to, said| row::parse_number(said).map(|grams| to.sku.facts.weight = grams),
    },
    ImportColumn {
        name: "spu_id",
        set: |to, said| row::parse_text(said, 20).map(|text| to.sku.facts.spu_id = Some(text)),
    },
    ImportColumn {
        name: "category_id",
        set: |to, said| row::parse_number(said).map(|number| to.sku.facts.category_id = Some(number)),
    },
    ImportColumn {
        name: "category_name",
        set: |to, said| row::parse_text(said, 200).map(|text| to.sku.facts.category_name = Some(text)),
    },
    ImportColumn {
        name: "brand_name",
        set: |to, said| row::parse_text(said, 100).map(|text| to.sku.facts.brand_name = Some(text)),
    },
    ImportColumn {
        name: "spec",
        set: |to, said| row::parse_text(said, 200).map(|text| to.sku.facts.spec = Some(text)),
    },
    ImportColumn {
        name: "comment_num",
        set: |to, said| row::parse_number(said).map(|number| to.sku.facts.comment_num = number),
    },
    ImportColumn {
        name: "status",
        set: |to, said| {
            row::parse_letter(said, &["1", "2", "3"])
                .map(|letter| to.sku.shelf = ShelfStatus::parse(&letter).unwrap_or(ShelfStatus::OffShelf))
        },
    },
    ImportColumn {
        name: "buyer_limit",
        set: |to, said| row::parse_number(said).map(|number| to.sku.sale.buyer_limit = Some(number)),
    },
    ImportColumn {
        name: "sale_from_ms",
        set: |to, said| parse_ms(said).map(|at| to.sku.sale.from = Some(at)),
    },
    ImportColumn { name: "sale_to_ms", set: |to, said| parse_ms(said).map(|at| to.sku.sale.to = Some(at)) },
];

/// What only a new SKU takes from a file.
const AT_FIRST: &[ImportColumn<ImportedSku>] = &[
    ImportColumn { name: "num", set: |to, said| row::parse_number(said).map(|number| to.sku.num = number) },
    ImportColumn {
        name: "sale_num",
        set: |to, said| row::parse_number(said).map(|number| to.sku.sale_num = number),
    },
    ImportColumn {
        name: "images",
        set: |to, said| row::parse_text(said, 2000).map(|text| to.images = Some(text)),
    },
    ImportColumn { name: "create_time", set: |to, said| row::parse_moment(said).map(|at| to.created = at) },
    ImportColumn { name: "update_time", set: |_, said| row::parse_moment(said).map(drop) },
];

/// All columns a file may have.
pub(super) fn column_names() -> Vec<&'static str> {
    std::iter::once("id").chain(COLUMNS.iter().chain(AT_FIRST).map(|column| column.name)).collect()
}

fn parse_image(said: &str) -> Result<String, String> {
    let path = row::parse_text(said.trim(), 200)?;
    let fits = path.starts_with('/') || path.starts_with("https://");
    fits.then_some(path)
        .ok_or_else(|| "does not begin with / or https://, so a page could not show it".to_owned())
}

/// Milliseconds since 1970, in UTC.
fn parse_ms(said: &str) -> Result<UtcMs, String> {
    let plain = said.trim().bytes().all(|byte| byte.is_ascii_digit());
    let read = plain.then(|| said.trim().parse().ok()).flatten();
    read.map(UtcMs).ok_or_else(|| format!("is {said:.40?}, not milliseconds since 1970"))
}

/// Where a SKU of this transaction comes from, and how the file leaves it.
enum SkuState {
    There(ImportedSku),
    Changed(ImportedSku),
    New(ImportedSku),
}

/// Takes rows in; a verdict for each.
pub(super) async fn import_rows(
    tx: &mut Tx<'_>,
    rows: &[ImportRow],
    existing: ExistingRow,
    run: ImportMode,
    now: UtcMs,
) -> Outcome<Vec<RowVerdict>> {
    let ids: Vec<SkuId> = rows.iter().filter_map(|row| parse_id(row).ok()).collect();
    let there = match (existing, run) {
        (ExistingRow::Update, ImportMode::Real) => catalog::lock(tx, ids).await?,
        (ExistingRow::Keep | ExistingRow::Update, ImportMode::Real | ImportMode::Rehearsal) => {
            catalog::find_by_ids(tx, ids).await?
        }
    };
    let there = there
        .into_iter()
        .map(|sku| (sku.id, SkuState::There(ImportedSku { sku, images: None, created: None })));
    let mut states: BTreeMap<SkuId, SkuState> = there.collect();
    let verdicts = rows.iter().map(|row| decide_row(&mut states, row, existing)).collect();
    if run == ImportMode::Real {
        write_skus(tx, &states, now).await?;
    }
    Ok(verdicts)
}

/// Decides one row, and remembers what it makes of its SKU.
fn decide_row(states: &mut BTreeMap<SkuId, SkuState>, row: &ImportRow, existing: ExistingRow) -> RowVerdict {
    try_decide_row(states, row, existing).unwrap_or_else(RowVerdict::Refused)
}

fn try_decide_row(
    states: &mut BTreeMap<SkuId, SkuState>,
    row: &ImportRow,
    existing: ExistingRow,
) -> Result<RowVerdict, String> {
    let id = parse_id(row)?;
    let Some(state) = states.get(&id) else {
        states.insert(id, SkuState::New(parse_new_sku(id, row)?));
        return Ok(RowVerdict::Imported);
    };
    let (SkuState::There(before) | SkuState::Changed(before) | SkuState::New(before)) = state;
    let mut after = before.clone();
    row::apply_cells(row, AT_FIRST, &mut before.clone())?;
    row::apply_cells(row, COLUMNS, &mut after)?;
    // One that was taken over from another shop may never have kept them.
    if check_rules(&before.sku).is_ok() {
        check_rules(&after.sku)?;
    }
    if after == *before {
        return Ok(RowVerdict::AlreadyThere);
    }
    if existing == ExistingRow::Keep {
        return Err(format!("exists with other data: {}", row::differing_columns(row, COLUMNS, before)));
    }
    let state = match state {
        SkuState::New(_) => SkuState::New(after),
        SkuState::There(_) | SkuState::Changed(_) => SkuState::Changed(after),
    };
    states.insert(id, state);
    Ok(RowVerdict::Updated)
}

fn parse_id(row: &ImportRow) -> Result<SkuId, String> {
    let said = row.get("id").ok_or("id is missing")?.trim();
    said.parse().map_err(|_| format!("id is {said:.40?}, not a whole number of at most 19 digits"))
}

/// A SKU that is not there yet.
fn parse_new_sku(id: SkuId, row: &ImportRow) -> Result<ImportedSku, String> {
    for column in ["name", "price"] {
        row.get(column).ok_or_else(|| format!("{column} is missing"))?;
    }
    let facts = SkuFacts { sn: id.to_string(), ..SkuFacts::default() };
    let (shelf, sale) = (ShelfStatus::OnSale, SaleWindow::default());
    let sku = Sku { id, price: Fen::ZERO, num: 0, sale_num: 0, shelf, sale, facts };
    let mut arrival = ImportedSku { sku, images: None, created: None };
    row::apply_cells(row, COLUMNS, &mut arrival)?;
    row::apply_cells(row, AT_FIRST, &mut arrival)?;
    check_rules(&arrival.sku)?;
    Ok(arrival)
}

/// The same rules as for what an operator types.
fn check_rules(sku: &Sku) -> Result<(), String> {
    rules::check_sku(sku).map_err(|refusal| refusal.text(Lang::En).into_owned())
}

async fn write_skus(tx: &mut Tx<'_>, states: &BTreeMap<SkuId, SkuState>, now: UtcMs) -> Outcome<()> {
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    for state in states.values() {
        match state {
            SkuState::There(_) => {}
            SkuState::Changed(arrival) => changed.push(&arrival.sku),
            SkuState::New(arrival) => new.push(arrival),
        }
    }
    if !new.is_empty() {
        catalog::insert_many(tx, &new, now).await?;
        let openings: Vec<StockMovement<'_>> =
            new.iter().map(|arrival| opening_movement(&arrival.sku)).collect();
        stock::set_opening(tx, &openings, now).await?;
    }
    if !changed.is_empty() {
        catalog::update_many(tx, &changed, now).await?;
    }
    Ok(())
}

fn opening_movement(sku: &Sku) -> StockMovement<'static> {
    let Sku { id, num, sale_num, .. } = *sku;
    StockMovement { sku_id: id, cause: LedgerCause::Opening, reference: "", num, sale_num }
}
