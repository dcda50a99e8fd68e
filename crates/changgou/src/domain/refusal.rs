//! Why something was not done, in the buyer's terms. A refusal changes nothing.

use crate::domain::lang::Text;

/// A stable word for a refusal; the API's `reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// What was sent cannot be understood or is out of bounds.
    BadRequest,
    /// Nobody is logged in.
    LoginRequired,
    /// Wrong username or password.
    LoginFailed,
    /// The password is right, but must be set anew before it opens anything.
    PasswordReset,
    /// Not allowed for this account.
    Forbidden,
    /// There is no such thing, or it is another buyer's.
    NotFound,
    /// The route exists, but not with this method.
    MethodNotAllowed,
    /// The body is larger than the route takes.
    TooLarge,
    /// The body is of a kind the route does not read.
    UnsupportedMediaType,
    /// The username is taken.
    UsernameTaken,
    /// Something of this id exists already.
    IdTaken,
    /// Too little stock for a line.
    StockShort,
    /// The total is no longer what the buyer saw.
    PriceChanged,
    /// Nothing to buy.
    CartEmpty,
    /// A SKU asked for is not in the cart.
    NotInCart,
    /// The cart holds as many lines as it can.
    CartFull,
    /// A SKU is not on sale.
    OffShelf,
    /// The order is closed.
    OrderClosed,
    /// The order is paid already.
    AlreadyPaid,
    /// The order is not in a state in which this can be done.
    WrongState,
    /// The balance of points does not allow it.
    PointsShort,
    /// Points pay only a share of an order, and this is more.
    PointsOverShare,
    /// The coupon is used by another order.
    CouponUsed,
    /// The coupon is not good yet.
    CouponNotStarted,
    /// The coupon is no longer good.
    CouponExpired,
    /// The coupon is not about these items, or they cost too little.
    CouponNotMet,
    /// No more coupons of this kind are granted, at all or to this buyer.
    CouponExhausted,
    /// A SKU is not sold yet.
    SaleNotStarted,
    /// A SKU is no longer sold.
    SaleEnded,
    /// The buyer has, or would have, more of a SKU than one buyer may.
    LimitExceeded,
    /// The key or token was used for another request.
    KeyReused,
    /// Too many attempts.
    TooManyRequests,
    /// WeChat Pay gave no usable answer; asking again is safe.
    PaymentUnavailable,
    /// Carts cannot be reached for the moment; ask again shortly.
    CartUnavailable,
    /// The shop is full; ask again shortly.
    Busy,
}

impl Reason {
    /// The word.
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

/// A refusal: its word, what to tell the buyer, and facts for a program.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The stable word.
    pub reason: Reason,
    /// What happened and what to do, in both languages.
    pub text: Text,
    /// Facts that go with the word, such as the short SKUs or the new total.
    pub facts: Option<Box<serde_json::Value>>,
    /// Seconds after which asking again makes sense.
    pub retry_after_s: Option<u64>,
}

impl Refusal {
    /// A refusal without facts.
    pub fn new(reason: Reason, zh: impl Into<String>, en: impl Into<String>) -> Refusal {
        Refusal { reason, text: Text::new(zh, en), facts: None, retry_after_s: None }
    }

    /// The same with facts.
    pub fn with(self, facts: serde_json::Value) -> Refusal {
        Refusal { facts: Some(Box::new(facts)), ..self }
    }

    /// The same with a time to wait, in seconds.
    pub fn retry_after(self, seconds: u64) -> Refusal {
        Refusal { retry_after_s: Some(seconds), ..self }
    }

    /// There is no such thing.
    pub fn not_found(zh: &str, en: &str) -> Refusal {
        Refusal::new(Reason::NotFound, format!("{zh}不存在"), format!("There is no such {en}."))
    }

    /// What was sent is wrong.
    pub fn bad_request(zh: impl Into<String>, en: impl Into<String>) -> Refusal {
        Refusal::new(Reason::BadRequest, zh, en)
    }
}
