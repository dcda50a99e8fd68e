use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::json::{Refusal, read};
use super::trades::Filter;
use crate::faults::Subject;
use crate::notice::delivery_log::{Cause, Delivery, Outcome};
use crate::notice::resend;
use crate::notice::{Letter, Notice};
use crate::state::World;
use crate::timestamp;
use crate::trade::Trade;

const MAX_TIMES: u32 = 1000;
const MAX_CONCURRENT: u32 = 64;

#[derive(Serialize)]
pub struct Listed {
    deliveries: Vec<Shown>,
    waiting: Vec<Waiting>,
}

#[derive(Serialize)]
pub struct Resent {
    deliveries: Vec<Shown>,
}

/// A delivery in JSON; moments in RFC 3339 UTC of the virtual clock.
#[derive(Serialize)]
struct Shown {
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
struct Waiting {
    out_trade_no: String,
    attempt: u32,
    due_at: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Again {
    out_trade_no: String,
    out_refund_no: Option<String>,
    times: Option<u32>,
    concurrent: Option<u32>,
}

/// Deliveries newest first, and what waits in the order it is due.
pub async fn list(State(world): State<World>, Query(filter): Query<Filter>) -> Json<Listed> {
    let is_asked = |number: &str| filter.out_trade_no.as_deref().is_none_or(|asked| asked == number);
    let deliveries: Vec<_> = {
        let log = world.post().log();
        let asked = log.newest().filter(|(_, delivery)| is_asked(&delivery.out_trade_no));
        asked.take(filter.limit()).cloned().collect()
    };
    let queue = world.post().queue();
    let waiting = queue.waiting().filter(|(_, letter)| is_asked(&letter.notice.out_trade_no));
    Json(Listed {
        waiting: waiting.take(filter.limit()).map(|(due_ms, letter)| waits(due_ms, letter)).collect(),
        deliveries: deliveries.iter().map(|(id, delivery)| shown(*id, delivery)).collect(),
    })
}

/// The very same notice again; answers when all copies were answered.
pub async fn resend(State(world): State<World>, body: Bytes) -> Result<Json<Resent>, Refusal> {
    let again: Again = read(&body)?;
    let times = within("times", again.times.unwrap_or(1), MAX_TIMES)?;
    let concurrent =
        within("concurrent", again.concurrent.unwrap_or(times.min(MAX_CONCURRENT)), MAX_CONCURRENT)?;
    let trade = world.book().numbered(&again.out_trade_no).next().cloned();
    let trade: Trade =
        trade.ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, "not_found", "no such trade"))?;
    let notice = match &again.out_refund_no {
        None => Notice::of_payment(&trade),
        Some(number) => {
            let refund = trade.refunds.iter().find(|refund| refund.wish.out_refund_no == *number);
            refund.and_then(|refund| Notice::of_refund(&trade, refund))
        }
    };
    let none = || Refusal::new(StatusCode::CONFLICT, "not_paid", "there is no such notice, paid or refunded");
    let notice = notice.ok_or_else(none)?;
    let delivered = resend::resend(&world, notice, times, concurrent).await;
    Ok(Json(Resent { deliveries: delivered.iter().map(|(id, delivery)| shown(*id, delivery)).collect() }))
}

fn within(name: &str, number: u32, most: u32) -> Result<u32, Refusal> {
    let sound = (1..=most).contains(&number);
    sound.then_some(number).ok_or_else(|| Refusal::bad_request(format!("`{name}` is 1 to {most}")))
}

fn waits(due_ms: i64, letter: &Letter) -> Waiting {
    let out_trade_no = letter.notice.out_trade_no.clone();
    Waiting { out_trade_no, attempt: letter.attempt, due_at: timestamp::rfc3339(due_ms) }
}

fn shown(id: u64, delivery: &Arc<Delivery>) -> Shown {
    let (cause, attempt) = match delivery.cause {
        Cause::Due { attempt } => ("due", Some(attempt)),
        Cause::Resend => ("resend", None),
    };
    let (status, answer, error) = match delivery.outcome.clone() {
        Outcome::Acknowledged { status, text } | Outcome::Refused { status, text } => {
            (Some(status), Some(text), None)
        }
        Outcome::Failed { why } => (None, None, Some(why)),
        Outcome::Dropped => (None, None, None),
    };
    Shown {
        id,
        about: match delivery.about {
            Subject::Payment => "payment",
            Subject::Refund => "refund",
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
