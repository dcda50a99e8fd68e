//! `/sim/…`: the control API for tests. Bodies are JSON; errors are `{"error", "message"}`.

mod clock;
mod faults;
mod json;
mod keys;
mod merchant;
mod notifications;
mod pay;
mod refunds;
mod scan;
mod trades;

use axum::Router;
use axum::routing::{get, post, put};

use crate::state::SimulatorState;

/// All routes.
pub fn routes() -> Router<SimulatorState> {
    Router::new()
        .route("/sim/merchant", get(merchant::show).put(merchant::change))
        .route("/sim/keys", get(keys::show).put(keys::set))
        .route("/sim/keys/rotate", post(keys::rotate))
        .route("/sim/trades", get(trades::list))
        .route("/sim/pay", post(pay::pay))
        .route("/sim/scan", post(scan::scan))
        .route("/sim/native-callback", get(scan::callback).put(scan::set_callback))
        .route("/sim/refunds", get(refunds::list))
        .route("/sim/refund", post(refunds::by_hand))
        .route("/sim/refund-notify-url", put(refunds::notify_url))
        .route("/sim/notifications", get(notifications::list))
        .route("/sim/notifications/resend", post(notifications::resend))
        .route("/sim/faults", get(faults::show).put(faults::replace))
        .route("/sim/clock", get(clock::show))
        .route("/sim/clock/advance", post(clock::advance))
}
