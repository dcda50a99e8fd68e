//! Where our books and a bill differ.

use crate::domain::clock::UtcMs;
use crate::domain::day::Day;
use crate::domain::id::Id;
use crate::domain::money::Fen;
use crate::infra::db::{DbError, FromRow, Row, Tx, params};
use crate::store::bill::reconcile_run::BillName;

/// A kind of difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DifferenceKind {
    /// The bill says paid, our attempt does not.
    PaidOnlyThere,
    /// The bill has a payment of a number we never used.
    UnknownPayment,
    /// We say paid on that day, the bill has nothing.
    PaidOnlyHere,
    /// Both paid, but not the same amount.
    PaymentAmount,
    /// Both paid, but by another payment of WeChat's.
    OtherTransaction,
    /// Both paid, but on another day.
    PaymentDay,
    /// The bill has the same payment twice.
    RowTwice,
    /// The bill has two payments for one number.
    TwoTransactions,
    /// The bill has a refund we never asked for.
    UnknownRefund,
    /// We say refunded on that day, the bill has nothing.
    RefundOnlyHere,
    /// Both refunded, but not the same amount.
    RefundAmount,
    /// Both know the refund, but not where it stands.
    RefundStatus,
    /// WeChat's fee is not amount times rate.
    Fee,
    /// The trade bill has it, but the balance did not change by it.
    NoFlow,
    /// The balance changed by another amount than the trade bill says.
    FlowAmount,
    /// The balance changed by a payment or refund the trade bill does not have.
    UnknownFlow,
}

impl DifferenceKind {
    /// Every kind.
    pub const ALL: [DifferenceKind; 16] = [
        DifferenceKind::PaidOnlyThere,
        DifferenceKind::UnknownPayment,
        DifferenceKind::PaidOnlyHere,
        DifferenceKind::PaymentAmount,
        DifferenceKind::OtherTransaction,
        DifferenceKind::PaymentDay,
        DifferenceKind::RowTwice,
        DifferenceKind::TwoTransactions,
        DifferenceKind::UnknownRefund,
        DifferenceKind::RefundOnlyHere,
        DifferenceKind::RefundAmount,
        DifferenceKind::RefundStatus,
        DifferenceKind::Fee,
        DifferenceKind::NoFlow,
        DifferenceKind::FlowAmount,
        DifferenceKind::UnknownFlow,
    ];

    /// The word in the database, the API and the metrics.
    pub fn word(self) -> &'static str {
        match self {
            DifferenceKind::PaidOnlyThere => "paid_only_there",
            DifferenceKind::UnknownPayment => "unknown_payment",
            DifferenceKind::PaidOnlyHere => "paid_only_here",
            DifferenceKind::PaymentAmount => "payment_amount",
            DifferenceKind::OtherTransaction => "other_transaction",
            DifferenceKind::PaymentDay => "payment_day",
            DifferenceKind::RowTwice => "row_twice",
            DifferenceKind::TwoTransactions => "two_transactions",
            DifferenceKind::UnknownRefund => "unknown_refund",
            DifferenceKind::RefundOnlyHere => "refund_only_here",
            DifferenceKind::RefundAmount => "refund_amount",
            DifferenceKind::RefundStatus => "refund_status",
            DifferenceKind::Fee => "fee",
            DifferenceKind::NoFlow => "no_flow",
            DifferenceKind::FlowAmount => "flow_amount",
            DifferenceKind::UnknownFlow => "unknown_flow",
        }
    }

    /// The bill that shows it.
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

    /// What a person should do, in Chinese and English.
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

    fn read(word: &str) -> Option<DifferenceKind> {
        DifferenceKind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// A difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillDifference {
    /// What differs.
    pub kind: DifferenceKind,
    /// The payment or refund it is about: our number of it, or WeChat's.
    pub reference: String,
    /// The attempt, where there is one.
    pub out_trade_no: String,
    /// WeChat's number of the payment or refund.
    pub theirs_no: String,
    /// The order, where it is known.
    pub order_id: Option<String>,
    /// What our books say, in fen; `None`: nothing.
    pub ours: Option<Fen>,
    /// What the bill says, in fen; `None`: nothing.
    pub theirs: Option<Fen>,
    /// Words of both sides.
    pub detail: String,
}

/// A difference as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDifference {
    /// What differs.
    pub difference: BillDifference,
    /// Since when it is known.
    pub found: UtcMs,
    /// Since when it is no longer there.
    pub resolved: Option<UtcMs>,
}

impl FromRow for StoredDifference {
    fn from_row(row: &mut Row<'_>) -> Result<StoredDifference, DbError> {
        let word: String = row.take()?;
        let wrong = || DbError::Decode { column: 0, problem: format!("no difference is {word:?}") };
        Ok(StoredDifference {
            difference: BillDifference {
                kind: DifferenceKind::read(&word).ok_or_else(wrong)?,
                reference: row.take()?,
                out_trade_no: row.take()?,
                theirs_no: row.take()?,
                order_id: row.take()?,
                ours: row.take()?,
                theirs: row.take()?,
                detail: row.take()?,
            },
            found: row.take()?,
            resolved: row.take()?,
        })
    }
}

/// Keeps a difference, resolved if it was mended; `true` if it was not known before.
pub async fn keep(
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

/// What a run no longer saw is resolved.
pub async fn resolve_unseen(
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

/// The open differences of a kind on days before `day`, not earlier than `since`: days and numbers.
pub async fn open_before(
    tx: &mut Tx<'_>,
    kind: DifferenceKind,
    (since, day): (Day, Day),
    most: i64,
) -> Result<Vec<(String, String)>, DbError> {
    let sql = "select bill_day, ref from reconcile_difference where bill_day >= ? and bill_day < ? and kind = ? \
               and resolved_ms is null order by bill_day, ref limit ?";
    tx.rows(sql, params![since.to_string(), day.to_string(), kind.word(), most]).await
}

/// A difference is no longer there.
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

/// The differences of a day, open ones first.
pub async fn of(tx: &mut Tx<'_>, day: Day, most: i64) -> Result<Vec<StoredDifference>, DbError> {
    let sql = "select kind, ref, out_trade_no, theirs_no, order_id, ours, theirs, detail, found_ms, resolved_ms \
               from reconcile_difference where bill_day = ? \
               order by case when resolved_ms is null then 0 else 1 end, kind, ref limit ?";
    tx.rows(sql, params![day.to_string(), most]).await
}

/// How many differences of a day are open, and how many were resolved.
pub async fn count(tx: &mut Tx<'_>, day: Day) -> Result<(i64, i64), DbError> {
    let sql = "select cast(coalesce(sum(case when resolved_ms is null then 1 else 0 end), 0) as signed), \
               cast(coalesce(sum(case when resolved_ms is null then 0 else 1 end), 0) as signed) \
               from reconcile_difference where bill_day = ?";
    tx.one(sql, params![day.to_string()]).await
}
