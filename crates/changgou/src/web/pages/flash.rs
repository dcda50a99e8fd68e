//! The line above a page that says what was done, or why it was not.

use super::super::response::ApiProblem;
use crate::domain::lang::Lang;
use crate::domain::refusal::{Reason, Refusal};

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Flash {
    pub tone: &'static str,
    pub text: String,
}

impl Flash {
    /// The message for the word in `?done=`; `None` for unknown words.
    pub(super) fn done(word: Option<&str>, lang: Lang) -> Option<Flash> {
        let (tone, zh, en) = match word? {
            "added" => ("good", "已加入购物车", "Added to cart"),
            "placed" => ("good", "订单提交成功", "Your order has been placed"),
            "refunding" => {
                ("good", "订单已取消，款项将原路退回", "Order cancelled; your refund is on its way")
            }
            "refund-asked" => ("plain", "已申请退款，等待商家处理", "Refund requested; waiting for the shop"),
            "refund-again" => {
                ("good", "已重新向微信申请退款", "The refund has been submitted to WeChat Pay again")
            }
            "refund-paid-out" => ("good", "已登记为其他方式退还", "Marked as refunded another way"),
            "refund-granted" => {
                ("good", "退款已受理，款项将原路退回", "Refund accepted; the money is on its way back")
            }
            "payment-seen-to" => ("good", "已登记处理结果", "Result saved"),
            "refund-denied" => {
                ("good", "已拒绝退款，并告知买家", "Request declined; the buyer has been told")
            }
            "cancelled" => ("good", "订单已取消", "Order cancelled"),
            "asked" => {
                ("plain", "正在取消，等待微信支付确认", "Cancelling; waiting for WeChat Pay to confirm")
            }
            "paid" => {
                ("plain", "订单在取消前已支付，不能取消", "The order was paid first and cannot be cancelled")
            }
            "received" => ("good", "已确认收货，交易完成", "Receipt confirmed; the order is complete"),
            "deleted" => ("good", "订单已删除", "Order deleted"),
            "saved" => ("good", "收货地址已保存", "Address saved"),
            "removed" => ("good", "收货地址已删除", "Address removed"),
            "default" => ("good", "已设为默认地址", "Set as your default address"),
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

    pub(super) fn refused(refusal: &Refusal, lang: Lang) -> Flash {
        Flash { tone: "bad", text: refusal.text(lang).into_owned() }
    }
}

/// The refusal, for the page to show above its form. Failures and a missing login are passed on.
pub(super) fn into_refusal(problem: ApiProblem) -> Result<Refusal, ApiProblem> {
    match problem {
        ApiProblem::Refused(refusal) if refusal.reason == Reason::LoginRequired => {
            Err(ApiProblem::Refused(refusal))
        }
        ApiProblem::Refused(refusal) => Ok(*refusal),
        ApiProblem::Broken => Err(ApiProblem::Broken),
    }
}
