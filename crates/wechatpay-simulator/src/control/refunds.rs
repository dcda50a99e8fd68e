use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::json::{ControlError, read_json};
use crate::actions;
use crate::state::SimulatorState;
use crate::trade::payment::PayError;
use crate::trade::refund::{RefundEnding, RefundError, RefundRequest, RefundSource, refunded_amount};
use crate::trade::store::{TradeSelector, TradeStore};
use crate::trade::terms::ApiVersion;
use crate::trade::{Refund, Trade};
use crate::v2::sign::V2SignType;
use crate::{random, timestamp};

const DEFAULT_LIMIT: usize = 1000;

/// The query parameters of the list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefundFilter {
    out_trade_no: Option<String>,
    out_refund_no: Option<String>,
    limit: Option<usize>,
}

#[derive(Serialize)]
pub struct RefundList {
    refunds: Vec<RefundView>,
}

/// A refund in JSON. Amounts are in fen, times are RFC 3339 in UTC.
#[derive(Serialize)]
pub struct RefundView {
    out_refund_no: String,
    refund_id: String,
    out_trade_no: String,
    transaction_id: String,
    refund_fee: i64,
    /// The part that the payer receives; the rest was paid by a coupon.
    payer_fee: i64,
    total_fee: i64,
    status: &'static str,
    source: &'static str,
    reason: Option<String>,
    notify_url: Option<String>,
    created_at: String,
    ends_at: String,
}

/// A refund made by hand on the merchant platform.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ManualRefundRequest {
    out_trade_no: String,
    /// Fen. Default: the whole remaining amount.
    amount: Option<i64>,
    out_refund_no: Option<String>,
    reason: Option<String>,
    notify_url: Option<String>,
}

/// Lists refunds, those of the newest trade first.
pub async fn list(
    State(state): State<SimulatorState>,
    Query(filter): Query<RefundFilter>,
) -> Json<RefundList> {
    let now_ms = state.clock().now();
    let trades = state.trades();
    let is_asked = |refund: &Refund| {
        filter.out_refund_no.as_deref().is_none_or(|number| number == refund.request.out_refund_no)
    };
    let of = |trade| refunds_of(trade).filter(|(_, refund)| is_asked(refund));
    let tell = |(trade, refund)| view(trade, refund, now_ms);
    let limit = filter.limit.unwrap_or(DEFAULT_LIMIT);
    let refunds = match &filter.out_trade_no {
        Some(number) => trades.with_out_trade_no(number).flat_map(of).take(limit).map(tell).collect(),
        None => trades.newest().flat_map(of).take(limit).map(tell).collect(),
    };
    Json(RefundList { refunds })
}

fn refunds_of(trade: &Trade) -> impl Iterator<Item = (&Trade, &Refund)> {
    trade.refunds.iter().rev().map(move |refund| (trade, refund))
}

/// Makes a refund that the shop does not know of.
pub async fn by_hand(
    State(state): State<SimulatorState>,
    body: Bytes,
) -> Result<Json<RefundView>, ControlError> {
    let by_hand: ManualRefundRequest = read_json(&body)?;
    let now_ms = state.clock().now();
    let (mch_id, left) = {
        let trades = state.trades();
        let trade = find(&trades, &by_hand.out_trade_no)?;
        (trade.order.merchant.mch_id.clone(), trade.paid_amount() - refunded_amount(trade, now_ms))
    };
    let number = by_hand.out_trade_no.clone();
    let refund_request = refund_request(by_hand, left, &state);
    if refund_request.amount < 1 {
        return Err(refusal(RefundError::TooMuch));
    }
    let (trade, refund) = actions::refund(&state, (&mch_id, &number), refund_request).map_err(refusal)?;
    Ok(Json(view(&trade, &refund, now_ms)))
}

/// The URL for refund notices of refunds without their own; `None` to send none.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NotifyUrlBody {
    url: Option<String>,
}

pub async fn notify_url(
    State(state): State<SimulatorState>,
    body: Bytes,
) -> Result<Json<NotifyUrlBody>, ControlError> {
    let address: NotifyUrlBody = read_json(&body)?;
    state.set_refund_notify_url(address.url.clone());
    Ok(Json(address))
}

fn find<'a>(trades: &'a TradeStore, number: &str) -> Result<&'a Trade, ControlError> {
    trades.find(TradeSelector::Number(number)).map_err(|why| match why {
        PayError::Ambiguous => ControlError::new(StatusCode::CONFLICT, "ambiguous", why.to_string()),
        PayError::Unknown
        | PayError::CodeExpired
        | PayError::Closed
        | PayError::AlreadyPaid
        | PayError::CouponTooLarge
        | PayError::PaidByAnother => ControlError::new(StatusCode::NOT_FOUND, "not_found", why.to_string()),
    })
}

/// The platform sends notices of its own refunds in the format of API v2, whatever the version of the order.
fn refund_request(by_hand: ManualRefundRequest, left: i64, state: &SimulatorState) -> RefundRequest {
    RefundRequest {
        out_refund_no: by_hand.out_refund_no.unwrap_or_else(|| format!("P{}", random::digits(20))),
        amount: by_hand.amount.unwrap_or(left),
        total: None,
        reason: by_hand.reason,
        notify_url: by_hand.notify_url.or_else(|| state.refund_notify_url()),
        protocol: ApiVersion::V2(V2SignType::Md5),
        source: RefundSource::Platform,
        ending: RefundEnding::Success,
        takes_ms: state.refund_takes_ms(),
    }
}

fn refusal(why: RefundError) -> ControlError {
    let (status, word) = match why {
        RefundError::NotPaid => (StatusCode::CONFLICT, "not_paid"),
        RefundError::AmountDiffers | RefundError::NumberTaken => (StatusCode::CONFLICT, "number_taken"),
        RefundError::TotalDiffers | RefundError::TooMuch => (StatusCode::CONFLICT, "too_much"),
        RefundError::TooMany => (StatusCode::CONFLICT, "too_many"),
        RefundError::TooSoon => (StatusCode::CONFLICT, "too_soon"),
        RefundError::Overdue => (StatusCode::GONE, "overdue"),
    };
    ControlError::new(status, word, why.to_string())
}

/// The state of a refund at `now_ms`, in the terms of API v2.
pub fn view(trade: &Trade, refund: &Refund, now_ms: i64) -> RefundView {
    let refund_request = &refund.request;
    RefundView {
        out_refund_no: refund_request.out_refund_no.clone(),
        refund_id: refund.refund_id.clone(),
        out_trade_no: trade.order.out_trade_no.clone(),
        transaction_id: trade.transaction_id().to_owned(),
        refund_fee: refund_request.amount,
        payer_fee: refund.cash,
        total_fee: trade.paid_amount(),
        status: refund.state(now_ms).v2_status(),
        source: match refund_request.source {
            RefundSource::Api => "api",
            RefundSource::Platform => "platform",
        },
        reason: refund_request.reason.clone(),
        notify_url: refund_request.notify_url.clone(),
        created_at: timestamp::rfc3339(refund.created_ms),
        ends_at: timestamp::rfc3339(refund.ends_ms),
    }
}
