//! Applying faults to a bill.

use super::cell::BillCell;
use super::sheet::{BillRow, BillSheet};
use crate::faults::BillFault;
use crate::random;

/// Applies a fault to the row with this number, or to the first row.
pub fn apply_fault(sheet: &mut BillSheet, fault: BillFault, number: Option<&str>) {
    match fault {
        BillFault::RowMissing => {
            if let Some(index) = find(sheet, number) {
                sheet.rows.remove(index);
            }
        }
        BillFault::RowTwice => {
            if let Some(index) = find(sheet, number) {
                sheet.rows.insert(index, sheet.rows[index].clone());
            }
        }
        BillFault::RowExtra => add_unknown_row(sheet, number),
        BillFault::WrongAmount => {
            if let Some(index) = find(sheet, number) {
                let columns: Vec<_> = sheet.amount_columns.iter().map(|column| sheet.index(column)).collect();
                for column in columns {
                    let cell = &mut sheet.rows[index].0[column];
                    *cell = cell.plus(100);
                }
            }
        }
        BillFault::WrongSummary => sheet.has_wrong_summary = true,
        BillFault::ColumnsReordered => {
            sheet.columns.reverse();
            for row in &mut sheet.rows {
                row.0.reverse();
            }
        }
        BillFault::WrongHash | BillFault::Truncated | BillFault::Creating => {}
    }
}

fn find(sheet: &BillSheet, number: Option<&str>) -> Option<usize> {
    let column = sheet.index(sheet.number_column);
    match number {
        Some(number) => sheet.rows.iter().position(|row| row.0[column] == BillCell::text(number)),
        None => (!sheet.rows.is_empty()).then_some(0),
    }
}

/// Adds a copy of the first row under the number of a trade that does not exist.
fn add_unknown_row(sheet: &mut BillSheet, number: Option<&str>) {
    let number = number.map_or_else(|| format!("STRANGER{}", random::digits(12)), str::to_owned);
    let Some(BillRow(cells)) = sheet.rows.first().cloned() else { return };
    let mut row = BillRow(cells);
    for (column, value) in [
        (sheet.number_column, number),
        ("微信订单号", format!("4200{}", random::digits(24))),
        ("微信支付业务单号", format!("4200{}", random::digits(24))),
    ] {
        if sheet.columns.contains(&column) {
            let index = sheet.index(column);
            row.0[index] = BillCell::text(&value);
        }
    }
    sheet.rows.push(row);
}
