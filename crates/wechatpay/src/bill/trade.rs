//! The trade bill (交易账单).

use std::fmt;
use std::mem::take;

use super::BillError;
use super::record::{Columns, Record};
use super::table::{Book, Table, add, agree};
use crate::redact::masked;

/// A line of a trade bill: a payment, or a refund of one. Columns unknown here are left out.
#[derive(Clone, PartialEq, Eq)]
pub struct TradeRow {
    /// When it was paid, UTC ms; for a refund when it was asked for (交易时间).
    pub time: i64,
    /// The app it was paid under (公众账号ID).
    pub appid: String,
    /// The merchant it was paid to (商户号).
    pub mch_id: String,
    /// WeChat's number of the payment (微信订单号).
    pub transaction_id: String,
    /// Our number of the payment (商户订单号).
    pub out_trade_no: String,
    /// The payer (用户标识).
    pub openid: String,
    /// How it was paid, such as `NATIVE` (交易类型).
    pub trade_type: String,
    /// `SUCCESS`, `REFUND` or `REVOKED` (交易状态).
    pub trade_state: String,
    /// The bank's short name (付款银行).
    pub bank_type: String,
    /// The currency (货币种类).
    pub currency: String,
    /// What the order cost in fen; 0 for a refund (订单金额). Compare this with the order.
    pub total: i64,
    /// What the merchant is settled for it in fen; 0 for a refund (应结订单金额).
    pub settlement_total: i64,
    /// The refund, for a line about one.
    pub refund: Option<TradeRefund>,
    /// What was paid for (商品名称).
    pub body: String,
    /// What the order carried in `attach` (商户数据包).
    pub attach: String,
    /// The fee in hundred-thousandths of a yuan, 1000 to the fen; negative when given back (手续费).
    pub fee: i64,
    /// The fee's rate as it is written, such as `0.60%` (费率).
    pub rate: String,
}

/// The part of a line that tells of a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TradeRefund {
    /// WeChat's number of the refund (微信退款单号).
    pub refund_id: String,
    /// Our number of the refund (商户退款单号).
    pub out_refund_no: String,
    /// What goes back in fen, as it was asked for (申请退款金额).
    pub amount: i64,
    /// What the merchant gives of it in fen (退款金额).
    pub settlement_amount: i64,
    /// `SUCCESS`, `PROCESSING`, `FAIL` or `CHANGE`, as it stood when the bill was made (退款状态).
    pub status: String,
    /// When the money arrived, UTC ms; only in bills of refunds (退款成功时间).
    pub success_time: Option<i64>,
}

/// What the summary says, checked against the rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TradeTotals {
    /// How many lines there are (总交易单数).
    pub rows: i64,
    /// Fen (订单总金额).
    pub total: i64,
    /// Fen (应结订单总金额).
    pub settlement_total: i64,
    /// Fen (申请退款总金额).
    pub refund: i64,
    /// Fen (退款总金额).
    pub settlement_refund: i64,
    /// Hundred-thousandths of a yuan, as the rows give it. WeChat rounds the one in the summary, so
    /// that is not compared.
    pub fee: i64,
}

/// Reads a trade bill as it comes.
#[derive(Debug, Default)]
pub struct TradeBill {
    table: Table,
    pages: Pages,
}

impl TradeBill {
    /// A reader at the start of a bill.
    pub fn new() -> TradeBill {
        TradeBill::default()
    }

    /// Takes the next bytes, unpacked, and gives the rows that are whole now.
    ///
    /// # Errors
    /// [`BillError`]; the bill is not to be believed then, nor are the rows given before.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<TradeRow>, BillError> {
        self.table.push(bytes, &mut self.pages)?;
        Ok(take(&mut self.pages.rows))
    }

    /// Ends the bill, and proves that it was whole and adds up. The last line may still give rows.
    ///
    /// # Errors
    /// [`BillError`]; the bill is not to be believed then, nor are the rows given before.
    pub fn finish(mut self) -> Result<TradeTotals, BillError> {
        self.table.finish(&mut self.pages)?;
        Ok(self.pages.totals)
    }
}

#[derive(Debug, Default)]
struct Pages {
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

impl Book for Pages {
    fn heading(&mut self, columns: &Columns) -> Result<(), BillError> {
        columns.require(&HEADING)?;
        if REFUND.iter().any(|name| columns.has(name)) {
            columns.require(&REFUND)?;
        }
        // A bill of refunds alone may leave the orders' amounts out.
        if columns.has("微信退款单号") {
            Ok(())
        } else {
            columns.require(&["订单金额", "应结订单金额"])
        }
    }

    fn row(&mut self, record: &Record<'_>) -> Result<(), BillError> {
        let row = read(record)?;
        let totals = &mut self.totals;
        add(&mut totals.rows, 1)?;
        add(&mut totals.total, row.total)?;
        add(&mut totals.settlement_total, row.settlement_total)?;
        add(&mut totals.refund, record.fen("申请退款金额")?)?;
        add(&mut totals.settlement_refund, record.fen("退款金额")?)?;
        add(&mut totals.fee, row.fee)?;
        add(&mut self.coupon_refund, record.fen("充值券退款金额")?)?;
        self.rows.push(row);
        Ok(())
    }

    fn summary(&mut self, columns: &Columns, record: &Record<'_>) -> Result<(), BillError> {
        columns.require(&["总交易单数", "应结订单总金额", "退款总金额", "手续费总金额"])?;
        let totals = &self.totals;
        agree("总交易单数", record.count("总交易单数")?, totals.rows)?;
        for (column, rows) in [
            ("订单总金额", totals.total),
            ("应结订单总金额", totals.settlement_total),
            ("申请退款总金额", totals.refund),
            ("退款总金额", totals.settlement_refund),
            ("充值券退款总金额", self.coupon_refund),
        ] {
            if columns.has(column) {
                agree(column, record.fen(column)?, rows)?;
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
        time: record.moment("交易时间")?,
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

/// Lines about payments have `0` or nothing for the refund's number.
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
        success_time: record.optional_moment("退款成功时间")?,
    }))
}

/// Everything but the payer, of whom only the first characters are shown.
impl fmt::Debug for TradeRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TradeRow")
            .field("time", &self.time)
            .field("transaction_id", &self.transaction_id)
            .field("out_trade_no", &self.out_trade_no)
            .field("openid", &masked(&self.openid))
            .field("trade_state", &self.trade_state)
            .field("total", &self.total)
            .field("refund", &self.refund)
            .field("fee", &self.fee)
            .finish_non_exhaustive()
    }
}
