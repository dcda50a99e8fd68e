//! The fund-flow bill. Source: WeChat Pay, "下载资金账单".

use super::BillDay;
use super::cell::{BillCell, fee, yuan};
use super::sheet::{BillRow, BillSheet};
use crate::timestamp;
use crate::trade::refund::{RefundEnding, RefundState};
use crate::trade::store::TradeStore;
use crate::trade::{Refund, Trade, TradeStatus};

const COLUMNS: [&str; 11] = [
    "记账时间",
    "微信支付业务单号",
    "资金流水单号",
    "业务名称",
    "业务类型",
    "收支类型",
    "收支金额(元)",
    "账户结余(元)",
    "资金变更提交申请人",
    "备注",
    "业务凭证号",
];
const SUMMARY: [&str; 5] = ["资金流水总笔数", "收入笔数", "收入金额", "支出笔数", "支出金额"];

/// One change of the balance.
struct BalanceChange {
    at_ms: i64,
    /// WeChat's payment or refund number.
    id: String,
    kind: &'static str,
    /// The amount in fen; negative for an expense.
    fen: i64,
    /// The merchant's order or refund number.
    number: String,
    by: &'static str,
}

/// The balance changes of one merchant on one day, oldest first, each with the balance afterwards.
pub fn sheet(trades: &TradeStore, mch_id: &str, day: BillDay, seen_ms: i64) -> BillSheet {
    let own = trades.oldest().filter(|trade| trade.order.merchant.mch_id == mch_id);
    let mut movements: Vec<BalanceChange> = own.flat_map(|trade| trade_changes(trade, seen_ms)).collect();
    movements.sort_by_key(|movement| movement.at_ms);
    let mut balance = 0;
    let mut rows = Vec::new();
    for (nth, movement) in movements.iter().enumerate() {
        balance += movement.fen;
        if day.has(movement.at_ms) {
            rows.push(row(movement, nth, balance));
        }
    }
    BillSheet {
        columns: COLUMNS.to_vec(),
        rows,
        summary_columns: SUMMARY.to_vec(),
        summary,
        has_wrong_summary: false,
        number_column: "业务凭证号",
        amount_columns: vec!["收支金额(元)"],
    }
}

fn trade_changes(trade: &Trade, seen_ms: i64) -> Vec<BalanceChange> {
    let TradeStatus::Paid(payment) = &trade.status else {
        return Vec::new();
    };
    let paid = |kind, fen| BalanceChange {
        at_ms: payment.paid_ms,
        id: payment.transaction_id.clone(),
        kind,
        fen,
        number: trade.order.out_trade_no.clone(),
        by: "system",
    };
    let mut movements = vec![paid("交易", payment.cash())];
    movements.extend(Some(paid("扣除交易手续费", -fee(payment.cash()))).filter(|kept| kept.fen != 0));
    movements.extend(trade.refunds.iter().flat_map(|refund| refund_changes(refund, seen_ms)));
    movements
}

/// A refund is deducted when it is accepted. A closed refund returns the money.
fn refund_changes(refund: &Refund, seen_ms: i64) -> Vec<BalanceChange> {
    let amount = refund.cash;
    let moved = |at_ms, kind, fen| BalanceChange {
        at_ms,
        id: refund.refund_id.clone(),
        kind,
        fen,
        number: refund.request.out_refund_no.clone(),
        by: "API",
    };
    let mut movements = vec![
        moved(refund.created_ms, "退款", -amount),
        moved(refund.created_ms, "返还交易手续费", fee(amount)),
    ];
    if refund.state(seen_ms) == RefundState::Ended(RefundEnding::Closed) {
        movements.push(moved(refund.ends_ms, "退款关闭", amount));
        movements.push(moved(refund.ends_ms, "扣除交易手续费", -fee(amount)));
    }
    movements.retain(|movement| movement.fen != 0);
    movements
}

fn row(movement: &BalanceChange, nth: usize, balance: i64) -> BillRow {
    BillRow(vec![
        BillCell::text(&timestamp::readable(movement.at_ms)),
        BillCell::text(&movement.id),
        BillCell::text(&format!("{}{nth:010}", timestamp::day(movement.at_ms))),
        BillCell::text(if movement.kind.contains("退款") { "退款" } else { "交易" }),
        BillCell::text(movement.kind),
        BillCell::text(if movement.fen < 0 { "支出" } else { "收入" }),
        BillCell::Yuan(movement.fen.abs()),
        BillCell::Yuan(balance),
        BillCell::text(movement.by),
        BillCell::text(""),
        BillCell::text(&movement.number),
    ])
}

fn summary(sheet: &BillSheet) -> Vec<String> {
    let (way, amount) = (sheet.index("收支类型"), sheet.index("收支金额(元)"));
    let of = |word: &str| {
        let rows = sheet.rows.iter().filter(|row| row.0[way] == BillCell::text(word));
        rows.fold((0, 0), |(count, sum), row| (count + 1, sum + row.0[amount].fen()))
    };
    let ((came, income), (went, spent)) = (of("收入"), of("支出"));
    vec![sheet.rows.len().to_string(), came.to_string(), yuan(income), went.to_string(), yuan(spent)]
}
