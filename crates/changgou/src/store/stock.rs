//! How many there are. Owns `stock_movement` and, in `tb_sku`, `num` and
//! `sale_num`: both are the sums of the ledger, which is written with them.

use crate::domain::clock::UtcMs;
use crate::domain::id::SkuId;
use crate::domain::ledger::LedgerCause;
use crate::infra::db::{DbError, RowChange, Tx, Value, params};

/// A change of one SKU's stock.
#[derive(Clone, Debug)]
pub struct StockMovement<'a> {
    /// The SKU.
    pub sku_id: SkuId,
    /// Why.
    pub cause: LedgerCause,
    /// The order, or the number of the adjustment.
    pub reference: &'a str,
    /// Added to `num`; negative when taken.
    pub num: i64,
    /// Added to `sale_num`; negative when given back.
    pub sale_num: i64,
}

/// The net change of one SKU by a whole batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetStockChange {
    /// The SKU.
    pub sku_id: SkuId,
    /// Pieces sold; negative when given back.
    pub sold: i64,
}

/// Less was left than is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StockShort;

/// The net of an order or a batch, by SKU: the order in which rows are locked.
const SELL: RowChange<'_> = RowChange {
    table: "tb_sku",
    given: &["id", "sold"],
    set: "num = num - :sold, sale_num = sale_num + :sold",
    guard: "id = :id and num >= :sold",
};

/// Takes (or gives back) the net of many orders, guarded so that stock never
/// falls below zero. The movements that explain it are [`record`]ed in the same
/// transaction; what is `StockShort` must be undone.
pub async fn sell(tx: &mut Tx<'_>, nets: &[NetStockChange]) -> Result<Result<(), StockShort>, DbError> {
    let nets = nets.iter().filter(|net| net.sold != 0);
    let rows: Vec<[Value<'_>; 2]> = nets.map(|net| [net.sku_id.into(), net.sold.into()]).collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 2]>::as_slice).collect();
    let changed = tx.change_each(&SELL, &rows).await?;
    Ok(if changed == rows.len() as u64 { Ok(()) } else { Err(StockShort) })
}

/// The first stock of SKUs that have none.
const OPEN: RowChange<'_> = RowChange {
    table: "tb_sku",
    given: &["id", "pieces", "sold"],
    set: "num = num + :pieces, sale_num = sale_num + :sold",
    guard: "id = :id",
};

/// Gives SKUs that were just put up their opening stock.
pub async fn open(tx: &mut Tx<'_>, openings: &[StockMovement<'_>], now: UtcMs) -> Result<(), DbError> {
    let row =
        |opening: &StockMovement<'_>| [opening.sku_id.into(), opening.num.into(), opening.sale_num.into()];
    let rows: Vec<[Value<'_>; 3]> = openings.iter().map(row).collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 3]>::as_slice).collect();
    if tx.change_each(&OPEN, &rows).await? != rows.len() as u64 {
        return Err(DbError::NoRow);
    }
    record(tx, openings, now).await
}

/// Changes the stock of one SKU by an operator's word.
pub async fn adjust(
    tx: &mut Tx<'_>,
    movement: &StockMovement<'_>,
    now: UtcMs,
) -> Result<Result<(), StockShort>, DbError> {
    let sql = "update tb_sku set num = num + ?, sale_num = sale_num + ? where id = ? and num + ? >= 0";
    let StockMovement { sku_id, num, sale_num, .. } = movement;
    if tx.exec(sql, params![*num, *sale_num, *sku_id, *num]).await? != 1 {
        return Ok(Err(StockShort));
    }
    record(tx, std::slice::from_ref(movement), now).await.map(Ok)
}

/// Writes movements into the ledger.
pub async fn record(tx: &mut Tx<'_>, movements: &[StockMovement<'_>], now: UtcMs) -> Result<(), DbError> {
    let rows: Vec<[Value<'_>; 6]> = movements.iter().map(|movement| row(movement, now)).collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 6]>::as_slice).collect();
    tx.insert_many("insert into stock_movement (sku_id, kind, ref, num, sale_num, at_ms)", &rows).await
}

fn row<'a>(movement: &StockMovement<'a>, now: UtcMs) -> [Value<'a>; 6] {
    let StockMovement { sku_id, cause, reference, num, sale_num } = movement;
    let reference: &'a str = reference;
    [(*sku_id).into(), cause.word().into(), reference.into(), (*num).into(), (*sale_num).into(), now.0.into()]
}
