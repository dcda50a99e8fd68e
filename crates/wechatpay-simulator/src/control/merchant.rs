use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::keys::{MerchantKeys, PlatformKeys, tls_certificate_pem};
use crate::options::Merchant;
use crate::world::World;

#[derive(Serialize)]
pub struct Merchants {
    #[serde(flatten)]
    first: Shown,
    merchants: Vec<Shown>,
    platform: PlatformKeys,
    /// The certificate of the https listener, PEM.
    tls_certificate_pem: String,
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

fn shown(world: &World, merchant: &Merchant) -> Shown {
    let Merchant { appid, mch_id, api_key } = merchant.clone();
    let known = world.keys().account(&mch_id).map(|account| account.shown.clone());
    Shown { appid, api_key, keys: known.unwrap_or_else(|| MerchantKeys::made_up(&mch_id)) }
}
