use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::options::Merchant;
use crate::world::World;

#[derive(Serialize)]
pub struct Merchants {
    #[serde(flatten)]
    first: Merchant,
    merchants: Vec<Merchant>,
}

/// The keys a client needs: the first merchant's, then everybody's.
pub async fn show(State(world): State<World>) -> Json<Merchants> {
    let merchants = world.merchants().to_vec();
    Json(Merchants { first: merchants[0].clone(), merchants })
}
