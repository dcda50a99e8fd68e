use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::json::{ControlError, read_json};
use crate::keys::{MerchantKeys, PlatformCredentials, tls_certificate_pem};
use crate::options::Merchant;
use crate::state::SimulatorState;

#[derive(Serialize)]
pub struct MerchantsView {
    #[serde(flatten)]
    first: MerchantView,
    merchants: Vec<MerchantView>,
    platform: PlatformCredentials,
    /// The certificate of the https listener, PEM.
    tls_certificate_pem: String,
}

/// New keys, as set on the merchant platform. The old ones stop working.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MerchantChange {
    mch_id: Option<String>,
    api_key: Option<String>,
    api_v3_key: Option<String>,
}

/// A merchant with all settings that a client needs.
#[derive(Serialize, Clone)]
struct MerchantView {
    appid: String,
    api_key: String,
    #[serde(flatten)]
    keys: MerchantKeys,
}

/// The keys that clients need: those of the first merchant, of all merchants, and of the platform.
pub async fn show(State(state): State<SimulatorState>) -> Json<MerchantsView> {
    let merchants: Vec<MerchantView> =
        state.merchants().iter().map(|merchant| view(&state, merchant)).collect();
    Json(MerchantsView {
        first: merchants[0].clone(),
        merchants,
        platform: state.keys().platform_credentials(),
        tls_certificate_pem: tls_certificate_pem(),
    })
}

/// Changes the keys of the named merchant, by default the first one.
pub async fn change(
    State(state): State<SimulatorState>,
    body: Bytes,
) -> Result<Json<MerchantsView>, ControlError> {
    let change: MerchantChange = read_json(&body)?;
    let mch_id = change.mch_id.unwrap_or_else(|| state.merchants().remove(0).mch_id);
    if state.merchants().iter().all(|merchant| merchant.mch_id != mch_id) {
        return Err(ControlError::new(StatusCode::NOT_FOUND, "not_found", "no such merchant"));
    }
    if let Some(key) = &change.api_key {
        let plain = key.len() == 32 && key.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let why = "`api_key` is 32 letters and digits";
        plain.then(|| state.change_api_key(&mch_id, key)).ok_or_else(|| ControlError::bad_request(why))?;
    }
    if let Some(key) = &change.api_v3_key {
        let changed = state.keys().change_api_v3_key(&mch_id, key);
        changed.map_err(|error| ControlError::bad_request(error.to_string()))?;
    }
    Ok(show(State(state)).await)
}

fn view(state: &SimulatorState, merchant: &Merchant) -> MerchantView {
    let Merchant { appid, mch_id, api_key } = merchant.clone();
    let known = state.keys().account(&mch_id).map(|account| account.keys.clone());
    MerchantView { appid, api_key, keys: known.unwrap_or_else(|| MerchantKeys::generated(&mch_id)) }
}
