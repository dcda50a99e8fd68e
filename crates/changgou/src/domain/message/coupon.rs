//! Coupons, and points that are spent like them.

use crate::domain::clock::UtcMs;
use crate::domain::money::Fen;

super::messages! { Coupon, CouponMessage {
    ValidityMissing: BadRequest,
        "优惠券须有有效期：validDays 或晚于现在的 validTo",
        "A coupon needs an end date: validDays, or a validTo after now and validFrom.";
    KindFieldsMismatch: BadRequest,
        "kind 为 amount 时须且只须 amount；为 percent 时须且只须 percent 与 most",
        "A coupon of kind amount takes amount only; one of kind percent takes percent and most.";
    GrantMinMoneyUnused: BadRequest,
        "grantMinMoney 须配合 grantOnPaid",
        "grantMinMoney requires grantOnPaid.";
    ScopeIdsUnused: BadRequest,
        "scopeIds 须配合 scope 为 sku 或 category",
        "scopeIds requires scope sku or category.";
    NoMoreGranted: CouponExhausted,
        "优惠券已发完、已停发，或该用户已领满",
        "This coupon has run out or is no longer granted, or this buyer already has as many as allowed.";
    UsedElsewhere: CouponUsed,
        "优惠券已被其他订单使用",
        "This coupon is used by another order.";
    NotStarted { from: UtcMs }: CouponNotStarted,
        "优惠券 {from} 起可用",
        "This coupon can be used from {from} Beijing time.";
    Expired { until: UtcMs }: CouponExpired,
        "优惠券已于 {until} 过期",
        "This coupon expired at {until} Beijing time.";
    NoMatchingItem: CouponNotMet,
        "优惠券不适用于这些商品",
        "This coupon does not apply to these items.";
    SavesNothing: CouponNotMet,
        "优惠券对这些商品不足一分钱，不必使用",
        "This coupon would take less than one fen off these items.";
    SpendMore { lacks: Fen }: CouponNotMet,
        "还差 ¥{lacks} 可用此优惠券",
        "Spend another ¥{lacks} on its items to use this coupon.";
    PointsInvalid: BadRequest,
        "积分须为非负整数（points）",
        "points must be a whole number of at least zero.";
    PointsChangeOutOfRange { max: i64 }: BadRequest,
        "积分须为 -{max} 到 {max} 的非零整数",
        "points must be a whole number from -{max} to {max}, and not zero.";
    PendingPointsKept: PointsShort,
        "积分不足，未付款订单所得的积分不能扣减",
        "Not enough points; points earned by unpaid orders cannot be taken.";
    PointsShort { balance: i64 }: PointsShort,
        "积分不足，现在可用 {balance} 积分",
        "Not enough points; you can spend {balance} now.";
    PointsOverShare { most: i64 }: PointsOverShare,
        "本单最多可用 {most} 积分",
        "At most {most} points can be used for this order.";
}}
