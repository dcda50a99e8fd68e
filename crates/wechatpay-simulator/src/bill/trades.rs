//! The trade bill. Source: WeChat Pay, "下载交易账单".

use super::cell::{Cell, fee, fee_text, yuan};
use super::sheet::{Row, Sheet};
use super::{Day, Kind};
use crate::timestamp;
use crate::trade::refund::{Course, RefundState};
use crate::trade::store::Book;
use crate::trade::{Fate, Payment, Refund, Trade};

/// All columns in their order, with the kinds of bill that have them.
const COLUMNS: [(&str, &[Kind]); 29] = [
    ("交易时间", EVERY),
    ("公众账号ID", EVERY),
    ("商户号", EVERY),
    ("特约商户号", EVERY),
    ("设备号", EVERY),
    ("微信订单号", EVERY),
    ("商户订单号", EVERY),
    ("用户标识", EVERY),
    ("交易类型", EVERY),
    ("交易状态", EVERY),
    ("付款银行", EVERY),
    ("货币种类", EVERY),
    ("应结订单金额", EVERY),
    ("代金券金额", EVERY),
    ("退款申请时间", &[Kind::Refund]),
    ("退款成功时间", &[Kind::Refund]),
    ("微信退款单号", REFUNDS),
    ("商户退款单号", REFUNDS),
    ("退款金额", REFUNDS),
    ("充值券退款金额", REFUNDS),
    ("退款类型", REFUNDS),
    ("退款状态", REFUNDS),
    ("商品名称", EVERY),
    ("商户数据包", EVERY),
    ("手续费", EVERY),
    ("费率", EVERY),
    ("订单金额", EVERY),
    ("申请退款金额", REFUNDS),
    ("费率备注", EVERY),
];
const EVERY: &[Kind] = &[Kind::All, Kind::Success, Kind::Refund];
const REFUNDS: &[Kind] = &[Kind::All, Kind::Refund];

const SUMMARY: [&str; 7] = [
    "总交易单数",
    "应结订单总金额",
    "退款总金额",
    "充值券退款总金额",
    "手续费总金额",
    "订单总金额",
    "申请退款总金额",
];

/// The rows of a merchant's day, oldest first, refunds as they stood at `seen_ms`.
pub fn sheet(book: &Book, mch_id: &str, day: Day, kind: Kind, seen_ms: i64) -> Sheet {
    let columns: Vec<_> =
        COLUMNS.iter().filter(|(_, kinds)| kinds.contains(&kind)).map(|(name, _)| *name).collect();
    let mut rows: Vec<(i64, Row)> = Vec::new();
    for trade in book.oldest().filter(|trade| trade.order.merchant.mch_id == mch_id) {
        let Fate::Paid(payment) = &trade.fate else { continue };
        if kind != Kind::Refund && day.has(payment.paid_ms) {
            rows.push((payment.paid_ms, row(&columns, |column| paid_cell(trade, payment, column))));
        }
        let refunds = trade.refunds.iter().filter(|refund| day.has(refund.created_ms));
        for refund in refunds.filter(|_| kind != Kind::Success) {
            let cell = |column: &str| refund_cell(trade, payment, (refund, seen_ms), column);
            rows.push((refund.created_ms, row(&columns, cell)));
        }
    }
    rows.sort_by_key(|(at_ms, _)| *at_ms);
    Sheet {
        columns,
        rows: rows.into_iter().map(|(_, row)| row).collect(),
        summary_columns: SUMMARY.to_vec(),
        summary,
        is_summed_wrongly: false,
        number_column: "商户订单号",
        amount_columns: vec!["应结订单金额", "订单金额"],
    }
}

fn row(columns: &[&str], cell: impl Fn(&str) -> Cell) -> Row {
    Row(columns.iter().map(|column| cell(column)).collect())
}

fn paid_cell(trade: &Trade, payment: &Payment, column: &str) -> Cell {
    match column {
        "交易时间" => Cell::text(&timestamp::readable(payment.paid_ms)),
        "交易状态" => Cell::text("SUCCESS"),
        "应结订单金额" => Cell::Yuan(payment.cash()),
        "代金券金额" => Cell::Yuan(payment.coupon),
        "订单金额" => Cell::Yuan(payment.amount),
        "微信退款单号" | "商户退款单号" => Cell::text("0"),
        "手续费" => Cell::Fee(fee(payment.cash())),
        other => common_cell(trade, payment, other),
    }
}

fn refund_cell(trade: &Trade, payment: &Payment, seen: (&Refund, i64), column: &str) -> Cell {
    let (refund, seen_ms) = seen;
    let time = |at_ms: Option<i64>| Cell::text(&at_ms.map(timestamp::readable).unwrap_or_default());
    match column {
        "交易时间" | "退款申请时间" => time(Some(refund.created_ms)),
        "退款成功时间" => time(refund.success_ms(seen_ms)),
        "交易状态" => Cell::text("REFUND"),
        "微信退款单号" => Cell::text(&refund.refund_id),
        "商户退款单号" => Cell::text(&refund.wish.out_refund_no),
        "退款金额" => Cell::Yuan(refund.cash),
        "申请退款金额" => Cell::Yuan(refund.wish.amount),
        "退款类型" => Cell::text("ORIGINAL"),
        "退款状态" => Cell::text(status(refund.state(seen_ms))),
        "手续费" => Cell::Fee(-fee(refund.cash)),
        other => common_cell(trade, payment, other),
    }
}

fn common_cell(trade: &Trade, payment: &Payment, column: &str) -> Cell {
    let echo = |name| trade.terms.echo(name).map(|(_, value)| value).unwrap_or_default();
    let merchant = &trade.order.merchant;
    match column {
        "公众账号ID" => Cell::text(&merchant.appid),
        "商户号" => Cell::text(&merchant.mch_id),
        "特约商户号" => Cell::text("0"),
        "设备号" => Cell::text(&echo("device_info")),
        "微信订单号" => Cell::text(&payment.transaction_id),
        "商户订单号" => Cell::text(&trade.order.out_trade_no),
        "用户标识" => Cell::text(&payment.openid),
        "交易类型" => Cell::text("NATIVE"),
        "付款银行" => Cell::text("OTHERS"),
        "货币种类" => Cell::text("CNY"),
        "商品名称" => Cell::text(&trade.order.body),
        "商户数据包" => Cell::text(&echo("attach")),
        "费率" => Cell::text("0.60%"),
        "应结订单金额" | "代金券金额" | "退款金额" | "充值券退款金额" | "订单金额" | "申请退款金额" => {
            Cell::Yuan(0)
        }
        _ => Cell::text(""),
    }
}

fn status(state: RefundState) -> &'static str {
    match state {
        RefundState::Processing => "PROCESSING",
        RefundState::Ended(Course::Succeeds) => "SUCCESS",
        RefundState::Ended(Course::Sticks) => "CHANGE",
        RefundState::Ended(Course::Closes) => "FAIL",
    }
}

/// A bill without a column has nothing of it.
fn summary(sheet: &Sheet) -> Vec<String> {
    let sum = |column: &str| if sheet.columns.contains(&column) { sheet.sum(column) } else { 0 };
    vec![
        sheet.rows.len().to_string(),
        yuan(sum("应结订单金额")),
        yuan(sum("退款金额")),
        yuan(sum("充值券退款金额")),
        fee_text(sum("手续费")),
        yuan(sum("订单金额")),
        yuan(sum("申请退款金额")),
    ]
}
