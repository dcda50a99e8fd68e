//! Compares a line of a bill with the shop's own records. Pure functions.

use crate::domain::day::Day;
use crate::domain::money::Fen;
use crate::store::bill::bill_row::BillRow;
use crate::store::bill::difference::{BillDifference, DifferenceKind};
use crate::store::payment::reconcile_read::{BookedPayment, BookedRefund};

/// One fen, in units of 0.00001 yuan. Smaller differences are rounding.
const A_FEN: i64 = 1000;

/// A payment in the bill against our attempt with its number.
pub(super) fn judge_payment(line: &BillRow, ours: Option<&BookedPayment>) -> Option<BillDifference> {
    let about = |kind, detail: String| BillDifference {
        kind,
        reference: line.ours_no.clone(),
        out_trade_no: line.ours_no.clone(),
        theirs_no: line.theirs_no.clone(),
        order_id: ours.map(|paid| paid.order_id.to_string()),
        ours: ours.filter(|paid| paid.transaction_id.is_some()).map(|paid| paid.total_fee),
        theirs: Some(line.amount),
        detail,
    };
    let Some(paid) = ours else { return Some(about(DifferenceKind::UnknownPayment, line.at.rfc3339())) };
    let Some(transaction) = &paid.transaction_id else {
        return Some(about(DifferenceKind::PaidOnlyThere, format!("ours {}", paid.state.word())));
    };
    if *transaction != line.theirs_no {
        return Some(about(DifferenceKind::OtherTransaction, format!("ours {transaction}")));
    }
    if paid.total_fee != line.amount {
        return Some(about(DifferenceKind::PaymentAmount, String::new()));
    }
    let days = (paid.paid.map(Day::containing)?, Day::containing(line.at));
    (days.0 != days.1)
        .then(|| about(DifferenceKind::PaymentDay, format!("ours {}, theirs {}", days.0, days.1)))
}

/// A payment of ours that is not in the bill.
pub(super) fn paid_only_here(paid: &BookedPayment) -> BillDifference {
    BillDifference {
        kind: DifferenceKind::PaidOnlyHere,
        reference: paid.out_trade_no.clone(),
        out_trade_no: paid.out_trade_no.clone(),
        theirs_no: paid.transaction_id.clone().unwrap_or_default(),
        order_id: Some(paid.order_id.to_string()),
        ours: Some(paid.total_fee),
        theirs: None,
        detail: format!("ours {}", paid.state.word()),
    }
}

/// A number that is in the bill twice: one payment twice, or two payments.
pub(super) fn repeated_row(first: &BillRow, second: &BillRow) -> BillDifference {
    let kind = if first.theirs_no == second.theirs_no {
        DifferenceKind::RowTwice
    } else {
        DifferenceKind::TwoTransactions
    };
    BillDifference {
        kind,
        reference: second.ours_no.clone(),
        out_trade_no: second.ours_no.clone(),
        theirs_no: second.theirs_no.clone(),
        order_id: None,
        ours: None,
        theirs: Some(second.amount),
        detail: format!("{} and {}", first.theirs_no, second.theirs_no),
    }
}

/// A refund in the bill against our refund with its number.
pub(super) fn judge_refund(line: &BillRow, ours: Option<&BookedRefund>) -> Option<BillDifference> {
    let about = |kind, detail: String| BillDifference {
        kind,
        reference: line.ours_no.clone(),
        out_trade_no: line.out_trade_no.clone(),
        theirs_no: line.theirs_no.clone(),
        order_id: ours.map(|refund| refund.order_id.to_string()),
        ours: ours.map(|refund| refund.refund_fee),
        theirs: Some(line.amount),
        detail,
    };
    let Some(refund) = ours else { return Some(about(DifferenceKind::UnknownRefund, line.word.clone())) };
    if refund.refund_fee != line.amount || refund.out_trade_no != line.out_trade_no {
        return Some(about(DifferenceKind::RefundAmount, format!("ours of {}", refund.out_trade_no)));
    }
    let detail = || format!("ours {}, theirs {}", refund.state, line.word);
    (!states_agree(&line.word, &refund.state)).then(|| about(DifferenceKind::RefundStatus, detail()))
}

/// Whether our state fits: the bill shows a refund as it was when the bill was made, and
/// ours may be further.
fn states_agree(theirs: &str, ours: &str) -> bool {
    match theirs {
        "PROCESSING" => ["processing", "done", "closed", "abnormal", "refused"].contains(&ours),
        "SUCCESS" => ours == "done",
        "CHANGE" => ["abnormal", "done"].contains(&ours),
        "FAIL" => ["closed", "refused"].contains(&ours),
        _ => false,
    }
}

/// A refund of ours that is not in the bill.
pub(super) fn refund_only_here(refund: &BookedRefund) -> BillDifference {
    BillDifference {
        kind: DifferenceKind::RefundOnlyHere,
        reference: refund.out_refund_no.clone(),
        out_trade_no: refund.out_trade_no.clone(),
        theirs_no: refund.refund_id.clone().unwrap_or_default(),
        order_id: Some(refund.order_id.to_string()),
        ours: Some(refund.refund_fee),
        theirs: None,
        detail: format!("ours {}", refund.state),
    }
}

/// WeChat's fee against the one computed from amount and rate.
pub(super) fn judge_fee(line: &BillRow) -> Option<BillDifference> {
    let millionths = i128::from(millionths(&line.rate)?);
    let due = i64::try_from(i128::from(line.settled.0) * i128::from(A_FEN) * millionths / 1_000_000).ok()?;
    let (taken, due_fen) = (line.fee.checked_abs()?, Fen((due + A_FEN / 2) / A_FEN));
    ((taken - due).abs() >= A_FEN).then(|| BillDifference {
        kind: DifferenceKind::Fee,
        reference: line.ours_no.clone(),
        out_trade_no: String::new(),
        theirs_no: line.theirs_no.clone(),
        order_id: None,
        ours: Some(due_fen),
        theirs: Some(Fen((taken + A_FEN / 2) / A_FEN)),
        detail: format!("rate {}", line.rate),
    })
}

/// A rate such as `0.60%` as millionths, without floating point.
fn millionths(rate: &str) -> Option<i64> {
    let (whole, fraction) = rate.strip_suffix('%')?.split_once('.').unwrap_or((rate.strip_suffix('%')?, ""));
    let fraction: String = fraction.chars().chain("0000".chars()).take(4).collect();
    Some(whole.parse::<i64>().ok()?.checked_mul(10_000)?.checked_add(fraction.parse().ok()?)?)
        .filter(|rate| (0..=1_000_000).contains(rate))
}

/// A payment or refund in the trade bill against the balance changes with its number.
pub(super) fn judge_flow(line: &BillRow, moved: &[&BillRow], fees: &[&BillRow]) -> Option<BillDifference> {
    let about = |kind, ours, theirs, detail: &str| BillDifference {
        kind,
        reference: line.theirs_no.clone(),
        out_trade_no: line.ours_no.clone(),
        theirs_no: line.theirs_no.clone(),
        order_id: None,
        ours: Some(ours),
        theirs,
        detail: detail.to_owned(),
    };
    if line.settled == Fen::ZERO {
        return None;
    }
    let Some(sum) = Fen::sum(moved.iter().map(|line| line.amount)).filter(|_| !moved.is_empty()) else {
        return Some(about(DifferenceKind::NoFlow, line.settled, None, ""));
    };
    if sum != line.settled {
        return Some(about(DifferenceKind::FlowAmount, line.settled, Some(sum), ""));
    }
    // A failed refund returns its fee and takes it again.
    let fee = Fen::sum(fees.iter().map(|line| line.amount)).filter(|_| line.word != "FAIL")?;
    let taken = line.fee.checked_abs()?;
    let is_same = (fee.0.checked_mul(A_FEN)? - taken).abs() < A_FEN;
    (!is_same).then(|| about(DifferenceKind::FlowAmount, Fen((taken + A_FEN / 2) / A_FEN), Some(fee), "fee"))
}

/// A balance change by a payment or refund that is not in the trade bill.
pub(super) fn unknown_flow(line: &BillRow) -> BillDifference {
    BillDifference {
        kind: DifferenceKind::UnknownFlow,
        reference: line.theirs_no.clone(),
        out_trade_no: line.ours_no.clone(),
        theirs_no: line.theirs_no.clone(),
        order_id: None,
        ours: None,
        theirs: Some(line.amount),
        detail: line.word.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::UtcMs;

    fn line(settled: i64, fee: i64, rate: &str) -> BillRow {
        BillRow {
            line: 0,
            ours_no: "1".to_owned(),
            theirs_no: "4200".to_owned(),
            out_trade_no: String::new(),
            word: "SUCCESS".to_owned(),
            amount: Fen(settled),
            settled: Fen(settled),
            fee,
            rate: rate.to_owned(),
            at: UtcMs(0),
        }
    }

    #[test]
    fn a_failed_refund_may_be_replaced_or_wait_for_an_operator() {
        for ours in ["closed", "refused"] {
            assert!(states_agree("FAIL", ours) && states_agree("PROCESSING", ours), "{ours}");
            assert!(!states_agree("SUCCESS", ours), "{ours}");
        }
        assert!(!states_agree("FAIL", "done") && !states_agree("FAIL", "processing"));
    }

    #[test]
    fn case_51_a_fen_of_rounding_is_no_difference_and_more_is() {
        for (settled, fee_, rate) in [
            (1000, 6000, "0.60%"),
            (1, 0, "0.60%"),
            (85, 1000, "0.60%"),
            (1000, -6000, "0.60%"),
            (333, 2000, "0.60%"),
            (1000, 0, "0"),
            (10_000, 38_000, "0.38%"),
        ] {
            assert_eq!(judge_fee(&line(settled, fee_, rate)), None, "{settled} {fee_} {rate}");
        }
        let found = judge_fee(&line(100_000, 900_000, "0.60%")).expect("a difference");
        assert_eq!((found.ours, found.theirs), (Some(Fen(600)), Some(Fen(900))));
    }

    #[test]
    fn a_rate_is_read_without_floating_point() {
        let read = ["0.60%", "1%", "0.6%", "0.005%", "100%", "x%", "0.60", "-1%", "101%"].map(millionths);
        assert_eq!(
            read,
            [Some(6000), Some(10_000), Some(6000), Some(50), Some(1_000_000), None, None, None, None]
        );
    }

    #[test]
    fn the_balance_changes_by_what_is_settled_and_by_the_fee() {
        let (paid, fee_line) = (line(1000, 6000, "0.60%"), line(6, 0, ""));
        assert_eq!(judge_flow(&paid, &[&paid], &[&fee_line]), None);
        let kind = |found: Option<BillDifference>| found.map(|found| found.kind);
        assert_eq!(kind(judge_flow(&paid, &[], &[])), Some(DifferenceKind::NoFlow));
        assert_eq!(kind(judge_flow(&paid, &[&paid, &paid], &[&fee_line])), Some(DifferenceKind::FlowAmount));
        assert_eq!(kind(judge_flow(&paid, &[&paid], &[])), Some(DifferenceKind::FlowAmount));
        assert_eq!(kind(judge_flow(&line(0, 0, "0.60%"), &[], &[])), None, "all of it was a coupon");
    }
}
