use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::json::{ControlError, read_json};
use super::pay::{check_openid, refusal};
use super::trades;
use crate::actions;
use crate::scan::{self, LinkError, ScanOutcome};
use crate::state::SimulatorState;
use crate::trade::payment::{DEFAULT_OPENID, Payer};
use crate::trade::store::TradeSelector;
use crate::validation;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScanRequest {
    link: String,
    openid: Option<String>,
    /// Whether to pay the resulting order as well.
    #[serde(default)]
    pay: bool,
}

/// The result of a scan.
#[derive(Serialize)]
pub struct ScanResponse {
    outcome: &'static str,
    message: Option<String>,
    product_id: String,
    trade: Option<trades::TradeView>,
    callback_url: String,
    body: String,
    status: Option<u16>,
    answer: String,
}

/// The merchant's payment callback URL (支付回调URL).
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CallbackUrlBody {
    url: Option<String>,
}

pub async fn callback(State(state): State<SimulatorState>) -> Json<CallbackUrlBody> {
    Json(CallbackUrlBody { url: state.links().callback_url() })
}

pub async fn set_callback(
    State(state): State<SimulatorState>,
    body: Bytes,
) -> Result<Json<CallbackUrlBody>, ControlError> {
    let callback: CallbackUrlBody = read_json(&body)?;
    if callback.url.as_deref().is_some_and(|url| validation::notify_url(url).is_none()) {
        return Err(ControlError::bad_request("`url` is an http address without parameters"));
    }
    state.links().set_callback_url(callback.url.clone());
    Ok(Json(callback))
}

/// Scans a mode-one link like the phone.
pub async fn scan(
    State(state): State<SimulatorState>,
    body: Bytes,
) -> Result<Json<ScanResponse>, ControlError> {
    let request: ScanRequest = read_json(&body)?;
    let openid = check_openid(request.openid.clone().unwrap_or_else(|| DEFAULT_OPENID.to_owned()))?;
    let scanned = scan::scan(&state, &request.link, &openid).await.map_err(strange)?;
    let (outcome, message, trade) = match scanned.outcome {
        ScanOutcome::Order(trade) if request.pay => {
            let payer = Payer { openid, amount: None, coupon: 0 };
            let paid = actions::pay(&state, TradeSelector::Code(&trade.code.url), &payer).map_err(refusal)?;
            ("paid", None, Some(paid))
        }
        ScanOutcome::Order(trade) => ("order", None, Some(*trade)),
        ScanOutcome::Refused(words) => ("refused", Some(words), None),
        ScanOutcome::InvalidAnswer(why) => ("wrong_answer", Some(why.to_owned()), None),
        ScanOutcome::NoAnswer => ("no_answer", None, None),
    };
    let now_ms = state.clock().now();
    Ok(Json(ScanResponse {
        outcome,
        message,
        product_id: scanned.product_id,
        trade: trade.map(|trade| trades::view(&trade, now_ms)),
        callback_url: scanned.url,
        body: scanned.body,
        status: scanned.status,
        answer: scanned.answer,
    }))
}

fn strange(why: LinkError) -> ControlError {
    let word = match why {
        LinkError::NotModeOne => "not_mode_one",
        LinkError::Malformed => "bad_link",
        LinkError::UnknownMerchant => "no_merchant",
        LinkError::BadSignature => "bad_signature",
    };
    ControlError::new(StatusCode::BAD_REQUEST, word, why.to_string())
}
