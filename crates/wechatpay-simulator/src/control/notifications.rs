use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::json::{ControlError, read_json};
use super::trades::TradeFilter;
use crate::faults::NoticeSubject;
use crate::notice::delivery_log::{Delivery, DeliveryCause, DeliveryOutcome};
use crate::notice::resend;
use crate::notice::{Notice, PendingNotice};
use crate::state::SimulatorState;
use crate::timestamp;
use crate::trade::Trade;

const MAX_TIMES: u32 = 1000;
const MAX_CONCURRENT: u32 = 64;

#[derive(Serialize)]
pub struct NotificationList {
    deliveries: Vec<DeliveryView>,
    waiting: Vec<WaitingView>,
}

#[derive(Serialize)]
pub struct ResendResponse {
    deliveries: Vec<DeliveryView>,
}

/// A delivery in JSON. Times are RFC 3339 in UTC, by the virtual clock.
#[derive(Serialize)]
struct DeliveryView {
    id: u64,
    about: &'static str,
    out_trade_no: String,
    transaction_id: String,
    out_refund_no: Option<String>,
    cause: &'static str,
    attempt: Option<u32>,
    at: String,
    url: String,
    headers: BTreeMap<&'static str, String>,
    body: String,
    fault: Option<&'static str>,
    acknowledged: bool,
    status: Option<u16>,
    answer: Option<String>,
    error: Option<String>,
    next_retry_at: Option<String>,
}

#[derive(Serialize)]
struct WaitingView {
    out_trade_no: String,
    attempt: u32,
    due_at: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResendRequest {
    out_trade_no: String,
    out_refund_no: Option<String>,
    times: Option<u32>,
    concurrent: Option<u32>,
}

/// Lists the deliveries, newest first, and the waiting notices in the order they are due.
pub async fn list(
    State(state): State<SimulatorState>,
    Query(filter): Query<TradeFilter>,
) -> Json<NotificationList> {
    let is_asked = |number: &str| filter.out_trade_no.as_deref().is_none_or(|asked| asked == number);
    let deliveries: Vec<_> = {
        let log = state.dispatcher().log();
        let asked = log.newest().filter(|(_, delivery)| is_asked(&delivery.out_trade_no));
        asked.take(filter.limit()).cloned().collect()
    };
    let queue = state.dispatcher().queue();
    let waiting = queue.waiting().filter(|(_, pending)| is_asked(&pending.notice.out_trade_no));
    Json(NotificationList {
        waiting: waiting.take(filter.limit()).map(|(due_ms, pending)| waits(due_ms, pending)).collect(),
        deliveries: deliveries.iter().map(|(id, delivery)| view(*id, delivery)).collect(),
    })
}

/// Sends the same notice again and responds once all copies were answered.
pub async fn resend(
    State(state): State<SimulatorState>,
    body: Bytes,
) -> Result<Json<ResendResponse>, ControlError> {
    let again: ResendRequest = read_json(&body)?;
    let times = within("times", again.times.unwrap_or(1), MAX_TIMES)?;
    let concurrent =
        within("concurrent", again.concurrent.unwrap_or(times.min(MAX_CONCURRENT)), MAX_CONCURRENT)?;
    let trade = state.trades().with_out_trade_no(&again.out_trade_no).next().cloned();
    let trade: Trade =
        trade.ok_or_else(|| ControlError::new(StatusCode::NOT_FOUND, "not_found", "no such trade"))?;
    let notice = match &again.out_refund_no {
        None => Notice::for_payment(&trade),
        Some(number) => {
            let refund = trade.refunds.iter().find(|refund| refund.request.out_refund_no == *number);
            refund.and_then(|refund| Notice::for_refund(&trade, refund))
        }
    };
    let none =
        || ControlError::new(StatusCode::CONFLICT, "not_paid", "there is no such notice, paid or refunded");
    let notice = notice.ok_or_else(none)?;
    let delivered = resend::resend(&state, notice, times, concurrent).await;
    Ok(Json(ResendResponse {
        deliveries: delivered.iter().map(|(id, delivery)| view(*id, delivery)).collect(),
    }))
}

fn within(name: &str, number: u32, most: u32) -> Result<u32, ControlError> {
    let sound = (1..=most).contains(&number);
    sound.then_some(number).ok_or_else(|| ControlError::bad_request(format!("`{name}` is 1 to {most}")))
}

fn waits(due_ms: i64, pending: &PendingNotice) -> WaitingView {
    let out_trade_no = pending.notice.out_trade_no.clone();
    WaitingView { out_trade_no, attempt: pending.attempt, due_at: timestamp::rfc3339(due_ms) }
}

fn view(id: u64, delivery: &Arc<Delivery>) -> DeliveryView {
    let (cause, attempt) = match delivery.cause {
        DeliveryCause::Due { attempt } => ("due", Some(attempt)),
        DeliveryCause::Resend => ("resend", None),
    };
    let (status, answer, error) = match delivery.outcome.clone() {
        DeliveryOutcome::Acknowledged { status, text } | DeliveryOutcome::Refused { status, text } => {
            (Some(status), Some(text), None)
        }
        DeliveryOutcome::Failed { why } => (None, None, Some(why)),
        DeliveryOutcome::Dropped => (None, None, None),
    };
    DeliveryView {
        id,
        about: match delivery.about {
            NoticeSubject::Payment => "payment",
            NoticeSubject::Refund => "refund",
        },
        out_trade_no: delivery.out_trade_no.clone(),
        transaction_id: delivery.transaction_id.clone(),
        out_refund_no: delivery.out_refund_no.clone(),
        headers: delivery.headers.iter().cloned().collect(),
        cause,
        attempt,
        at: timestamp::rfc3339(delivery.at_ms),
        url: delivery.url.clone(),
        body: delivery.body.to_string(),
        fault: delivery.fault,
        acknowledged: delivery.outcome.is_acknowledged(),
        status,
        answer,
        error,
        next_retry_at: delivery.next_retry_ms.map(timestamp::rfc3339),
    }
}
