//! Texts about refunds, for buyers and for operators.

use crate::domain::clock::UtcMs;
use crate::domain::lang::Lang;
use crate::store::payment::flag;
use crate::store::payment::refund::{Refund, RefundCause, RefundState};

/// The CSS class and the state shown to the buyer; `None` for a refund that
/// another one replaced.
pub(super) fn state_for_buyer(refund: &Refund, lang: Lang) -> Option<(&'static str, String)> {
    let (tone, words) = match (refund.state, refund.arrived) {
        (RefundState::Opened | RefundState::Processing, _) => {
            ("moving", lang.of("退款中，将原路退回", "Refund in progress").to_owned())
        }
        (RefundState::Done, Some(at)) => ("good", arrived(at, lang)),
        (RefundState::Done, None) => ("good", lang.of("已到账", "Refunded").to_owned()),
        (RefundState::Abnormal | RefundState::Refused, _) => {
            ("due", lang.of("商家正在处理", "The shop is handling it").to_owned())
        }
        (RefundState::Closed, _) => return None,
    };
    Some((tone, words))
}

fn arrived(at: UtcMs, lang: Lang) -> String {
    let at = at.beijing();
    lang.of(&format!("{at} 已到账"), &format!("Refunded {at}")).to_owned()
}

/// The state shown to an operator.
pub(super) fn state(state: RefundState, lang: Lang) -> &'static str {
    match state {
        RefundState::Opened => lang.of("等待微信受理", "Submitting to WeChat Pay"),
        RefundState::Processing => lang.of("微信处理中", "Processing by WeChat Pay"),
        RefundState::Done => lang.of("已到账", "Refunded"),
        RefundState::Closed => lang.of("已由新的退款取代", "Replaced by a new refund"),
        RefundState::Abnormal => lang.of("收款账户异常", "Buyer's account cannot be credited"),
        RefundState::Refused => lang.of("微信拒绝退款", "Refused by WeChat Pay"),
    }
}

/// What an operator can do about a failed refund.
pub(super) fn advice(state: RefundState, lang: Lang) -> &'static str {
    match state {
        RefundState::Abnormal => lang.of(
            "买家的收款账户已注销、冻结或无法入账。请联系买家，改用银行转账等方式退还后登记；如果账户已恢复，也可以重新发起退款。在商户平台处理的退款会自动登记。",
            "The buyer's account is closed, frozen or cannot be credited. Contact the buyer, refund them another way and record it here; if the account works again, retry the refund. Refunds made on the merchant platform are recorded automatically.",
        ),
        RefundState::Refused => lang.of(
            "微信未退款，原因见上。能解决的（余额、权限、证书）请解决后重新发起；不能再退的（例如付款已超过一年）请用其他方式退还买家后登记。",
            "WeChat Pay did not make the refund; see the reason above. If you can fix it (balance, permissions, certificate), fix it and retry. If it can no longer be refunded, for instance more than a year after the payment, refund the buyer another way and record it here.",
        ),
        RefundState::Opened | RefundState::Processing | RefundState::Done | RefundState::Closed => "",
    }
}

pub(super) fn cause(cause: RefundCause, lang: Lang) -> &'static str {
    match cause {
        RefundCause::Goods => lang.of("退货退款", "Returned items"),
        RefundCause::Money => lang.of("仅退款", "Refund without return"),
        RefundCause::PaidAfterClose => lang.of("订单关闭后付款", "Paid after the order was closed"),
        RefundCause::PaidTwice => lang.of("重复付款", "Paid twice"),
        RefundCause::Mismatch => lang.of("付款与订单不符", "Payment does not match the order"),
        RefundCause::Again => lang.of("重新发起的退款", "Retried refund"),
        RefundCause::Platform => lang.of("商户平台退款", "Refunded on the merchant platform"),
    }
}

/// Why a payment waits for review. An unknown word is shown as it is.
pub(super) fn flag_kind(word: &str, lang: Lang) -> &str {
    let kinds = [
        (flag::FlagKind::PaidAfterClose, RefundCause::PaidAfterClose),
        (flag::FlagKind::PaidTwice, RefundCause::PaidTwice),
        (flag::FlagKind::Mismatch, RefundCause::Mismatch),
    ];
    let known = kinds.into_iter().find(|(kind, _)| kind.word() == word);
    known.map_or(word, |(_, why)| cause(why, lang))
}
