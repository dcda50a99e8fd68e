//! Differences between our records and a bill.

use crate::domain::clock::UtcMs;
use crate::domain::day::Day;
use crate::domain::id::Id;
use crate::domain::money::Fen;
use crate::domain::words::word_enum;
use crate::infra::db::{DbError, Tx, from_row, params};
use crate::store::bill::reconcile_run::BillName;

word_enum! {
    pub enum DifferenceKind {
        /// Paid in the bill, not in our attempt.
        PaidOnlyThere = "paid_only_there",
        /// A payment with an `out_trade_no` that we never used.
        UnknownPayment = "unknown_payment",
        /// Paid on that day here, missing in the bill.
        PaidOnlyHere = "paid_only_here",
        /// Paid on both sides with different amounts.
        PaymentAmount = "payment_amount",
        /// Paid on both sides by different WeChat payments.
        OtherTransaction = "other_transaction",
        /// Paid on both sides on different days.
        PaymentDay = "payment_day",
        /// The same payment twice in the bill.
        RowTwice = "row_twice",
        /// Two payments for one `out_trade_no`.
        TwoTransactions = "two_transactions",
        /// A refund that we did not request.
        UnknownRefund = "unknown_refund",
        /// Refunded on that day here, missing in the bill.
        RefundOnlyHere = "refund_only_here",
        /// Refunded on both sides with different amounts.
        RefundAmount = "refund_amount",
        /// The refund has different states.
        RefundStatus = "refund_status",
        /// WeChat's fee is not amount × rate.
        Fee = "fee",
        /// In the trade bill, missing in the fund flow bill.
        NoFlow = "no_flow",
        /// The balance changed by an amount other than that in the trade bill.
        FlowAmount = "flow_amount",
        /// In the fund flow bill, missing in the trade bill.
        UnknownFlow = "unknown_flow",
    }
}

impl DifferenceKind {
    pub fn bill(self) -> BillName {
        match self {
            DifferenceKind::NoFlow | DifferenceKind::FlowAmount | DifferenceKind::UnknownFlow => {
                BillName::FundFlow
            }
            DifferenceKind::PaidOnlyThere
            | DifferenceKind::UnknownPayment
            | DifferenceKind::PaidOnlyHere
            | DifferenceKind::PaymentAmount
            | DifferenceKind::OtherTransaction
            | DifferenceKind::PaymentDay
            | DifferenceKind::RowTwice
            | DifferenceKind::TwoTransactions
            | DifferenceKind::UnknownRefund
            | DifferenceKind::RefundOnlyHere
            | DifferenceKind::RefundAmount
            | DifferenceKind::RefundStatus
            | DifferenceKind::Fee => BillName::Trade,
        }
    }

    /// What an operator should do, in Chinese and English.
    pub fn advice(self) -> (&'static str, &'static str) {
        match self {
            DifferenceKind::PaidOnlyThere => (
                "微信已收款而查单未能证实，稍后重新对账；仍存在时在商户平台按微信订单号核实后人工处理",
                "WeChat has the money but a query did not prove it: reconcile again later; if it stays, look it up on the merchant platform",
            ),
            DifferenceKind::UnknownPayment => (
                "本店没有该商户订单号：查明同一商户号的其他系统，否则在商户平台退款",
                "No attempt of ours has this number: find the other system that uses this merchant number, else refund it on the merchant platform",
            ),
            DifferenceKind::PaidOnlyHere => (
                "本店记为已付而账单没有：发货前在商户平台按微信订单号核实",
                "We say paid, the bill does not: look the payment up on the merchant platform before anything ships",
            ),
            DifferenceKind::PaymentAmount => (
                "金额不一致（比较订单金额）：在商户平台核实实收金额，差额退款或补收",
                "The amounts differ (订单金额 is compared): look up what was received, then refund or collect the rest",
            ),
            DifferenceKind::OtherTransaction => (
                "同一商户订单号在账单中是另一笔微信支付：在商户平台核实，多收的退款",
                "The bill has another WeChat payment for this number: look both up, refund what was paid too much",
            ),
            DifferenceKind::PaymentDay => (
                "支付日期不一致：以账单时间为准核对当日报表",
                "The days of payment differ: the bill's time counts; check both days' reports",
            ),
            DifferenceKind::RowTwice => (
                "账单中同一笔支付出现两次：重新下载；仍存在时联系微信支付",
                "The bill has one payment twice: reconcile again; if it stays, ask WeChat Pay",
            ),
            DifferenceKind::TwoTransactions => (
                "同一商户订单号有两笔微信支付：在商户平台核实并退还其中一笔",
                "Two WeChat payments for one number: look both up and refund one",
            ),
            DifferenceKind::UnknownRefund => (
                "退款不是本店发起：多为在商户平台手工退款，请补记到订单",
                "The refund is not ours, most likely made by hand on the merchant platform: note it on the order",
            ),
            DifferenceKind::RefundOnlyHere => (
                "本店记为已受理的退款账单没有：次日账单仍没有时查询该退款",
                "We say WeChat took the refund on, the bill does not: if the next day's bill lacks it too, query it",
            ),
            DifferenceKind::RefundAmount => (
                "退款金额不一致：在商户平台核实退款单",
                "The refunded amounts differ: look the refund up on the merchant platform",
            ),
            DifferenceKind::RefundStatus => (
                "退款状态不一致（账单为导出时的状态）：查询该退款后重新对账",
                "The refund stands elsewhere (the bill shows it as it was when made): query it, then reconcile again",
            ),
            DifferenceKind::Fee => (
                "手续费与费率不符：核对签约费率",
                "The fee is not amount times rate: check the rate you signed for",
            ),
            DifferenceKind::NoFlow => (
                "交易账单有而资金账单没有：重新对账；仍存在时联系微信支付",
                "In the trade bill, not in the fund flow: reconcile again; if it stays, ask WeChat Pay",
            ),
            DifferenceKind::FlowAmount => (
                "资金变动与交易账单金额不一致：联系微信支付核实结算",
                "The balance changed by another amount than the trade bill says: ask WeChat Pay about the settlement",
            ),
            DifferenceKind::UnknownFlow => (
                "资金账单有而交易账单没有：在商户平台按业务单号核实",
                "In the fund flow, not in the trade bill: look it up on the merchant platform by WeChat's number",
            ),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillDifference {
    pub kind: DifferenceKind,
    /// Our number of the payment or refund, or WeChat's if we have none.
    pub reference: String,
    /// Empty if there is no attempt.
    pub out_trade_no: String,
    pub theirs_no: String,
    pub order_id: Option<String>,
    /// The amount in our records, in fen.
    pub ours: Option<Fen>,
    /// The amount in the bill, in fen.
    pub theirs: Option<Fen>,
    /// What both sides say, for an operator.
    pub detail: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDifference {
    pub difference: BillDifference,
    /// When it was first found.
    pub found: UtcMs,
    /// When it was last found to be gone.
    pub resolved: Option<UtcMs>,
}

from_row! {
    StoredDifference {
        difference: BillDifference {
            kind, reference: ref, out_trade_no, theirs_no, order_id, ours, theirs, detail,
        },
        found: found_ms,
        resolved: resolved_ms,
    }
}

/// Stores a difference, as resolved if it was already corrected; `true` if it is new.
pub async fn store(
    tx: &mut Tx<'_>,
    (day, run): (Day, Id),
    difference: &BillDifference,
    resolved: Option<UtcMs>,
    now: UtcMs,
) -> Result<bool, DbError> {
    let BillDifference { kind, reference, out_trade_no, theirs_no, order_id, ours, theirs, detail } =
        difference;
    let (day, detail) = (day.to_string(), detail.chars().take(200).collect::<String>());
    let resolved = resolved.map(|at| at.0);
    let sql = "update reconcile_difference set run_id = ?, out_trade_no = ?, theirs_no = ?, order_id = ?, ours = ?, \
               theirs = ?, detail = ?, resolved_ms = ? where bill_day = ? and kind = ? and ref = ?";
    let facts = params![
        run,
        out_trade_no,
        theirs_no,
        order_id.as_deref(),
        *ours,
        *theirs,
        &detail,
        resolved,
        &day,
        kind.word(),
        reference
    ];
    if tx.exec(sql, facts).await? == 1 {
        return Ok(false);
    }
    let sql = "insert into reconcile_difference (run_id, out_trade_no, theirs_no, order_id, ours, theirs, detail, \
               resolved_ms, bill_day, kind, ref, bill, found_ms) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let row = [facts, params![kind.bill().word(), now.0]].concat();
    tx.exec(sql, &row).await?;
    Ok(true)
}

/// Resolves the differences of a day that this run did not find again.
pub async fn resolve_gone(
    tx: &mut Tx<'_>,
    day: Day,
    bill: BillName,
    run: Id,
    now: UtcMs,
) -> Result<u64, DbError> {
    let sql = "update reconcile_difference set resolved_ms = ? where bill_day = ? and bill = ? and run_id <> ? \
               and resolved_ms is null";
    tx.exec(sql, params![now.0, day.to_string(), bill.word(), run]).await
}

/// The open differences of a kind from `since` until before `day`: pairs of day and reference.
pub async fn list_open_before(
    tx: &mut Tx<'_>,
    kind: DifferenceKind,
    (since, day): (Day, Day),
    most: i64,
) -> Result<Vec<(String, String)>, DbError> {
    let sql = "select bill_day, ref from reconcile_difference where bill_day >= ? and bill_day < ? and kind = ? \
               and resolved_ms is null order by bill_day, ref limit ?";
    tx.rows(sql, params![since.to_string(), day.to_string(), kind.word(), most]).await
}

pub async fn resolve(
    tx: &mut Tx<'_>,
    kind: DifferenceKind,
    (day, reference): (&str, &str),
    now: UtcMs,
) -> Result<(), DbError> {
    let sql = "update reconcile_difference set resolved_ms = ? where bill_day = ? and kind = ? and ref = ? \
               and resolved_ms is null";
    tx.exec(sql, params![now.0, day, kind.word(), reference]).await.map(drop)
}

/// Open ones come first.
pub async fn list_for_day(tx: &mut Tx<'_>, day: Day, most: i64) -> Result<Vec<StoredDifference>, DbError> {
    let sql = "select kind, ref, out_trade_no, theirs_no, order_id, ours, theirs, detail, found_ms, resolved_ms \
               from reconcile_difference where bill_day = ? \
               order by case when resolved_ms is null then 0 else 1 end, kind, ref limit ?";
    tx.rows(sql, params![day.to_string(), most]).await
}

/// How many differences of a day are open and how many are resolved.
pub async fn count_for_day(tx: &mut Tx<'_>, day: Day) -> Result<(i64, i64), DbError> {
    let sql = "select cast(coalesce(sum(case when resolved_ms is null then 1 else 0 end), 0) as signed), \
               cast(coalesce(sum(case when resolved_ms is null then 0 else 1 end), 0) as signed) \
               from reconcile_difference where bill_day = ?";
    tx.required_row(sql, params![day.to_string()]).await
}
