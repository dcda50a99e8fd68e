//! Refunds, and the bills they are compared with.

use crate::domain::day::Day;
use crate::domain::id::SkuId;
use crate::domain::money::Fen;

super::messages! { Refund, RefundMessage {
    NotPaidOnline: WrongState,
        "该订单没有可退的在线付款",
        "This order has no WeChat payment to refund.";
    TooManyRefunds { max: usize }: WrongState,
        "一笔付款最多退款 {max} 次",
        "A payment can be refunded at most {max} times.";
    TooManyUnits { sku_id: SkuId }: BadRequest,
        "订单中没有这么多可退的商品（SKU {sku_id}）",
        "The order does not have that many units of SKU {sku_id} left to refund.";
    AmountOutOfRange { left: Fen }: BadRequest,
        "退款金额须大于 0 且不超过剩余可退的 ¥{left}",
        "A refund must be more than 0 and at most the ¥{left} left of this payment.";
    AlreadyReturned: WrongState,
        "该订单已退货",
        "This order has already been returned.";
    AlreadyDecided: WrongState,
        "该退款申请已处理",
        "This refund request has already been decided.";
    NoActionNeeded: WrongState,
        "该退款无需人工处理",
        "This refund needs no manual action.";
    PaymentOfLiveOrder: WrongState,
        "这笔付款属于有效订单，请通过订单退款",
        "This payment belongs to a live order; please refund the order instead.";
    DayNotOver { day: Day }: BadRequest,
        "{day} 尚未结束，没有账单",
        "{day} is not over yet, so there is no bill.";
    ReconciliationRunning { day: Day }: Busy,
        "{day} 正由另一个进程对账，以其结果为准",
        "Another process is reconciling {day}; its result counts.";
}}
