use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use super::json::{ControlError, read_json};
use super::trades::{TradeView, view};
use crate::actions;
use crate::state::SimulatorState;
use crate::trade::payment::{DEFAULT_OPENID, PayError, Payer};
use crate::trade::store::TradeSelector;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PayRequest {
    code_url: Option<String>,
    out_trade_no: Option<String>,
    openid: Option<String>,
    amount: Option<i64>,
    coupon: Option<i64>,
}

/// Pays like the phone.
pub async fn pay(State(state): State<SimulatorState>, body: Bytes) -> Result<Json<TradeView>, ControlError> {
    let request: PayRequest = read_json(&body)?;
    let payer = payer(&request)?;
    let trade = match (&request.code_url, &request.out_trade_no) {
        (Some(url), None) => actions::pay(&state, TradeSelector::Code(url), &payer),
        (None, Some(number)) => actions::pay(&state, TradeSelector::Number(number), &payer),
        (Some(_), Some(_)) | (None, None) => {
            return Err(ControlError::bad_request("either `code_url` or `out_trade_no` is needed"));
        }
    };
    Ok(Json(view(&trade.map_err(refusal)?, state.clock().now())))
}

fn payer(request: &PayRequest) -> Result<Payer, ControlError> {
    let openid = request.openid.clone().unwrap_or_else(|| DEFAULT_OPENID.to_owned());
    let openid = check_openid(openid)?;
    if request.amount.is_some_and(|fen| fen < 1) {
        return Err(ControlError::bad_request("`amount` is in fen, at least 1"));
    }
    let coupon = request.coupon.unwrap_or(0);
    if coupon < 0 {
        return Err(ControlError::bad_request("`coupon` is in fen, at least 0"));
    }
    Ok(Payer { openid, amount: request.amount, coupon })
}

/// Checks an openid.
pub fn check_openid(openid: String) -> Result<String, ControlError> {
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let sound = (1..=128).contains(&openid.len()) && openid.bytes().all(legal);
    let why = "`openid` is 1 to 128 letters, digits, _ and -";
    sound.then_some(openid).ok_or_else(|| ControlError::bad_request(why))
}

/// The error response for a payment that failed.
pub fn refusal(why: PayError) -> ControlError {
    let (status, word) = match why {
        PayError::Unknown => (StatusCode::NOT_FOUND, "not_found"),
        PayError::Ambiguous => (StatusCode::CONFLICT, "ambiguous"),
        PayError::CodeExpired => (StatusCode::GONE, "code_expired"),
        PayError::Closed => (StatusCode::GONE, "order_closed"),
        PayError::AlreadyPaid => (StatusCode::CONFLICT, "already_paid"),
        PayError::PaidByAnother => (StatusCode::CONFLICT, "paid_by_another"),
        PayError::CouponTooLarge => (StatusCode::BAD_REQUEST, "bad_request"),
    };
    ControlError::new(status, word, why.to_string())
}
