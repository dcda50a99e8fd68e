use axum::Json;
use axum::body::Bytes;
use axum::extract::State;

use super::json::{ControlError, read_json};
use crate::faults::ActiveFaults;
use crate::faults::fault_spec::FaultPlan;
use crate::state::SimulatorState;

/// The active faults.
pub async fn show(State(state): State<SimulatorState>) -> Json<FaultPlan> {
    Json(FaultPlan { faults: state.faults().left() })
}

/// Replaces all faults, or none if one of them is invalid.
pub async fn replace(
    State(state): State<SimulatorState>,
    body: Bytes,
) -> Result<Json<FaultPlan>, ControlError> {
    let active = ActiveFaults::new(read_json(&body)?).map_err(ControlError::bad_request)?;
    let faults = active.left();
    *state.faults() = active;
    Ok(Json(FaultPlan { faults }))
}
