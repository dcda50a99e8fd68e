//! The fund-flow bill (资金账单): how the merchant's balance changed.

use std::mem::take;

use super::BillError;
use super::record::{Columns, Record};
use super::table::{Book, Table, add, agree};

/// A line of a fund-flow bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FundFlowRow {
    /// When it was booked, UTC ms (记账时间).
    pub time: i64,
    /// WeChat's number of the payment or refund (微信支付业务单号).
    pub business_no: String,
    /// The line's own number (资金流水单号).
    pub flow_no: String,
    /// What it was, such as 交易 or 退款 (业务名称).
    pub business_name: String,
    /// Its kind, such as 交易, 退款 or 扣除交易手续费 (业务类型).
    pub business_type: String,
    /// Whether it came or went (收支类型).
    pub direction: Direction,
    /// How much, in fen, never negative (收支金额).
    pub amount: i64,
    /// The balance after it, in fen (账户结余).
    pub balance: i64,
    /// Who asked for it (资金变更提交申请人).
    pub applicant: String,
    /// A remark (备注).
    pub remark: String,
    /// Our number of the payment or refund, or WeChat's of something else (业务凭证号).
    pub voucher: String,
}

/// Whether money came or went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// 收入
    Income,
    /// 支出
    Expense,
}

/// What the summary says, checked against the rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FundFlowTotals {
    /// How many lines there are (资金流水总笔数).
    pub rows: i64,
    /// How many of them are income (收入笔数).
    pub incomes: i64,
    /// Fen (收入金额).
    pub income: i64,
    /// How many of them are expenses (支出笔数).
    pub expenses: i64,
    /// Fen (支出金额).
    pub expense: i64,
}

/// Reads a fund-flow bill as it comes.
#[derive(Debug, Default)]
pub struct FundFlowBill {
    table: Table,
    pages: Pages,
}

impl FundFlowBill {
    /// A reader at the start of a bill.
    pub fn new() -> FundFlowBill {
        FundFlowBill::default()
    }

    /// Takes the next bytes, unpacked, and gives the rows that are whole now.
    ///
    /// # Errors
    /// [`BillError`]; the bill is not to be believed then, nor are the rows given before.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<FundFlowRow>, BillError> {
        self.table.push(bytes, &mut self.pages)?;
        Ok(take(&mut self.pages.rows))
    }

    /// Ends the bill, and proves that it was whole and adds up.
    ///
    /// # Errors
    /// [`BillError`]; the bill is not to be believed then, nor are the rows given before.
    pub fn finish(mut self) -> Result<FundFlowTotals, BillError> {
        self.table.finish(&mut self.pages)?;
        Ok(self.pages.totals)
    }
}

#[derive(Debug, Default)]
struct Pages {
    rows: Vec<FundFlowRow>,
    totals: FundFlowTotals,
    amount: &'static str,
    balance: &'static str,
}

/// v2 and v3 write the brackets differently.
const AMOUNT: [&str; 3] = ["收支金额(元)", "收支金额（元）", "收支金额"];
const BALANCE: [&str; 3] = ["账户结余(元)", "账户结余（元）", "账户结余"];

impl Book for Pages {
    fn heading(&mut self, columns: &Columns) -> Result<(), BillError> {
        columns.require(&[
            "记账时间",
            "微信支付业务单号",
            "资金流水单号",
            "业务类型",
            "收支类型",
            "业务凭证号",
        ])?;
        self.amount = spelled(columns, AMOUNT)?;
        self.balance = spelled(columns, BALANCE)?;
        Ok(())
    }

    fn row(&mut self, record: &Record<'_>) -> Result<(), BillError> {
        let row = self.read(record)?;
        let totals = &mut self.totals;
        add(&mut totals.rows, 1)?;
        let (count, sum) = match row.direction {
            Direction::Income => (&mut totals.incomes, &mut totals.income),
            Direction::Expense => (&mut totals.expenses, &mut totals.expense),
        };
        add(count, 1)?;
        add(sum, row.amount)?;
        self.rows.push(row);
        Ok(())
    }

    fn summary(&mut self, columns: &Columns, record: &Record<'_>) -> Result<(), BillError> {
        columns.require(&["资金流水总笔数", "收入笔数", "收入金额", "支出笔数", "支出金额"])?;
        let totals = &self.totals;
        agree("资金流水总笔数", record.count("资金流水总笔数")?, totals.rows)?;
        agree("收入笔数", record.count("收入笔数")?, totals.incomes)?;
        agree("支出笔数", record.count("支出笔数")?, totals.expenses)?;
        agree("收入金额", record.fen("收入金额")?, totals.income)?;
        agree("支出金额", record.fen("支出金额")?, totals.expense)
    }
}

impl Pages {
    fn read(&self, record: &Record<'_>) -> Result<FundFlowRow, BillError> {
        let text = |column: &str| record.text(column).to_owned();
        let amount = record.fen(self.amount)?;
        if amount < 0 {
            return Err(record.malformed(self.amount));
        }
        Ok(FundFlowRow {
            time: record.moment("记账时间")?,
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

fn direction(record: &Record<'_>) -> Result<Direction, BillError> {
    match record.text("收支类型") {
        "收入" => Ok(Direction::Income),
        "支出" => Ok(Direction::Expense),
        _ => Err(record.malformed("收支类型")),
    }
}

fn spelled(columns: &Columns, ways: [&'static str; 3]) -> Result<&'static str, BillError> {
    let found = ways.into_iter().find(|name| columns.has(name));
    found.ok_or_else(|| BillError::Column { column: ways[0].to_owned() })
}
