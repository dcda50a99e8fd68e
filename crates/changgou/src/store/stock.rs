//! Stock. Owns the ledger `stock_movement` and its sums, `num` and `sale_num` in `tb_sku`. Both are
//! written in one transaction.

use crate::domain::clock::UtcMs;
use crate::domain::id::SkuId;
use crate::domain::ledger::LedgerCause;
use crate::infra::db::{DbError, RowChange, Tx, Value, params};

#[derive(Clone, Debug)]
pub struct StockMovement<'a> {
    pub sku_id: SkuId,
    pub cause: LedgerCause,
    /// The order id, or the id of the adjustment.
    pub reference: &'a str,
    /// Added to `num`; negative when taken.
    pub num: i64,
    /// Added to `sale_num`; negative when given back.
    pub sale_num: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetStockChange {
    pub sku_id: SkuId,
    /// Pieces sold; negative when given back.
    pub sold: i64,
}

/// The stock is lower than the number of pieces to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StockShort;

/// Rows are locked in the order of the given SKUs.
const APPLY_NET: RowChange<'_> = RowChange {
    table: "tb_sku",
    given: &["id", "sold"],
    set: "num = num - :sold, sale_num = sale_num + :sold",
    guard: "id = :id and num >= :sold",
};

/// Takes or returns the net of many orders, guarded so that stock never becomes negative. The caller
/// writes the movements with [`insert_movements`] in the same transaction, and rolls back after
/// `StockShort`.
pub async fn apply_net(tx: &mut Tx<'_>, nets: &[NetStockChange]) -> Result<Result<(), StockShort>, DbError> {
    let nets = nets.iter().filter(|net| net.sold != 0);
    let rows: Vec<[Value<'_>; 2]> = nets.map(|net| [net.sku_id.into(), net.sold.into()]).collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 2]>::as_slice).collect();
    let changed = tx.change_each(&APPLY_NET, &rows).await?;
    Ok(if changed == rows.len() as u64 { Ok(()) } else { Err(StockShort) })
}

const SET_OPENING: RowChange<'_> = RowChange {
    table: "tb_sku",
    given: &["id", "pieces", "sold"],
    set: "num = num + :pieces, sale_num = sale_num + :sold",
    guard: "id = :id",
};

pub async fn set_opening(tx: &mut Tx<'_>, openings: &[StockMovement<'_>], now: UtcMs) -> Result<(), DbError> {
    let row =
        |opening: &StockMovement<'_>| [opening.sku_id.into(), opening.num.into(), opening.sale_num.into()];
    let rows: Vec<[Value<'_>; 3]> = openings.iter().map(row).collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 3]>::as_slice).collect();
    if tx.change_each(&SET_OPENING, &rows).await? != rows.len() as u64 {
        return Err(DbError::NoRow);
    }
    insert_movements(tx, openings, now).await
}

/// A manual change by an operator.
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
    insert_movements(tx, std::slice::from_ref(movement), now).await.map(Ok)
}

pub async fn insert_movements(
    tx: &mut Tx<'_>,
    movements: &[StockMovement<'_>],
    now: UtcMs,
) -> Result<(), DbError> {
    let rows: Vec<[Value<'_>; 6]> = movements.iter().map(|movement| row(movement, now)).collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 6]>::as_slice).collect();
    tx.insert_many("insert into stock_movement (sku_id, kind, ref, num, sale_num, at_ms)", &rows).await
}

fn row<'a>(movement: &StockMovement<'a>, now: UtcMs) -> [Value<'a>; 6] {
    let StockMovement { sku_id, cause, reference, num, sale_num } = movement;
    let reference: &'a str = reference;
    [(*sku_id).into(), cause.word().into(), reference.into(), (*num).into(), (*sale_num).into(), now.0.into()]
}
