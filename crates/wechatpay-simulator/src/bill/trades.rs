//! The trade bill. Source: WeChat Pay, "下载交易账单".

use super::cell::{BillCell, fee, fee_text, yuan};
use super::sheet::{BillRow, BillSheet};
use super::{BillDay, TradeBillKind};
use crate::timestamp;
use crate::trade::refund::{RefundEnding, RefundState};
use crate::trade::store::TradeStore;
use crate::trade::{Payment, Refund, Trade, TradeStatus};

/// All columns in order, with the kinds of bill that have them.
const COLUMNS: [(&str, &[TradeBillKind]); 29] = [
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
    ("退款申请时间", &[TradeBillKind::Refund]),
    ("退款成功时间", &[TradeBillKind::Refund]),
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
const EVERY: &[TradeBillKind] = &[TradeBillKind::All, TradeBillKind::Success, TradeBillKind::Refund];
const REFUNDS: &[TradeBillKind] = &[TradeBillKind::All, TradeBillKind::Refund];

const SUMMARY: [&str; 7] = [
    "总交易单数",
    "应结订单总金额",
    "退款总金额",
    "充值券退款总金额",
    "手续费总金额",
    "订单总金额",
    "申请退款总金额",
];

/// The rows of one merchant and day, oldest first, with the refunds as they were at `seen_ms`.
pub fn sheet(
    trades: &TradeStore,
    mch_id: &str,
    day: BillDay,
    kind: TradeBillKind,
    seen_ms: i64,
) -> BillSheet {
    let columns: Vec<_> =
        COLUMNS.iter().filter(|(_, kinds)| kinds.contains(&kind)).map(|(name, _)| *name).collect();
    let mut rows: Vec<(i64, BillRow)> = Vec::new();
    for trade in trades.oldest().filter(|trade| trade.order.merchant.mch_id == mch_id) {
        let TradeStatus::Paid(payment) = &trade.status else { continue };
        if kind != TradeBillKind::Refund && day.has(payment.paid_ms) {
            rows.push((payment.paid_ms, row(&columns, |column| paid_cell(trade, payment, column))));
        }
        let refunds = trade.refunds.iter().filter(|refund| day.has(refund.created_ms));
        for refund in refunds.filter(|_| kind != TradeBillKind::Success) {
            let cell = |column: &str| refund_cell(trade, payment, (refund, seen_ms), column);
            rows.push((refund.created_ms, row(&columns, cell)));
        }
    }
    rows.sort_by_key(|(at_ms, _)| *at_ms);
    BillSheet {
        columns,
        rows: rows.into_iter().map(|(_, row)| row).collect(),
        summary_columns: SUMMARY.to_vec(),
        summary,
        has_wrong_summary: false,
        number_column: "商户订单号",
        amount_columns: vec!["应结订单金额", "订单金额"],
    }
}

fn row(columns: &[&str], cell: impl Fn(&str) -> BillCell) -> BillRow {
    BillRow(columns.iter().map(|column| cell(column)).collect())
}

fn paid_cell(trade: &Trade, payment: &Payment, column: &str) -> BillCell {
    match column {
        "交易时间" => BillCell::text(&timestamp::readable(payment.paid_ms)),
        "交易状态" => BillCell::text("SUCCESS"),
        "应结订单金额" => BillCell::Yuan(payment.cash()),
        "代金券金额" => BillCell::Yuan(payment.coupon),
        "订单金额" => BillCell::Yuan(payment.amount),
        "微信退款单号" | "商户退款单号" => BillCell::text("0"),
        "手续费" => BillCell::Fee(fee(payment.cash())),
        other => common_cell(trade, payment, other),
    }
}

fn refund_cell(trade: &Trade, payment: &Payment, seen: (&Refund, i64), column: &str) -> BillCell {
    let (refund, seen_ms) = seen;
    let time = |at_ms: Option<i64>| BillCell::text(&at_ms.map(timestamp::readable).unwrap_or_default());
    match column {
        "交易时间" | "退款申请时间" => time(Some(refund.created_ms)),
        "退款成功时间" => time(refund.success_ms(seen_ms)),
        "交易状态" => BillCell::text("REFUND"),
        "微信退款单号" => BillCell::text(&refund.refund_id),
        "商户退款单号" => BillCell::text(&refund.request.out_refund_no),
        "退款金额" => BillCell::Yuan(refund.cash),
        "申请退款金额" => BillCell::Yuan(refund.request.amount),
        "退款类型" => BillCell::text("ORIGINAL"),
        "退款状态" => BillCell::text(status(refund.state(seen_ms))),
        "手续费" => BillCell::Fee(-fee(refund.cash)),
        other => common_cell(trade, payment, other),
    }
}

fn common_cell(trade: &Trade, payment: &Payment, column: &str) -> BillCell {
    let echo = |name| trade.terms.echo(name).map(|(_, value)| value).unwrap_or_default();
    let merchant = &trade.order.merchant;
    match column {
        "公众账号ID" => BillCell::text(&merchant.appid),
        "商户号" => BillCell::text(&merchant.mch_id),
        "特约商户号" => BillCell::text("0"),
        "设备号" => BillCell::text(&echo("device_info")),
        "微信订单号" => BillCell::text(&payment.transaction_id),
        "商户订单号" => BillCell::text(&trade.order.out_trade_no),
        "用户标识" => BillCell::text(&payment.openid),
        "交易类型" => BillCell::text("NATIVE"),
        "付款银行" => BillCell::text("OTHERS"),
        "货币种类" => BillCell::text("CNY"),
        "商品名称" => BillCell::text(&trade.order.body),
        "商户数据包" => BillCell::text(&echo("attach")),
        "费率" => BillCell::text("0.60%"),
        "应结订单金额" | "代金券金额" | "退款金额" | "充值券退款金额" | "订单金额" | "申请退款金额" => {
            BillCell::Yuan(0)
        }
        _ => BillCell::text(""),
    }
}

fn status(state: RefundState) -> &'static str {
    match state {
        RefundState::Processing => "PROCESSING",
        RefundState::Ended(RefundEnding::Success) => "SUCCESS",
        RefundState::Ended(RefundEnding::Abnormal) => "CHANGE",
        RefundState::Ended(RefundEnding::Closed) => "FAIL",
    }
}

/// The sum of a missing column is 0.
fn summary(sheet: &BillSheet) -> Vec<String> {
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
