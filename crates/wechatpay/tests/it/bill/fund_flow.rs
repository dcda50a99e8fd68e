//! The fund-flow bill.

use proptest::prelude::*;
use wechatpay::bill::{BillError, FundFlowBill, FundFlowDirection, FundFlowRow, FundFlowTotals};

const HEADING: &str = "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),\
    资金变更提交申请人,备注,业务凭证号";
const IN: &str =
    "`2026-01-01 10:00:00,`42000001,`1900000109001,`交易,`交易,`收入,`10.00,`110.00,`system,`x,`NO_1";
const OUT: &str = "`2026-01-01 11:00:00,`50000001,`1900000109002,`退款,`退款,`支出,`1.01,`108.99,`1900000109API,\
    `退款总金额1.01元;含手续费0.01元,`R_1";
const SUMMARY: &str = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额";

fn read(text: &str) -> Result<(Vec<FundFlowRow>, FundFlowTotals), BillError> {
    let (mut reader, mut rows) = (FundFlowBill::new(), Vec::new());
    for piece in text.as_bytes().chunks(33) {
        rows.extend(reader.push(piece)?);
    }
    reader.finish().map(|totals| (rows, totals))
}

fn bill(sums: &str) -> String {
    [HEADING, IN, OUT, SUMMARY, sums, ""].join("\r\n")
}

#[test]
fn income_and_expense_are_read_whole() {
    let totals = FundFlowTotals { rows: 2, incomes: 1, income: 1000, expenses: 1, expense: 101 };
    for text in [bill("`2,`1,`10.00,`1,`1.01"), bill("`2.0,`1.0,`10.00,`1.0,`1.01")] {
        for text in [text.clone(), text.replace("(元)", "（元）")] {
            let (rows, summed) = read(&text).unwrap();
            assert_eq!(summed, totals);
            assert_eq!(
                (rows[0].direction, rows[0].amount, rows[0].balance),
                (FundFlowDirection::Income, 1000, 11_000)
            );
            assert_eq!((rows[1].direction, rows[1].voucher.as_str()), (FundFlowDirection::Expense, "R_1"));
            assert_eq!((rows[1].business_no.as_str(), rows[1].time), ("50000001", 1_767_236_400_000));
        }
    }
}

#[test]
fn bills_that_do_not_add_up_are_refused() {
    for (sums, column) in [
        ("`3,`1,`10.00,`1,`1.01", "资金流水总笔数"),
        ("`2,`2,`10.00,`1,`1.01", "收入笔数"),
        ("`2,`1,`10.01,`1,`1.01", "收入金额"),
        ("`2,`1,`10.00,`1,`1.00", "支出金额"),
    ] {
        let error = read(&bill(sums)).unwrap_err();
        assert!(matches!(error, BillError::Sum { column: found, .. } if found == column), "{error:?}");
    }
    let good = bill("`2,`1,`10.00,`1,`1.01");
    let half = good.replace("`2,`1,`10.00,`1,`1.01\r\n", "");
    assert_eq!(read(&half), Err(BillError::Truncated));
    let odd = BillError::Malformed { line: 2, column: "收支类型" };
    assert_eq!(read(&good.replace("收入,`10", "其他,`10")), Err(odd));
    let negative = BillError::Malformed { line: 2, column: "收支金额(元)" };
    assert_eq!(read(&good.replace("`收入,`10", "`收入,`-10")), Err(negative));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[`,\r\n0-9.收入支出a-c]{0,80}") {
        let _ = read(&text);
        let _ = read(&format!("{HEADING}\n{text}"));
    }
}
