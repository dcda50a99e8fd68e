use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::json::{Refusal, read};
use crate::clock::ClockMode;
use crate::notice;
use crate::state::World;
use crate::timestamp;

/// A year: more than anything at WeChat Pay lasts.
const MAX_ADVANCE_SECONDS: u32 = 366 * 24 * 60 * 60;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: u32,
}

#[derive(Serialize)]
pub struct Shown {
    mode: &'static str,
    now: String,
    now_ms: i64,
    advanced_ms: i64,
}

pub async fn show(State(world): State<World>) -> Json<Shown> {
    Json(shown(&world))
}

/// Runs to its end even if the caller does not wait for it: half an advance would lose notices.
pub async fn advance(State(world): State<World>, body: Bytes) -> Result<Json<Shown>, Refusal> {
    let Advance { seconds } = read(&body)?;
    if seconds > MAX_ADVANCE_SECONDS {
        return Err(Refusal::bad_request(format!("`seconds` is at most {MAX_ADVANCE_SECONDS}")));
    }
    let advancing = tokio::spawn(notice::advance::advance(world.clone(), i64::from(seconds) * 1000));
    advancing.await.map_err(|error| Refusal::internal(error.to_string()))?;
    Ok(Json(shown(&world)))
}

fn shown(world: &World) -> Shown {
    let now_ms = world.clock().now();
    let mode = match world.clock().mode() {
        ClockMode::Real => "real",
        ClockMode::Manual { .. } => "manual",
    };
    Shown { mode, now: timestamp::rfc3339(now_ms), now_ms, advanced_ms: world.clock().added_ms() }
}
