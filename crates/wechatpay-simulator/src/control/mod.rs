//! `/sim/…`: the strings that a test pulls. JSON in and out, errors as `{"error", "message"}`.

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

use crate::state::World;

/// All of them.
pub fn routes() -> Router<World> {
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
