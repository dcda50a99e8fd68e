//! The phone: pages for paying and for watching and controlling the simulator. They work without JavaScript.

mod cancelled;
mod confirm;
mod console;
mod home;
mod html;
mod language;
mod notifications;
mod page;
mod paid;
mod product;

use axum::Router;
use axum::routing::{get, post};

use crate::state::SimulatorState;

/// All pages.
pub fn routes() -> Router<SimulatorState> {
    Router::new()
        .route("/", get(home::show))
        .route("/phone/pay", post(paid::pay))
        .route("/phone/paid", get(paid::show))
        .route("/phone/cancelled", get(cancelled::show))
        .route("/notifications", get(notifications::show))
        .route("/console", get(console::show))
        .route("/console/advance", post(console::advance))
        .route("/console/faults", post(console::arm))
}
