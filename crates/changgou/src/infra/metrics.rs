//! Every metric of the program: name, kind, unit and the help text at `/metrics`.

use metrics::Unit;

macro_rules! declare {
    ($($kind:ident $constant:ident = $name:literal, $unit:ident, $help:literal;)+) => {
        $(pub const $constant: &str = $name;)+

        /// Gives the recorder the help texts. Call it once the recorder is installed.
        pub fn describe() {
            $(declare!(@describe $kind $constant, Unit::$unit, $help);)+
        }
    };
    (@describe counter $constant:ident, $unit:expr, $help:literal) => {
        metrics::describe_counter!($constant, $unit, $help)
    };
    (@describe gauge $constant:ident, $unit:expr, $help:literal) => {
        metrics::describe_gauge!($constant, $unit, $help)
    };
    (@describe histogram $constant:ident, $unit:expr, $help:literal) => {
        metrics::describe_histogram!($constant, $unit, $help)
    };
}

declare! {
    histogram HTTP_SECONDS = "changgou_http_seconds", Seconds,
        "time from request to answer, by route, method and status";
    counter REFUSALS = "changgou_refusals_total", Count,
        "refused requests, by reason";
    counter LOGIN_FAILURES = "changgou_login_failures_total", Count,
        "logins with a wrong password";
    histogram PLACE_BATCH_ORDERS = "changgou_place_batch_orders", Count,
        "orders placed in one transaction";
    histogram SETTLED_TOGETHER = "changgou_settled_together", Count,
        "payments settled in one transaction";
    counter SETTLED = "changgou_settled_total", Count,
        "payments that were reported by WeChat, by outcome";
    counter NOTICES = "changgou_notices_total", Count,
        "notices from WeChat, by protocol and outcome";
    counter SCANS = "changgou_scans_total", Count,
        "scans of a SKU's own code, by outcome";
    counter REFUND_TROUBLES = "changgou_refund_troubles_total", Count,
        "refunds that need a person, by state";
    counter RECONCILE_DIFFERENCES = "changgou_reconcile_differences_total", Count,
        "differences between the shop's records and WeChat's bills, by kind";
    counter RECONCILE_BAD_BILLS = "changgou_reconcile_bad_bills_total", Count,
        "bills that were incomplete or did not add up, by bill";
    counter SECOND_ADDRESS = "changgou_wechat_second_address_total", Count,
        "calls that WeChat's second address answered because the first did not";
    counter OLD_KEY = "changgou_wechat_old_key_total", Count,
        "messages that were verified with a key that is being replaced";
    gauge DUE_BACKLOG = "changgou_due_backlog", Count,
        "pieces of due work that wait";
    gauge DUE_OLDEST_SECONDS = "changgou_due_oldest_seconds", Seconds,
        "age of the oldest piece of due work";
    counter DB_RETRIES = "changgou_db_retries_total", Count,
        "database transactions that ran again, by cause";
    gauge REDIS_UP = "changgou_redis_up", Count,
        "1 while Redis answers this node, else 0";
    counter REDIS_FAILURES = "changgou_redis_failures_total", Count,
        "calls to Redis that failed";
    gauge OUTBOX_WAITING = "changgou_outbox_waiting", Count,
        "messages that the broker has not confirmed yet";
    gauge OUTBOX_OLDEST_SECONDS = "changgou_outbox_oldest_seconds", Seconds,
        "age of the oldest message that the broker has not confirmed";
    counter BROKER_PUBLISHED = "changgou_broker_published_total", Count,
        "messages sent to the broker, by destination";
    counter BROKER_FATES = "changgou_broker_fates_total", Count,
        "messages sent to the broker, by what it answered";
    counter RESULTS = "changgou_results_total", Count,
        "payment results received from the broker, by outcome";
}
