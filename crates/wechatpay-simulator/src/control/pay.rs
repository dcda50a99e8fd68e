use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use super::json::{Refusal, read};
use super::trades::{Shown, shown};
use crate::actions;
use crate::state::World;
use crate::trade::payment::{DEFAULT_OPENID, PayRefusal, Payer};
use crate::trade::store::Which;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    code_url: Option<String>,
    out_trade_no: Option<String>,
    openid: Option<String>,
    amount: Option<i64>,
    coupon: Option<i64>,
}

/// Pays like the phone does.
pub async fn pay(State(world): State<World>, body: Bytes) -> Result<Json<Shown>, Refusal> {
    let wish: Wish = read(&body)?;
    let payer = payer(&wish)?;
    let trade = match (&wish.code_url, &wish.out_trade_no) {
        (Some(url), None) => actions::pay(&world, Which::Code(url), &payer),
        (None, Some(number)) => actions::pay(&world, Which::Number(number), &payer),
        (Some(_), Some(_)) | (None, None) => {
            return Err(Refusal::bad_request("either `code_url` or `out_trade_no` is needed"));
        }
    };
    Ok(Json(shown(&trade.map_err(refusal)?, world.clock().now())))
}

fn payer(wish: &Wish) -> Result<Payer, Refusal> {
    let openid = wish.openid.clone().unwrap_or_else(|| DEFAULT_OPENID.to_owned());
    let openid = legal_openid(openid)?;
    if wish.amount.is_some_and(|fen| fen < 1) {
        return Err(Refusal::bad_request("`amount` is in fen, at least 1"));
    }
    let coupon = wish.coupon.unwrap_or(0);
    if coupon < 0 {
        return Err(Refusal::bad_request("`coupon` is in fen, at least 0"));
    }
    Ok(Payer { openid, amount: wish.amount, coupon })
}

/// An openid, if it can be one.
pub fn legal_openid(openid: String) -> Result<String, Refusal> {
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let sound = (1..=128).contains(&openid.len()) && openid.bytes().all(legal);
    let why = "`openid` is 1 to 128 letters, digits, _ and -";
    sound.then_some(openid).ok_or_else(|| Refusal::bad_request(why))
}

/// Why the phone does not pay.
pub fn refusal(why: PayRefusal) -> Refusal {
    let (status, word) = match why {
        PayRefusal::Unknown => (StatusCode::NOT_FOUND, "not_found"),
        PayRefusal::Ambiguous => (StatusCode::CONFLICT, "ambiguous"),
        PayRefusal::CodeExpired => (StatusCode::GONE, "code_expired"),
        PayRefusal::Closed => (StatusCode::GONE, "order_closed"),
        PayRefusal::AlreadyPaid => (StatusCode::CONFLICT, "already_paid"),
        PayRefusal::PaidByAnother => (StatusCode::CONFLICT, "paid_by_another"),
        PayRefusal::CouponTooLarge => (StatusCode::BAD_REQUEST, "bad_request"),
    };
    Refusal::new(status, word, why.to_string())
}
