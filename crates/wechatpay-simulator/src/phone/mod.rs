//! The phone: pages to pay with, and to see and order what the simulator does. They work without JavaScript.

mod cancelled;
mod confirm;
mod console;
mod done;
mod home;
mod html;
mod notifications;
mod page;
mod product;
mod words;

use axum::Router;
use axum::routing::{get, post};

use crate::world::World;

/// All pages.
pub fn routes() -> Router<World> {
    Router::new()
        .route("/", get(home::show))
        .route("/phone/pay", post(done::pay))
        .route("/phone/paid", get(done::show))
        .route("/phone/cancelled", get(cancelled::show))
        .route("/notifications", get(notifications::show))
        .route("/console", get(console::show))
        .route("/console/advance", post(console::advance))
        .route("/console/faults", post(console::arm))
}
