//! The trade bill (交易账单).

use std::fmt;
use std::mem::take;

use super::BillError;
use super::record::{Columns, Record};
use super::table::{TableParser, TableVisitor, check_total, checked_add};
use crate::redact::redact_openid;

/// A line of a trade bill: a payment or a refund. Unknown columns are ignored.
#[derive(Clone, PartialEq, Eq)]
pub struct TradeRow {
    /// When the payment was made or the refund was requested, UTC ms (交易时间).
    pub time: i64,
    /// The appid of the payment (公众账号ID).
    pub appid: String,
    /// The merchant number (商户号).
    pub mch_id: String,
    /// WeChat's payment number (微信订单号).
    pub transaction_id: String,
    /// The merchant's order number (商户订单号).
    pub out_trade_no: String,
    /// The payer (用户标识).
    pub openid: String,
    /// The trade type, such as `NATIVE` (交易类型).
    pub trade_type: String,
    /// `SUCCESS`, `REFUND` or `REVOKED` (交易状态).
    pub trade_state: String,
    /// The bank code (付款银行).
    pub bank_type: String,
    /// The currency (货币种类).
    pub currency: String,
    /// The order amount in fen; 0 for a refund (订单金额). Compare it with the order.
    pub total: i64,
    /// The amount settled to the merchant in fen; 0 for a refund (应结订单金额).
    pub settlement_total: i64,
    /// The refund, if the line is about one.
    pub refund: Option<TradeRefund>,
    /// The product description (商品名称).
    pub body: String,
    /// The `attach` value of the order (商户数据包).
    pub attach: String,
    /// The fee in hundred-thousandths of a yuan (1000 per fen); negative if it is returned (手续费).
    pub fee: i64,
    /// The fee rate as text, such as `0.60%` (费率).
    pub rate: String,
}

/// The refund columns of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TradeRefund {
    /// WeChat's refund number (微信退款单号).
    pub refund_id: String,
    /// The merchant's refund number (商户退款单号).
    pub out_refund_no: String,
    /// The requested refund amount in fen (申请退款金额).
    pub amount: i64,
    /// The part paid by the merchant in fen (退款金额).
    pub settlement_amount: i64,
    /// `SUCCESS`, `PROCESSING`, `FAIL` or `CHANGE`, at the time the bill was made (退款状态).
    pub status: String,
    /// When the payer received the money, UTC ms; only in bills of refunds (退款成功时间).
    pub success_time: Option<i64>,
}

/// The totals of a bill, checked against its summary.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TradeTotals {
    /// The number of lines (总交易单数).
    pub rows: i64,
    /// Sum of the order amounts in fen (订单总金额).
    pub total: i64,
    /// Sum of the settled amounts in fen (应结订单总金额).
    pub settlement_total: i64,
    /// Sum of the requested refunds in fen (申请退款总金额).
    pub refund: i64,
    /// Sum of the refunds paid by the merchant in fen (退款总金额).
    pub settlement_refund: i64,
    /// Sum of the fees of the rows, in hundred-thousandths of a yuan. WeChat rounds the value in the
    /// summary, so the two are not compared.
    pub fee: i64,
}

/// A streaming reader of trade bills.
#[derive(Debug, Default)]
pub struct TradeBill {
    table: TableParser,
    collector: RowCollector,
}

impl TradeBill {
    /// Creates a reader.
    pub fn new() -> TradeBill {
        TradeBill::default()
    }

    /// Takes the next decompressed bytes and returns the rows that are complete now.
    ///
    /// # Errors
    /// [`BillError`]. Then discard the bill and all rows returned before.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<TradeRow>, BillError> {
        self.table.push(bytes, &mut self.collector)?;
        Ok(take(&mut self.collector.rows))
    }

    /// Ends the bill and checks that it is complete and that its totals are right. The last line may
    /// still add rows.
    ///
    /// # Errors
    /// [`BillError`]. Then discard the bill and all rows returned before.
    pub fn finish(mut self) -> Result<TradeTotals, BillError> {
        self.table.finish(&mut self.collector)?;
        Ok(self.collector.totals)
    }
}

#[derive(Debug, Default)]
struct RowCollector {
    rows: Vec<TradeRow>,
    totals: TradeTotals,
    coupon_refund: i64,
}

const HEADING: [&str; 9] = [
    "交易时间",
    "公众账号ID",
    "商户号",
    "微信订单号",
    "商户订单号",
    "交易类型",
    "交易状态",
    "货币种类",
    "手续费",
];

const REFUND: [&str; 4] = ["微信退款单号", "商户退款单号", "退款金额", "申请退款金额"];

impl TableVisitor for RowCollector {
    fn heading(&mut self, columns: &Columns) -> Result<(), BillError> {
        columns.require(&HEADING)?;
        if REFUND.iter().any(|name| columns.has(name)) {
            columns.require(&REFUND)?;
        }
        // A bill of refunds only may omit the order amounts.
        if columns.has("微信退款单号") {
            Ok(())
        } else {
            columns.require(&["订单金额", "应结订单金额"])
        }
    }

    fn row(&mut self, record: &Record<'_>) -> Result<(), BillError> {
        let row = read(record)?;
        let totals = &mut self.totals;
        checked_add(&mut totals.rows, 1)?;
        checked_add(&mut totals.total, row.total)?;
        checked_add(&mut totals.settlement_total, row.settlement_total)?;
        checked_add(&mut totals.refund, record.fen("申请退款金额")?)?;
        checked_add(&mut totals.settlement_refund, record.fen("退款金额")?)?;
        checked_add(&mut totals.fee, row.fee)?;
        checked_add(&mut self.coupon_refund, record.fen("充值券退款金额")?)?;
        self.rows.push(row);
        Ok(())
    }

    fn summary(&mut self, columns: &Columns, record: &Record<'_>) -> Result<(), BillError> {
        columns.require(&["总交易单数", "应结订单总金额", "退款总金额", "手续费总金额"])?;
        let totals = &self.totals;
        check_total("总交易单数", record.count("总交易单数")?, totals.rows)?;
        for (column, rows) in [
            ("订单总金额", totals.total),
            ("应结订单总金额", totals.settlement_total),
            ("申请退款总金额", totals.refund),
            ("退款总金额", totals.settlement_refund),
            ("充值券退款总金额", self.coupon_refund),
        ] {
            if columns.has(column) {
                check_total(column, record.fen(column)?, rows)?;
            }
        }
        record.fee("手续费总金额").map(drop)
    }
}

fn read(record: &Record<'_>) -> Result<TradeRow, BillError> {
    let text = |column: &str| record.text(column).to_owned();
    let needed = |column: &'static str| match record.text(column) {
        "" => Err(record.malformed(column)),
        text => Ok(text.to_owned()),
    };
    Ok(TradeRow {
        time: record.timestamp("交易时间")?,
        appid: text("公众账号ID"),
        mch_id: needed("商户号")?,
        transaction_id: needed("微信订单号")?,
        out_trade_no: needed("商户订单号")?,
        openid: text("用户标识"),
        trade_type: text("交易类型"),
        trade_state: needed("交易状态")?,
        bank_type: text("付款银行"),
        currency: needed("货币种类")?,
        total: record.fen("订单金额")?,
        settlement_total: record.fen("应结订单金额")?,
        refund: refund(record)?,
        body: text("商品名称"),
        attach: text("商户数据包"),
        fee: record.fee("手续费")?,
        rate: text("费率"),
    })
}

/// For payments the refund number is `0` or empty.
fn refund(record: &Record<'_>) -> Result<Option<TradeRefund>, BillError> {
    let refund_id = record.text("微信退款单号");
    if record.text("交易状态") != "REFUND" && matches!(refund_id, "" | "0") {
        return Ok(None);
    }
    if matches!(refund_id, "" | "0") {
        return Err(record.malformed("微信退款单号"));
    }
    Ok(Some(TradeRefund {
        refund_id: refund_id.to_owned(),
        out_refund_no: record.text("商户退款单号").to_owned(),
        amount: record.fen("申请退款金额")?,
        settlement_amount: record.fen("退款金额")?,
        status: record.text("退款状态").to_owned(),
        success_time: record.optional_timestamp("退款成功时间")?,
    }))
}

/// Redacts the openid.
impl fmt::Debug for TradeRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TradeRow")
            .field("time", &self.time)
            .field("transaction_id", &self.transaction_id)
            .field("out_trade_no", &self.out_trade_no)
            .field("openid", &redact_openid(&self.openid))
            .field("trade_state", &self.trade_state)
            .field("total", &self.total)
            .field("refund", &self.refund)
            .field("fee", &self.fee)
            .finish_non_exhaustive()
    }
}
