//! One line above a page that says what was done, or why it was not.

use super::super::response::ApiProblem;
use crate::domain::lang::Lang;
use crate::domain::refusal::{Reason, Refusal};

/// The line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Flash {
    pub tone: &'static str,
    pub text: String,
}

impl Flash {
    /// What a redirect's `?done=` says, if it is a word of ours.
    pub(super) fn done(word: Option<&str>, lang: Lang) -> Option<Flash> {
        let (tone, zh, en) = match word? {
            "added" => ("good", "已加入购物车", "Added to the cart"),
            "placed" => ("good", "订单提交成功", "Your order is placed"),
            "refunding" => ("good", "已取消，款项原路退回", "Cancelled; the money is on its way back"),
            "refund-asked" => ("plain", "已申请退款，等待商家处理", "Asked for; the shop will decide"),
            "refund-again" => ("good", "已重新向微信申请退款", "WeChat is asked for it again"),
            "refund-paid-out" => ("good", "已登记为其他方式退还", "Noted as paid out by hand"),
            "refund-granted" => ("good", "退款已受理，款项原路退回", "The money is on its way back"),
            "payment-seen-to" => ("good", "已登记处理结果", "Noted how it was seen to"),
            "refund-denied" => ("good", "已告知买家不退款", "The buyer is told that it is not given"),
            "cancelled" => ("good", "订单已取消", "The order is cancelled"),
            "asked" => ("plain", "正在取消，等待微信支付确认", "Being cancelled; WeChat Pay has to confirm"),
            "paid" => {
                ("plain", "订单在取消前已支付，不能取消", "The order was paid before it could be cancelled")
            }
            "received" => ("good", "已确认收货，交易完成", "Received; the order is complete"),
            "deleted" => ("good", "订单已删除", "The order is removed from your list"),
            "saved" => ("good", "收货地址已保存", "The address is saved"),
            "removed" => ("good", "收货地址已删除", "The address is removed"),
            "default" => ("good", "已设为默认地址", "This is your default address now"),
            "unpaid" => (
                "plain",
                "微信支付尚未收到这笔付款。若您已付款，请稍等片刻再查询",
                "WeChat Pay has not received this payment yet. If you have paid, please check again in a moment",
            ),
            _ => return None,
        };
        let text = lang.of(zh, en).to_owned();
        Some(Flash { tone, text })
    }

    /// Why something was not done.
    pub(super) fn refused(refusal: &Refusal, lang: Lang) -> Flash {
        Flash { tone: "bad", text: refusal.text.of(lang).to_owned() }
    }
}

/// A refusal that the page itself can tell; what it cannot mend goes on.
pub(super) fn tellable(problem: ApiProblem) -> Result<Refusal, ApiProblem> {
    match problem {
        ApiProblem::Refused(refusal) if refusal.reason == Reason::LoginRequired => {
            Err(ApiProblem::Refused(refusal))
        }
        ApiProblem::Refused(refusal) => Ok(*refusal),
        ApiProblem::Broken => Err(ApiProblem::Broken),
    }
}
