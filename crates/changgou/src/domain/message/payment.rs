//! Paying.

super::messages! { Payment, PaymentMessage {
    AlreadyPaid: AlreadyPaid,
        "订单已支付",
        "The order is already paid.";
    OrderClosed: OrderClosed,
        "订单已关闭，请重新下单",
        "The order is closed; please place a new one.";
    PaidOnDelivery: WrongState,
        "该订单为货到付款，无需在线支付",
        "This order is paid on delivery.";
    Unavailable: PaymentUnavailable,
        "暂时无法获取微信支付二维码，请稍后刷新重试；订单已保留",
        "WeChat Pay is unavailable right now; please reload in a moment. Your order is kept.";
    TooManyUnpaidScans: TooManyRequests,
        "未付款的扫码订单过多，请先付款或稍后再试",
        "Too many of your scanned orders are unpaid; please pay them or try again later.";
}}
