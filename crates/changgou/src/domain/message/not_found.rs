//! Things that do not exist, or that are somebody else's.

use crate::domain::id::OrderId;

super::messages! { NotFound, NotFound {
    Account: NotFound, "用户不存在", "There is no such account.";
    Address: NotFound, "收货地址不存在", "There is no such address.";
    BoundWechat: NotFound, "该用户未绑定微信", "No WeChat user is bound to this account.";
    CartLine: NotFound, "购物车中没有该商品", "This item is not in the cart.";
    Coupon: NotFound, "优惠券不存在", "There is no such coupon.";
    CouponTemplate: NotFound, "优惠券模板不存在", "There is no such coupon template.";
    Order: NotFound, "订单不存在", "There is no such order.";
    OrderOfId { id: OrderId }: NotFound, "订单 {id} 不存在", "There is no order {id}.";
    Page: NotFound, "页面不存在", "There is no such page.";
    /// A payment that fits no order and waits for an operator.
    PendingPayment: NotFound, "待处理款项不存在", "There is no such payment to review.";
    Reconciliation: NotFound, "对账结果不存在", "This day has no reconciliation result.";
    Refund: NotFound, "退款不存在", "There is no such refund.";
    RefundRequest: NotFound, "退款申请不存在", "There is no such refund request.";
    Sku: NotFound, "商品不存在", "There is no such item.";
}}
