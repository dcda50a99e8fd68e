//! stub
use crate::world::World;
use axum::Router;
pub fn routes() -> Router<World> {
    Router::new()
}
