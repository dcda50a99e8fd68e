use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::json::{Refusal, read};
use crate::keys::{MerchantKeys, PlatformKeys, tls_certificate_pem};
use crate::options::Merchant;
use crate::state::World;

#[derive(Serialize)]
pub struct Merchants {
    #[serde(flatten)]
    first: Shown,
    merchants: Vec<Shown>,
    platform: PlatformKeys,
    /// The certificate of the https listener, PEM.
    tls_certificate_pem: String,
}

/// Other keys, set on the merchant platform; the old ones open nothing from then on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    mch_id: Option<String>,
    api_key: Option<String>,
    api_v3_key: Option<String>,
}

/// A merchant with everything he configures a client with.
#[derive(Serialize, Clone)]
struct Shown {
    appid: String,
    api_key: String,
    #[serde(flatten)]
    keys: MerchantKeys,
}

/// The keys a client needs: the first merchant's, then everybody's, then the platform's.
pub async fn show(State(world): State<World>) -> Json<Merchants> {
    let merchants: Vec<Shown> = world.merchants().iter().map(|merchant| shown(&world, merchant)).collect();
    Json(Merchants {
        first: merchants[0].clone(),
        merchants,
        platform: world.keys().shown(),
        tls_certificate_pem: tls_certificate_pem(),
    })
}

/// Changes the keys of the first merchant, or of the one that is named.
pub async fn change(state: State<World>, body: Bytes) -> Result<Json<Merchants>, Refusal> {
    let (world, change): (&World, Change) = (&state.0, read(&body)?);
    let mch_id = change.mch_id.unwrap_or_else(|| world.merchants().remove(0).mch_id);
    if world.merchants().iter().all(|merchant| merchant.mch_id != mch_id) {
        return Err(Refusal::new(StatusCode::NOT_FOUND, "not_found", "no such merchant"));
    }
    if let Some(key) = &change.api_key {
        let plain = key.len() == 32 && key.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let why = "`api_key` is 32 letters and digits";
        plain.then(|| world.change_api_key(&mch_id, key)).ok_or_else(|| Refusal::bad_request(why))?;
    }
    if let Some(key) = &change.api_v3_key {
        let changed = world.keys().change_api_v3_key(&mch_id, key);
        changed.map_err(|error| Refusal::bad_request(error.to_string()))?;
    }
    Ok(show(state).await)
}

fn shown(world: &World, merchant: &Merchant) -> Shown {
    let Merchant { appid, mch_id, api_key } = merchant.clone();
    let known = world.keys().account(&mch_id).map(|account| account.shown.clone());
    Shown { appid, api_key, keys: known.unwrap_or_else(|| MerchantKeys::made_up(&mch_id)) }
}
