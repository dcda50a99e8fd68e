use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::json::{ControlError, read_json};
use crate::clock::ClockMode;
use crate::notice;
use crate::state::SimulatorState;
use crate::timestamp;

/// One year, which is longer than any time limit of WeChat Pay.
const MAX_ADVANCE_SECONDS: u32 = 366 * 24 * 60 * 60;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AdvanceRequest {
    seconds: u32,
}

#[derive(Serialize)]
pub struct ClockView {
    mode: &'static str,
    now: String,
    now_ms: i64,
    advanced_ms: i64,
}

pub async fn show(State(state): State<SimulatorState>) -> Json<ClockView> {
    Json(view(&state))
}

/// Runs in its own task, because an advance that is cancelled halfway would lose notices.
pub async fn advance(
    State(state): State<SimulatorState>,
    body: Bytes,
) -> Result<Json<ClockView>, ControlError> {
    let AdvanceRequest { seconds } = read_json(&body)?;
    if seconds > MAX_ADVANCE_SECONDS {
        return Err(ControlError::bad_request(format!("`seconds` is at most {MAX_ADVANCE_SECONDS}")));
    }
    let advancing = tokio::spawn(notice::advance::advance(state.clone(), i64::from(seconds) * 1000));
    advancing.await.map_err(|error| ControlError::internal(error.to_string()))?;
    Ok(Json(view(&state)))
}

fn view(state: &SimulatorState) -> ClockView {
    let now_ms = state.clock().now();
    let mode = match state.clock().mode() {
        ClockMode::Real => "real",
        ClockMode::Manual { .. } => "manual",
    };
    ClockView { mode, now: timestamp::rfc3339(now_ms), now_ms, advanced_ms: state.clock().added_ms() }
}
