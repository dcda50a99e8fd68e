//! The refusals a route may answer with, as groups for `#[utoipa::path]`.
//! Status, code and word are those of the code that answers.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use utoipa::IntoResponses;
use utoipa::openapi::{Ref, RefOr, Response};

use super::super::response::{code, status};
use crate::domain::refusal::Reason;

macro_rules! groups {
    ($($(#[$doc:meta])* $name:ident: $($reason:ident),+;)+) => {
    $(
        $(#[$doc])*
        pub(in crate::web) enum $name {}

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                by_status(stringify!($name), &[$(Reason::$reason),+])
            }
        }
    )+

    const GROUPS: &[(&str, &[Reason])] = &[$((stringify!($name), &[$(Reason::$reason),+])),+];
    };
}

groups! {
    Input: BadRequest;
    Body: BadRequest, TooLarge, UnsupportedMediaType;
    Login: LoginRequired;
    /// For operators, and for whatever changes something: another site's page is refused.
    Access: LoginRequired, Forbidden;
    NotFound: NotFound;
    WrongMethod: MethodNotAllowed;
    WrongState: WrongState;
    IdTaken: IdTaken;
    UsernameTaken: UsernameTaken;
    StockShort: StockShort;
    PointsShort: PointsShort;
    CouponExhausted: CouponExhausted;
    WrongPassword: LoginFailed, PasswordReset, TooManyRequests;
    CartChange: OffShelf, CartFull;
    StockTaking: CartEmpty, StockShort;
    Discount: CouponUsed, CouponNotStarted, CouponExpired, CouponNotMet, PointsShort, PointsOverShare;
    Placing: CartEmpty, NotInCart, OffShelf, SaleNotStarted, SaleEnded, LimitExceeded, StockShort, CouponUsed,
        CouponNotStarted, CouponExpired, CouponNotMet, PointsShort, PointsOverShare, PriceChanged, KeyReused;
    Paying: OrderClosed, AlreadyPaid, WrongState;
    Failure: Busy;
    CartFailure: Busy, CartUnavailable;
    PaymentFailure: Busy, PaymentUnavailable;
}

/// For routes that read a body but have no [`Body`].
pub(in crate::web) enum LateBody {}

impl IntoResponses for LateBody {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        [("408".to_owned(), Ref::from_response_name("RequestTimeout").into())].into()
    }
}

/// What people read about each reason.
const TEXTS: [(Reason, &str); 35] = [
    (Reason::BadRequest, "内容有误或超出范围 / Cannot be understood, or out of bounds"),
    (Reason::LoginRequired, "没有登录或登录已失效 / Nobody is logged in, or the login is over"),
    (Reason::LoginFailed, "用户名或密码错误 / Wrong username or password"),
    (Reason::PasswordReset, "密码正确，但须重新设置 / The password is right, but must be set anew"),
    (
        Reason::Forbidden,
        "权限不足，或请求来自其他网站 / Not allowed for this account, or asked from another site",
    ),
    (Reason::NotFound, "不存在，或属于别人 / There is no such thing, or it is somebody else's"),
    (Reason::MethodNotAllowed, "此地址不支持该请求方法 / The route does not take that method"),
    (Reason::TooLarge, "请求体超过 65536 字节 / The body has more than 65536 bytes"),
    (Reason::UnsupportedMediaType, "不支持的 Content-Type / The body is of a kind the route does not read"),
    (Reason::UsernameTaken, "用户名已被使用 / The username is taken"),
    (
        Reason::StockShort,
        "库存不足；下单时给出名称、要买的数量和现有库存 / Too little stock; when ordering, with name, what was asked for and what there is",
    ),
    (Reason::PriceChanged, "应付金额与买家看到的不同 / The total is no longer what the buyer saw"),
    (Reason::CartEmpty, "没有要买的商品 / Nothing to buy"),
    (Reason::NotInCart, "有商品不在购物车中 / A SKU asked for is not in the cart"),
    (Reason::CartFull, "购物车最多 100 种商品 / A cart holds 100 different SKUs"),
    (Reason::OffShelf, "商品已下架 / A SKU is no longer sold"),
    (Reason::OrderClosed, "订单已关闭 / The order is closed"),
    (Reason::AlreadyPaid, "订单已支付 / The order is paid already"),
    (Reason::IdTaken, "编号已存在 / This id exists already"),
    (Reason::WrongState, "订单当前状态不允许此操作 / The order is not in a state in which this can be done"),
    (
        Reason::PointsShort,
        "积分不足；下单时给出现有与可用的积分 / The balance does not allow it; when ordering, with what there is and what may be used",
    ),
    (
        Reason::PointsOverShare,
        "积分只能抵扣一部分，这超出了上限 / Points pay only a share of an order, and this is more",
    ),
    (Reason::CouponUsed, "优惠券已被其他订单使用 / The coupon is used by another order"),
    (Reason::CouponNotStarted, "优惠券还没到使用时间 / The coupon is not good yet"),
    (Reason::CouponExpired, "优惠券已过期 / The coupon is no longer good"),
    (
        Reason::CouponNotMet,
        "优惠券不适用于这些商品，或金额不足 / The coupon is not about these items, or they cost too little",
    ),
    (
        Reason::CouponExhausted,
        "优惠券已发完、已停发或已领满 / No more coupons of this kind are granted, at all or to this buyer",
    ),
    (Reason::SaleNotStarted, "有商品尚未开售 / A SKU is not sold yet"),
    (Reason::SaleEnded, "有商品的抢购已结束 / A SKU is no longer sold"),
    (Reason::LimitExceeded, "超出每人限购数量 / The buyer would have more of a SKU than one buyer may"),
    (
        Reason::KeyReused,
        "幂等键、结算令牌或编号已用于别的内容 / The key, token or id was used for something else",
    ),
    (Reason::TooManyRequests, "尝试次数过多 / Too many attempts"),
    (
        Reason::PaymentUnavailable,
        "微信支付没有给出可用的回答，可以重试 / WeChat Pay gave no usable answer; asking again is safe",
    ),
    (
        Reason::CartUnavailable,
        "购物车暂时无法访问，请稍后再试；其他功能不受影响 / Carts cannot be reached for the moment; all else works",
    ),
    (Reason::Busy, "系统繁忙，请稍后再试 / The shop is full; ask again shortly"),
];

const LATE_BODY: &str =
    "请求体没有按时到达，请求未被处理 / The body did not arrive in time, and nothing was done";

const INTERNAL_ERROR: &str = "系统错误 / Something went wrong on our side";

/// A refusal as the description names it.
struct Described {
    name: String,
    word: &'static str,
    code: u32,
    status: u16,
    text: &'static str,
}

fn described(reason: Reason) -> Described {
    let text = TEXTS.iter().find(|(other, _)| *other == reason).map(|(_, text)| *text);
    Described {
        name: format!("{reason:?}"),
        word: reason.word(),
        code: code(reason),
        status: status(reason).as_u16(),
        text: text.expect("every reason has a text"),
    }
}

fn all() -> Vec<Described> {
    let (name, word) = ("InternalError".to_owned(), "internal_error");
    let broken = Described { name, word, code: 20001, status: 500, text: INTERNAL_ERROR };
    let (name, word) = ("RequestTimeout".to_owned(), Reason::BadRequest.word());
    let late = Described { name, word, code: code(Reason::BadRequest), status: 408, text: LATE_BODY };
    TEXTS.iter().map(|(reason, _)| described(*reason)).chain([broken, late]).collect()
}

/// The refusals of a group by the status they are sent with, and the name of their response.
fn responses(group: &str, reasons: &[Reason]) -> BTreeMap<u16, (String, Vec<Described>)> {
    let mut sorted: BTreeMap<u16, (String, Vec<Described>)> = BTreeMap::new();
    for refusal in reasons.iter().map(|reason| described(*reason)) {
        let (name, refusals) = sorted.entry(refusal.status).or_default();
        *name = if refusals.is_empty() { refusal.name.clone() } else { group.to_owned() };
        refusals.push(refusal);
    }
    sorted
}

/// References to the responses of a group; what may be busy reads the database, which may fail,
/// and a body that may be too large may be late.
fn by_status(group: &str, reasons: &[Reason]) -> BTreeMap<String, RefOr<Response>> {
    let named = responses(group, reasons).into_iter().map(|(status, (name, _))| (status, name));
    let broken = reasons.contains(&Reason::Busy).then(|| (500, "InternalError".to_owned()));
    let late = reasons.contains(&Reason::TooLarge).then(|| (408, "RequestTimeout".to_owned()));
    named
        .chain(broken)
        .chain(late)
        .map(|(status, name)| (status.to_string(), Ref::from_response_name(name).into()))
        .collect()
}

fn response(refusals: &[Described]) -> Value {
    let of = |refusal: &Described| json!({ "$ref": format!("#/components/schemas/{}Refusal", refusal.name) });
    let schema = match refusals {
        [only] => of(only),
        several => json!({ "oneOf": several.iter().map(of).collect::<Vec<_>>() }),
    };
    let halves: Vec<_> = refusals.iter().filter_map(|refusal| refusal.text.split_once(" / ")).collect();
    let [zh, en] =
        [halves.iter().map(|half| half.0).collect::<Vec<_>>(), halves.iter().map(|half| half.1).collect()];
    let description = format!("{} / {}", zh.join("；"), en.join("; "));
    let mut response = json!({ "description": description });
    let is_before_sale = refusals.iter().any(|refusal| refusal.word == Reason::SaleNotStarted.word());
    match refusals[0].status {
        405 => response["headers"] = header("Allow", "Allow"),
        409 if is_before_sale => response["headers"] = header("Retry-After", "Sale-Begins-After"),
        429 | 503 => response["headers"] = header("Retry-After", "Retry-After"),
        _ => {}
    }
    response["content"] = json!({ "application/json": { "schema": schema } });
    response
}

fn header(name: &str, component: &str) -> Value {
    json!({ name: { "$ref": format!("#/components/headers/{component}") } })
}

/// The responses of all refusals and groups by name.
pub(super) fn named_responses() -> BTreeMap<String, Value> {
    let grouped = GROUPS.iter().flat_map(|(group, reasons)| responses(group, reasons).into_values());
    let single = all().into_iter().map(|refusal| (refusal.name.clone(), vec![refusal]));
    grouped.chain(single).map(|(name, refusals)| (name, response(&refusals))).collect()
}

/// The schemas of all refusals by name; `facts` are the schemas of their `data`.
pub(super) fn schemas(facts: &Value) -> Vec<(String, Value)> {
    let all = all().into_iter().map(|Described { name, word, code, text, .. }| {
        let data = facts.get(word).cloned().unwrap_or_else(|| json!({ "type": "null" }));
        let own =
            json!({ "properties": { "code": { "const": code }, "reason": { "const": word }, "data": data } });
        let schema =
            json!({ "allOf": [{ "$ref": "#/components/schemas/Refusal" }, own], "description": text });
        (format!("{name}Refusal"), schema)
    });
    all.collect()
}

/// The words of all reasons.
pub(super) fn words() -> Vec<&'static str> {
    let mut words: Vec<&'static str> = all().iter().map(|refusal| refusal.word).collect();
    // A late body has the word of other requests that cannot be read.
    words.pop();
    words
}
