//! Money that goes back, in words: for who waits for it, and for who sees to it.

use crate::domain::clock::UtcMs;
use crate::domain::lang::Lang;
use crate::store::payment::flag;
use crate::store::payment::refund::{Refund, RefundCause, RefundState};

/// Where a refund stands for its buyer, and the colour of it. One that another
/// took the place of is none of theirs.
pub(super) fn to_buyer(refund: &Refund, lang: Lang) -> Option<(&'static str, String)> {
    let (tone, words) = match (refund.state, refund.arrived) {
        (RefundState::Opened | RefundState::Processing, _) => {
            ("moving", lang.of("退款中，将原路退回", "On its way back to you").to_owned())
        }
        (RefundState::Done, Some(at)) => ("good", arrived(at, lang)),
        (RefundState::Done, None) => ("good", lang.of("已到账", "Arrived").to_owned()),
        (RefundState::Abnormal | RefundState::Refused, _) => {
            ("due", lang.of("商家正在处理", "The shop is looking into it").to_owned())
        }
        (RefundState::Closed, _) => return None,
    };
    Some((tone, words))
}

fn arrived(at: UtcMs, lang: Lang) -> String {
    let at = at.beijing();
    lang.of(&format!("{at} 已到账"), &format!("Arrived {at}")).to_owned()
}

/// Where a refund stands, for an operator.
pub(super) fn state(state: RefundState, lang: Lang) -> &'static str {
    match state {
        RefundState::Opened => lang.of("等待微信受理", "WeChat is being asked"),
        RefundState::Processing => lang.of("微信处理中", "WeChat is at it"),
        RefundState::Done => lang.of("已到账", "Arrived"),
        RefundState::Closed => lang.of("已由新的退款取代", "Replaced by another"),
        RefundState::Abnormal => lang.of("收款账户异常", "The account takes no money"),
        RefundState::Refused => lang.of("微信拒绝退款", "WeChat refused"),
    }
}

/// What an operator does about a refund that does not go on by itself.
pub(super) fn advice(state: RefundState, lang: Lang) -> &'static str {
    match state {
        RefundState::Abnormal => lang.of(
            "买家的收款账户已注销、冻结或无法入账。请联系买家，改用银行转账等方式退还后登记；如果账户已恢复，也可以再次申请。在商户平台处理的退款会自动登记。",
            "The buyer's account is closed, frozen or takes no money. Get in touch with them, pay them another way and note it here; if the account works again, ask again. What you settle on the merchant platform is noted by itself.",
        ),
        RefundState::Refused => lang.of(
            "微信没有退款，原因见上。能解决的（余额、权限、证书）请解决后再次申请；不能再退的（例如付款已超过一年）请用其他方式退还买家后登记。",
            "WeChat gave nothing back; why stands above. Mend what can be mended (balance, permission, certificate) and ask again. Where it never will, for instance a year after the payment, pay the buyer another way and note it here.",
        ),
        RefundState::Opened | RefundState::Processing | RefundState::Done | RefundState::Closed => "",
    }
}

/// Why money goes back.
pub(super) fn cause(cause: RefundCause, lang: Lang) -> &'static str {
    match cause {
        RefundCause::Goods => lang.of("退货退款", "For goods"),
        RefundCause::Money => lang.of("仅退款", "Money without goods"),
        RefundCause::PaidAfterClose => lang.of("订单关闭后付款", "Paid after the order closed"),
        RefundCause::PaidTwice => lang.of("重复付款", "Paid twice"),
        RefundCause::Mismatch => lang.of("付款与订单不符", "A payment that does not fit its order"),
        RefundCause::Again => lang.of("重新申请的退款", "Asked for again"),
        RefundCause::Platform => lang.of("商户平台退款", "Made on the merchant platform"),
    }
}

/// Why money waits. A word that is not ours is shown as it is.
pub(super) fn held(word: &str, lang: Lang) -> &str {
    let kinds = [
        (flag::FlagKind::PaidAfterClose, RefundCause::PaidAfterClose),
        (flag::FlagKind::PaidTwice, RefundCause::PaidTwice),
        (flag::FlagKind::Mismatch, RefundCause::Mismatch),
    ];
    let known = kinds.into_iter().find(|(kind, _)| kind.word() == word);
    known.map_or(word, |(_, why)| cause(why, lang))
}
