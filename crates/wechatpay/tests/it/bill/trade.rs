//! The trade bill.

use proptest::prelude::*;
use wechatpay::bill::{BillError, TradeBill, TradeRefund, TradeTotals};

use super::common::{HEADING, PAID, REFUNDED, SUMMARY, SUMS, bill, good, read};

fn refused(lines: &[&str]) -> BillError {
    read(bill(lines).as_bytes(), 100).expect_err("the bill must be refused")
}

#[test]
fn payments_and_refunds_are_read_whole() {
    let totals = TradeTotals {
        rows: 2,
        total: 1000,
        settlement_total: 990,
        refund: 101,
        settlement_refund: 100,
        fee: 5340,
    };
    for size in [1, 7, 1000, 100_000] {
        let (rows, summed) = read(good().as_bytes(), size).unwrap();
        assert_eq!(summed, totals);
        let paid = &rows[0];
        assert_eq!((paid.total, paid.settlement_total, paid.fee), (1000, 990, 5940));
        assert_eq!((paid.out_trade_no.as_str(), paid.trade_state.as_str()), ("NO_1", "SUCCESS"));
        assert_eq!((paid.body.as_str(), paid.rate.as_str()), ("畅购-手机, 白色`", "0.60%"));
        assert_eq!((paid.time, paid.refund.clone()), (1_767_232_800_000, None));
        let refund = TradeRefund {
            refund_id: "50000000382019".into(),
            out_refund_no: "R_1".into(),
            amount: 101,
            settlement_amount: 100,
            status: "SUCCESS".into(),
            success_time: None,
        };
        assert_eq!((rows[1].total, rows[1].fee, rows[1].refund.clone()), (0, -600, Some(refund)));
    }
}

#[test]
fn columns_go_by_their_names() {
    let heading = "订单金额,新列,商户号,交易时间,微信订单号,商户订单号,交易类型,交易状态,货币种类,应结订单金额,手续费,公众账号ID";
    let row = "`10.00,`x,`1900000109,`2026-01-01 10:00:00,`42,`NO_1,`NATIVE,`SUCCESS,`CNY,`9.90,`0,`wx1";
    let sums = "`1,`9.90,`0.00,`0.00,`0.05940,`10.00,`0.00";
    let (rows, totals) = read(bill(&[heading, row, SUMMARY, sums]).as_bytes(), 50).unwrap();
    assert_eq!((rows[0].total, totals.total, totals.refund), (1000, 1000, 0));
    assert_eq!((rows[0].appid.as_str(), rows[0].openid.as_str()), ("wx1", ""));
}

#[test]
fn bills_of_refunds_tell_when_the_money_arrived() {
    let heading = HEADING.replace("代金券金额,", "代金券金额,退款申请时间,退款成功时间,");
    let row = REFUNDED.replace("`0.00,`50", "`0.00,`2026-01-01 11:00:00,`2026-01-01 10:00:00,`50");
    let sums = "`1,`0.00,`1.00,`0.01,`-0.01,`0.00,`1.01";
    let (rows, _) = read(bill(&[&heading, &row, SUMMARY, sums]).as_bytes(), 50).unwrap();
    assert_eq!(rows[0].refund.clone().unwrap().success_time, Some(1_767_232_800_000));
}

#[test]
fn an_empty_day_and_plain_line_ends_are_fine() {
    let sums = "`0,`0.00,`0.00,`0.00,`0.00,`0.00,`0.00";
    assert_eq!(read(bill(&[HEADING, SUMMARY, sums]).as_bytes(), 9).unwrap().1, TradeTotals::default());
    let plain = good().replace("\r\n", "\n").replace('\u{feff}', "");
    assert_eq!(read(plain.trim_end().as_bytes(), 9).unwrap().0.len(), 2);
}

#[test]
fn bills_that_do_not_add_up_are_refused() {
    let missing = refused(&[HEADING, PAID, SUMMARY, SUMS]);
    assert_eq!(missing, BillError::Sum { column: "总交易单数", summary: 2, rows: 1 });
    let twice = refused(&[HEADING, PAID, PAID, REFUNDED, SUMMARY, SUMS]);
    assert_eq!(twice, BillError::Sum { column: "总交易单数", summary: 2, rows: 3 });
    for (from, to, column) in [
        ("`10.00,`0.00,`", "`10.01,`0.00,`", "订单总金额"),
        ("`CNY,`9.90", "`CNY,`9.91", "应结订单总金额"),
        ("`R_1,`1.00", "`R_1,`1.02", "退款总金额"),
        ("`0.00,`1.01,`", "`0.00,`1.02,`", "申请退款总金额"),
        ("`0.01,`ORIGINAL", "`0.02,`ORIGINAL", "充值券退款总金额"),
    ] {
        let changed = good().replace(from, to);
        let error = read(changed.as_bytes(), 100).unwrap_err();
        assert!(matches!(error, BillError::Sum { column: found, .. } if found == column), "{error:?}");
    }
}

#[test]
fn bills_cut_short_are_refused() {
    let text = good();
    let bytes = text.as_bytes();
    for end in 0..bytes.len() - SUMS.len() - 2 {
        assert!(read(&bytes[..end], 1000).is_err(), "{end}");
    }
    for lines in [&[][..], &[HEADING], &[HEADING, PAID], &[HEADING, PAID, REFUNDED, SUMMARY]] {
        let text = lines.join("\r\n");
        assert_eq!(read(text.as_bytes(), 100), Err(BillError::Truncated));
    }
    assert_eq!(refused(&[HEADING, PAID, REFUNDED, SUMMARY, SUMS, PAID]), BillError::AfterEnd { line: 6 });
}

#[test]
fn lines_that_do_not_fit_are_refused() {
    let short = PAID.rsplit_once(",`").unwrap().0;
    assert_eq!(refused(&[HEADING, short, SUMMARY, SUMS]), BillError::Cells { line: 2 });
    assert_eq!(refused(&[HEADING, "", SUMMARY, SUMS]), BillError::Cells { line: 2 });
    let long = format!("`{}", "x".repeat(20_000));
    assert_eq!(refused(&[HEADING, PAID, &long]), BillError::LineTooLong { line: 3 });
    let twice = HEADING.replace("设备号", "商户号");
    assert_eq!(refused(&[&twice]), BillError::Column { column: "商户号".into() });
    let renamed = HEADING.replace("商户订单号", "订单号");
    assert_eq!(refused(&[&renamed]), BillError::Column { column: "商户订单号".into() });
    assert_eq!(read(b"\xff\n", 9), Err(BillError::NotUtf8 { line: 1 }));
    let mut endless = TradeBill::new();
    assert!((0..100).any(|_| endless.push(&[b'x'; 1000]).is_err()));
}

#[test]
fn cells_that_cannot_be_are_refused() {
    for (from, to, column) in [
        ("`10.00", "`10.001", "订单金额"),
        ("`10.00", "`1e1", "订单金额"),
        ("`9.90", "`", "应结订单金额"),
        ("`2026-01-01 10:00:00", "`2026-02-30 10:00:00", "交易时间"),
        ("`0.05940", "`0.0594001", "手续费"),
        ("`NO_1", "`", "商户订单号"),
        ("`CNY", "`", "货币种类"),
    ] {
        let error = refused(&[HEADING, &PAID.replace(from, to), SUMMARY, SUMS]);
        assert_eq!(error, BillError::Malformed { line: 2, column }, "{to}");
    }
    let nameless = REFUNDED.replace("`50000000382019", "`0");
    let error = refused(&[HEADING, &nameless, SUMMARY, SUMS]);
    assert_eq!(error, BillError::Malformed { line: 2, column: "微信退款单号" });
}

#[test]
fn sums_do_not_wrap() {
    let huge = PAID.replace("`10.00", "`92233720368547758.07");
    assert_eq!(refused(&[HEADING, &huge, &huge]), BillError::Overflow);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), size in 1..50usize) {
        let _ = read(&bytes, size);
        let _ = read(&[good().as_bytes(), &bytes].concat(), size);
    }

    #[test]
    fn one_digit_changed_is_noticed(at in any::<prop::sample::Index>(), digit in b'0'..=b'9') {
        let text = good();
        let amounts: Vec<usize> = text.match_indices('`').map(|(at, _)| at + 1)
            .filter(|at| text[*at..].starts_with("9.90") || text[*at..].starts_with("10.00")).collect();
        let at = amounts[at.index(amounts.len())];
        let mut bytes = text.into_bytes();
        prop_assume!(bytes[at] != digit);
        bytes[at] = digit;
        prop_assert!(read(&bytes, 64).is_err());
    }
}
