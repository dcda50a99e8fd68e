use axum::Json;
use axum::body::Bytes;
use axum::extract::State;

use super::json::{Refusal, read};
use crate::faults::Armed;
use crate::faults::fault_spec::Plan;
use crate::state::World;

/// What may still happen.
pub async fn show(State(world): State<World>) -> Json<Plan> {
    Json(Plan { faults: world.faults().left() })
}

/// Replaces all of them, or none if one makes no sense.
pub async fn replace(State(world): State<World>, body: Bytes) -> Result<Json<Plan>, Refusal> {
    let armed = Armed::new(read(&body)?).map_err(Refusal::bad_request)?;
    let faults = armed.left();
    *world.faults() = armed;
    Ok(Json(Plan { faults }))
}
