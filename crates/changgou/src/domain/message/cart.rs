//! The cart.

super::messages! { Cart, CartMessage {
    Full { max: usize }: CartFull,
        "购物车最多放 {max} 种商品，请先移除一些",
        "A cart holds at most {max} different items; please remove some first.";
    QuantityOutOfRange { max: i64 }: BadRequest,
        "单个商品每次购买 1 到 {max} 件",
        "You can buy 1 to {max} of an item at a time.";
    QuantityNotWhole: BadRequest,
        "数量须为整数",
        "A quantity must be a whole number.";
    NothingTicked: CartEmpty,
        "请先勾选要购买的商品",
        "Please select the items to buy first.";
    /// A request names an empty list of SKUs.
    NoSkusNamed: CartEmpty,
        "没有选择要购买的商品",
        "No items are selected.";
    NothingSelected: CartEmpty,
        "购物车中没有要购买的商品",
        "The cart has no items to buy.";
    /// Told to an operator about a buyer.
    BuyersCartEmpty: CartEmpty,
        "该用户的购物车是空的",
        "This buyer's cart is empty.";
    LinesGone: NotInCart,
        "有商品已不在购物车中，请返回购物车确认",
        "Some of these items are no longer in the cart; please check the cart.";
    Unreachable: CartUnavailable,
        "购物车暂时无法访问，请稍后再试；其他功能不受影响",
        "Carts are unavailable for the moment; please try again shortly. Everything else works.";
}}
