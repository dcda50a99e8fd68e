use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::json::{ControlError, read_json};
use crate::keys::{CertificatePolicy, NoticeKeyPolicy, PlatformCredentials};
use crate::state::SimulatorState;

/// The platform's keys and the signing key.
#[derive(Serialize)]
pub struct KeysView {
    #[serde(flatten)]
    keys: PlatformCredentials,
    signing_serial: String,
    notices_by: NoticeKeyPolicy,
    certificates_are: CertificatePolicy,
}

/// A step of a key rotation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RotateRequest {
    #[serde(default)]
    step: RotationStep,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "snake_case")]
enum RotationStep {
    /// A new certificate that signs at once. The old one can still be downloaded.
    #[default]
    Replace,
    /// A new certificate that can be downloaded, while the old one goes on signing.
    Publish,
    /// The newest certificate starts to sign.
    Switch,
    /// The old certificates are removed.
    Forget,
    /// A new public key with a new id.
    PublicKey,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeySettings {
    notices_by: Option<NoticeKeyPolicy>,
    certificates_are: Option<CertificatePolicy>,
}

pub async fn show(State(state): State<SimulatorState>) -> Json<KeysView> {
    Json(view(&state))
}

/// Sets which key signs the notices, and whether there are certificates.
pub async fn set(State(state): State<SimulatorState>, body: Bytes) -> Result<Json<KeysView>, ControlError> {
    let settings: KeySettings = read_json(&body)?;
    if let Some(by) = settings.notices_by {
        state.keys().set_notices_by(by);
    }
    if let Some(given) = settings.certificates_are {
        state.keys().set_certificates(given);
    }
    Ok(Json(view(&state)))
}

/// Performs one step of a key rotation.
pub async fn rotate(
    State(state): State<SimulatorState>,
    body: Bytes,
) -> Result<Json<KeysView>, ControlError> {
    let rotate: RotateRequest = read_json(if body.is_empty() { b"{}" } else { &body })?;
    let keys = state.keys();
    match rotate.step {
        RotationStep::Replace => {
            keys.add_certificate();
            keys.sign_with_newest();
        }
        RotationStep::Publish => keys.add_certificate(),
        RotationStep::Switch => keys.sign_with_newest(),
        RotationStep::Forget => keys.forget_others(),
        RotationStep::PublicKey => keys.replace_public_key(),
    }
    Ok(Json(view(&state)))
}

fn view(state: &SimulatorState) -> KeysView {
    let keys = state.keys();
    KeysView {
        keys: keys.platform_credentials(),
        signing_serial: keys.signing_serial(),
        notices_by: keys.notices_by(),
        certificates_are: keys.certificates(),
    }
}
