//! The API's words for why something was not done.

/// Why a request was refused: the API's `reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The request cannot be read, or a value is out of bounds.
    BadRequest,
    /// The caller is not logged in.
    LoginRequired,
    /// Wrong username or password.
    LoginFailed,
    /// The password is right, but must be reset before the account can be used.
    PasswordReset,
    /// Not allowed for this account.
    Forbidden,
    /// It does not exist, or belongs to another buyer.
    NotFound,
    /// The route exists, but not with this method.
    MethodNotAllowed,
    /// The body is larger than the route allows.
    TooLarge,
    /// The route does not read this content type.
    UnsupportedMediaType,
    UsernameTaken,
    /// The id is used already.
    IdTaken,
    /// Too little stock for a line.
    StockShort,
    /// The total differs from the one the buyer saw.
    PriceChanged,
    /// Nothing to buy.
    CartEmpty,
    /// A requested SKU is not in the cart.
    NotInCart,
    /// The cart cannot hold more lines.
    CartFull,
    /// A SKU is not on sale.
    OffShelf,
    OrderClosed,
    AlreadyPaid,
    /// The state of the order does not allow it.
    WrongState,
    /// The balance of points does not allow it.
    PointsShort,
    /// More points than may be used for one order.
    PointsOverShare,
    /// The coupon is used by another order.
    CouponUsed,
    /// The coupon is not valid yet.
    CouponNotStarted,
    /// The coupon is no longer valid.
    CouponExpired,
    /// The coupon does not apply to these items, or they cost too little.
    CouponNotMet,
    /// No more of these coupons are granted, to anyone or to this buyer.
    CouponExhausted,
    /// A SKU is not sold yet.
    SaleNotStarted,
    /// A SKU is no longer sold.
    SaleEnded,
    /// The buyer would exceed the limit of a SKU per buyer.
    LimitExceeded,
    /// The key or token was used for another request.
    KeyReused,
    /// Too many attempts.
    TooManyRequests,
    /// WeChat Pay gave no usable answer; a retry is safe.
    PaymentUnavailable,
    /// Carts are unavailable for the moment; retry shortly.
    CartUnavailable,
    /// The shop is overloaded; retry shortly.
    Busy,
}

impl Reason {
    /// The word in the API and in metrics.
    pub fn word(self) -> &'static str {
        match self {
            Reason::BadRequest => "bad_request",
            Reason::LoginRequired => "login_required",
            Reason::LoginFailed => "login_failed",
            Reason::PasswordReset => "password_reset",
            Reason::Forbidden => "forbidden",
            Reason::NotFound => "not_found",
            Reason::MethodNotAllowed => "method_not_allowed",
            Reason::TooLarge => "too_large",
            Reason::UnsupportedMediaType => "unsupported_media_type",
            Reason::UsernameTaken => "username_taken",
            Reason::IdTaken => "id_taken",
            Reason::StockShort => "stock_short",
            Reason::PriceChanged => "price_changed",
            Reason::CartEmpty => "cart_empty",
            Reason::NotInCart => "not_in_cart",
            Reason::CartFull => "cart_full",
            Reason::OffShelf => "off_shelf",
            Reason::OrderClosed => "order_closed",
            Reason::AlreadyPaid => "already_paid",
            Reason::WrongState => "wrong_state",
            Reason::PointsShort => "points_short",
            Reason::PointsOverShare => "points_over_share",
            Reason::CouponUsed => "coupon_used",
            Reason::CouponNotStarted => "coupon_not_started",
            Reason::CouponExpired => "coupon_expired",
            Reason::CouponNotMet => "coupon_not_met",
            Reason::CouponExhausted => "coupon_exhausted",
            Reason::SaleNotStarted => "sale_not_started",
            Reason::SaleEnded => "sale_ended",
            Reason::LimitExceeded => "limit_exceeded",
            Reason::KeyReused => "key_reused",
            Reason::TooManyRequests => "too_many_requests",
            Reason::PaymentUnavailable => "payment_unavailable",
            Reason::CartUnavailable => "cart_unavailable",
            Reason::Busy => "busy",
        }
    }
}
