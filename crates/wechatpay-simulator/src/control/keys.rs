use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::json::{Refusal, read};
use crate::keys::{Certificates, NoticesBy, PlatformKeys};
use crate::state::World;

/// The platform's keys and which of them signs.
#[derive(Serialize)]
pub struct Shown {
    #[serde(flatten)]
    keys: PlatformKeys,
    signing_serial: String,
    notices_by: NoticesBy,
    certificates_are: Certificates,
}

/// Which step of a rotation to take.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rotate {
    #[serde(default)]
    step: Step,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "snake_case")]
enum Step {
    /// A new certificate that signs at once; the old one is still given away.
    #[default]
    Replace,
    /// A new certificate beside the old one, which goes on signing.
    Publish,
    /// The newest certificate signs.
    Switch,
    /// The old ones are forgotten.
    Forget,
    /// Another public key under another id.
    PublicKey,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    notices_by: Option<NoticesBy>,
    certificates_are: Option<Certificates>,
}

pub async fn show(State(world): State<World>) -> Json<Shown> {
    Json(shown(&world))
}

/// Which key signs the notices from now on, and whether there are certificates.
pub async fn set(State(world): State<World>, body: Bytes) -> Result<Json<Shown>, Refusal> {
    let wish: Wish = read(&body)?;
    if let Some(by) = wish.notices_by {
        world.keys().set_notices_by(by);
    }
    if let Some(given) = wish.certificates_are {
        world.keys().set_certificates(given);
    }
    Ok(Json(shown(&world)))
}

/// One step of a rotation.
pub async fn rotate(State(world): State<World>, body: Bytes) -> Result<Json<Shown>, Refusal> {
    let rotate: Rotate = read(if body.is_empty() { b"{}" } else { &body })?;
    let keys = world.keys();
    match rotate.step {
        Step::Replace => {
            keys.add_certificate();
            keys.sign_with_newest();
        }
        Step::Publish => keys.add_certificate(),
        Step::Switch => keys.sign_with_newest(),
        Step::Forget => keys.forget_others(),
        Step::PublicKey => keys.replace_public_key(),
    }
    Ok(Json(shown(&world)))
}

fn shown(world: &World) -> Shown {
    let keys = world.keys();
    Shown {
        keys: keys.shown(),
        signing_serial: keys.signing_serial(),
        notices_by: keys.notices_by(),
        certificates_are: keys.certificates(),
    }
}
