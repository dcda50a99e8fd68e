//! Placing, cancelling and removing orders.

use crate::domain::clock::UtcMs;
use crate::domain::id::{OrderId, SkuId};
use crate::domain::money::Fen;

super::messages! { Order, OrderMessage {
    ItemsOffShelf: OffShelf,
        "有商品已下架，请从购物车移除后再下单",
        "Some items are no longer sold; please remove them from the cart.";
    SaleNotStarted { from: UtcMs }: SaleNotStarted,
        "有商品尚未开售，{from} 开售",
        "Not on sale yet: the sale starts at {from} Beijing time.";
    SaleEnded: SaleEnded,
        "有商品的抢购已结束，请从购物车移除后再下单",
        "The sale of some items has ended; please remove them from the cart.";
    LimitExceeded: LimitExceeded,
        "超出每人限购数量，请减少数量",
        "Some quantities exceed the limit per buyer; please reduce them.";
    StockShort: StockShort,
        "库存不足，请减少数量或移除商品后再下单",
        "Not enough stock; please reduce the quantity or remove the item.";
    QuantityOutOfRange { max: i64 }: BadRequest,
        "数量须为 1 到 {max}",
        "A quantity must be from 1 to {max}.";
    TooManyLines { max: usize }: BadRequest,
        "一个订单最多 {max} 种商品，请分开下单",
        "An order can have at most {max} different items; please split it.";
    DuplicateSku { sku_id: SkuId }: BadRequest,
        "skuIds 中商品 {sku_id} 重复",
        "skuIds names SKU {sku_id} twice.";
    TotalTooLarge: BadRequest,
        "订单金额过大，请分开下单",
        "The order total is too large; please split the order.";
    NothingToPay: BadRequest,
        "该商品无需付款，请在商城下单",
        "There is nothing to pay for this item; please order it in the shop.";
    PriceChanged { pay_money: Fen }: PriceChanged,
        "价格有变动，应付金额现为 ¥{pay_money}，请确认后重新提交",
        "The price has changed: the total is now ¥{pay_money}. Please check and submit again.";
    KeyReused: KeyReused,
        "这个幂等键或结算令牌已用于另一个请求，请刷新结算页后重试",
        "This idempotency key or checkout token was used for another request; please reload the checkout page.";
    TokenInvalid: BadRequest,
        "结算令牌有误，请刷新本页",
        "The checkout token is invalid; please reload the page.";
    PayTypeMissing: BadRequest,
        "请选择支付方式",
        "Please choose a payment method.";
    AddressMissing: BadRequest,
        "请先添加收货地址",
        "Please add an address first.";
    ReceiverMissing: BadRequest,
        "请选择收货地址（addressId），或填写收货人、手机和地址（receiverContact、receiverMobile、receiverAddress）",
        "Choose an address (addressId), or give receiverContact, receiverMobile and receiverAddress.";
    ReceiverIncomplete: BadRequest,
        "receiverContact、receiverMobile、receiverAddress 须同时填写",
        "receiverContact, receiverMobile and receiverAddress must be given together.";
    TooManyOpen { max: i64 }: LimitExceeded,
        "您已有 {max} 个订单尚未付款，请先付款或取消一些",
        "You already have {max} orders that are not paid; please pay or cancel some first.";
    OnDeliveryOff: BadRequest,
        "本店不支持货到付款，请选择在线支付",
        "This shop does not offer payment on delivery; please pay online.";
    OnDeliveryTooMuch { max: Fen }: BadRequest,
        "货到付款的订单不能超过 {max}，请选择在线支付",
        "An order paid on delivery can cost at most {max}; please pay online.";
    CannotBeClosed: WrongState,
        "订单已付款或已结束，不能关闭；已付款的订单请退款",
        "The order is paid or over and cannot be closed; refund it if it is paid.";
    TooLateToCancel: WrongState,
        "订单已支付或已进入发货流程，不能直接取消，请申请退款",
        "The order is paid or being shipped and cannot be cancelled; please request a refund.";
    NotOver: WrongState,
        "订单尚未结束，不能删除",
        "The order is still open and cannot be deleted.";
    WrongState { id: OrderId }: WrongState,
        "订单 {id} 当前状态不允许此操作",
        "The current state of order {id} does not allow this.";
}}
