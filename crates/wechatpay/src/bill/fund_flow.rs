//! The fund-flow bill (资金账单): changes of the merchant's balance.

use std::mem::take;

use super::BillError;
use super::record::{Columns, Record};
use super::table::{TableParser, TableVisitor, check_total, checked_add};

/// A line of a fund-flow bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FundFlowRow {
    /// When the change was booked, UTC ms (记账时间).
    pub time: i64,
    /// WeChat's number of the payment or refund (微信支付业务单号).
    pub business_no: String,
    /// WeChat's number of this balance change (资金流水单号).
    pub flow_no: String,
    /// The business name, such as 交易 or 退款 (业务名称).
    pub business_name: String,
    /// The business type, such as 交易, 退款 or 扣除交易手续费 (业务类型).
    pub business_type: String,
    /// Income or expense (收支类型).
    pub direction: FundFlowDirection,
    /// The amount in fen, never negative (收支金额).
    pub amount: i64,
    /// The balance afterwards, in fen (账户结余).
    pub balance: i64,
    /// The applicant (资金变更提交申请人).
    pub applicant: String,
    /// A remark (备注).
    pub remark: String,
    /// The merchant's number of the payment or refund, or WeChat's number of another change (业务凭证号).
    pub voucher: String,
}

/// Income or expense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FundFlowDirection {
    /// 收入
    Income,
    /// 支出
    Expense,
}

/// The totals of a bill, checked against its summary.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FundFlowTotals {
    /// The number of lines (资金流水总笔数).
    pub rows: i64,
    /// The number of incomes (收入笔数).
    pub incomes: i64,
    /// The sum of the incomes in fen (收入金额).
    pub income: i64,
    /// The number of expenses (支出笔数).
    pub expenses: i64,
    /// The sum of the expenses in fen (支出金额).
    pub expense: i64,
}

/// A streaming reader of fund-flow bills.
#[derive(Debug, Default)]
pub struct FundFlowBill {
    table: TableParser,
    collector: RowCollector,
}

impl FundFlowBill {
    /// Creates a reader.
    pub fn new() -> FundFlowBill {
        FundFlowBill::default()
    }

    /// Takes the next decompressed bytes and returns the rows that are complete now.
    ///
    /// # Errors
    /// [`BillError`]. Then discard the bill and all rows returned before.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<FundFlowRow>, BillError> {
        self.table.push(bytes, &mut self.collector)?;
        Ok(take(&mut self.collector.rows))
    }

    /// Ends the bill and checks that it is complete and that its totals are right.
    ///
    /// # Errors
    /// [`BillError`]. Then discard the bill and all rows returned before.
    pub fn finish(mut self) -> Result<FundFlowTotals, BillError> {
        self.table.finish(&mut self.collector)?;
        Ok(self.collector.totals)
    }
}

#[derive(Debug, Default)]
struct RowCollector {
    rows: Vec<FundFlowRow>,
    totals: FundFlowTotals,
    amount: &'static str,
    balance: &'static str,
}

/// API v2 and v3 use different brackets.
const AMOUNT: [&str; 3] = ["收支金额(元)", "收支金额（元）", "收支金额"];
const BALANCE: [&str; 3] = ["账户结余(元)", "账户结余（元）", "账户结余"];

impl TableVisitor for RowCollector {
    fn heading(&mut self, columns: &Columns) -> Result<(), BillError> {
        columns.require(&[
            "记账时间",
            "微信支付业务单号",
            "资金流水单号",
            "业务类型",
            "收支类型",
            "业务凭证号",
        ])?;
        self.amount = find_column(columns, AMOUNT)?;
        self.balance = find_column(columns, BALANCE)?;
        Ok(())
    }

    fn row(&mut self, record: &Record<'_>) -> Result<(), BillError> {
        let row = self.read(record)?;
        let totals = &mut self.totals;
        checked_add(&mut totals.rows, 1)?;
        let (count, sum) = match row.direction {
            FundFlowDirection::Income => (&mut totals.incomes, &mut totals.income),
            FundFlowDirection::Expense => (&mut totals.expenses, &mut totals.expense),
        };
        checked_add(count, 1)?;
        checked_add(sum, row.amount)?;
        self.rows.push(row);
        Ok(())
    }

    fn summary(&mut self, columns: &Columns, record: &Record<'_>) -> Result<(), BillError> {
        columns.require(&["资金流水总笔数", "收入笔数", "收入金额", "支出笔数", "支出金额"])?;
        let totals = &self.totals;
        check_total("资金流水总笔数", record.count("资金流水总笔数")?, totals.rows)?;
        check_total("收入笔数", record.count("收入笔数")?, totals.incomes)?;
        check_total("支出笔数", record.count("支出笔数")?, totals.expenses)?;
        check_total("收入金额", record.fen("收入金额")?, totals.income)?;
        check_total("支出金额", record.fen("支出金额")?, totals.expense)
    }
}

impl RowCollector {
    fn read(&self, record: &Record<'_>) -> Result<FundFlowRow, BillError> {
        let text = |column: &str| record.text(column).to_owned();
        let amount = record.fen(self.amount)?;
        if amount < 0 {
            return Err(record.malformed(self.amount));
        }
        Ok(FundFlowRow {
            time: record.timestamp("记账时间")?,
            business_no: text("微信支付业务单号"),
            flow_no: text("资金流水单号"),
            business_name: text("业务名称"),
            business_type: text("业务类型"),
            direction: direction(record)?,
            amount,
            balance: record.fen(self.balance)?,
            applicant: text("资金变更提交申请人"),
            remark: text("备注"),
            voucher: text("业务凭证号"),
        })
    }
}

fn direction(record: &Record<'_>) -> Result<FundFlowDirection, BillError> {
    match record.text("收支类型") {
        "收入" => Ok(FundFlowDirection::Income),
        "支出" => Ok(FundFlowDirection::Expense),
        _ => Err(record.malformed("收支类型")),
    }
}

fn find_column(columns: &Columns, ways: [&'static str; 3]) -> Result<&'static str, BillError> {
    let found = ways.into_iter().find(|name| columns.has(name));
    found.ok_or_else(|| BillError::Column { column: ways[0].to_owned() })
}
