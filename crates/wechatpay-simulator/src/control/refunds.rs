use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::json::{Refusal, read};
use crate::actions;
use crate::state::World;
use crate::trade::payment::PayRefusal;
use crate::trade::refund::{Course, RefundRefusal, Source, Wish, given_back};
use crate::trade::store::{Book, Which};
use crate::trade::terms::Protocol;
use crate::trade::{Refund, Trade};
use crate::v2::sign::SignType;
use crate::{random, timestamp};

const DEFAULT_LIMIT: usize = 1000;

/// Which ones to list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    out_trade_no: Option<String>,
    out_refund_no: Option<String>,
    limit: Option<usize>,
}

#[derive(Serialize)]
pub struct Listed {
    refunds: Vec<Shown>,
}

/// A refund in JSON; money in fen, moments in RFC 3339 UTC.
#[derive(Serialize)]
pub struct Shown {
    out_refund_no: String,
    refund_id: String,
    out_trade_no: String,
    transaction_id: String,
    refund_fee: i64,
    /// Of it what the payer gets; the rest was a coupon's.
    payer_fee: i64,
    total_fee: i64,
    status: &'static str,
    source: &'static str,
    reason: Option<String>,
    notify_url: Option<String>,
    created_at: String,
    ends_at: String,
}

/// A refund that somebody makes on the merchant platform.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ByHand {
    out_trade_no: String,
    /// Fen; everything that is left unless told.
    amount: Option<i64>,
    out_refund_no: Option<String>,
    reason: Option<String>,
    notify_url: Option<String>,
}

/// Newest trade first.
pub async fn list(State(world): State<World>, Query(filter): Query<Filter>) -> Json<Listed> {
    let now_ms = world.clock().now();
    let book = world.book();
    let is_asked = |refund: &Refund| {
        filter.out_refund_no.as_deref().is_none_or(|number| number == refund.wish.out_refund_no)
    };
    let of = |trade| refunds_of(trade).filter(|(_, refund)| is_asked(refund));
    let tell = |(trade, refund)| shown(trade, refund, now_ms);
    let limit = filter.limit.unwrap_or(DEFAULT_LIMIT);
    let refunds = match &filter.out_trade_no {
        Some(number) => book.numbered(number).flat_map(of).take(limit).map(tell).collect(),
        None => book.newest().flat_map(of).take(limit).map(tell).collect(),
    };
    Json(Listed { refunds })
}

fn refunds_of(trade: &Trade) -> impl Iterator<Item = (&Trade, &Refund)> {
    trade.refunds.iter().rev().map(move |refund| (trade, refund))
}

/// Gives money back without the shop's knowing.
pub async fn by_hand(State(world): State<World>, body: Bytes) -> Result<Json<Shown>, Refusal> {
    let by_hand: ByHand = read(&body)?;
    let now_ms = world.clock().now();
    let (mch_id, left) = {
        let book = world.book();
        let trade = find(&book, &by_hand.out_trade_no)?;
        (trade.order.merchant.mch_id.clone(), trade.paid_amount() - given_back(trade, now_ms))
    };
    let number = by_hand.out_trade_no.clone();
    let wish = wish(by_hand, left, &world);
    if wish.amount < 1 {
        return Err(refusal(RefundRefusal::TooMuch));
    }
    let (trade, refund) = actions::refund(&world, (&mch_id, &number), wish).map_err(refusal)?;
    Ok(Json(shown(&trade, &refund, now_ms)))
}

/// Where the notices of refunds go that name no address of their own.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    url: Option<String>,
}

pub async fn notify_url(State(world): State<World>, body: Bytes) -> Result<Json<Address>, Refusal> {
    let address: Address = read(&body)?;
    world.set_refund_notify_url(address.url.clone());
    Ok(Json(address))
}

fn find<'a>(book: &'a Book, number: &str) -> Result<&'a Trade, Refusal> {
    book.find(Which::Number(number)).map_err(|why| match why {
        PayRefusal::Ambiguous => Refusal::new(StatusCode::CONFLICT, "ambiguous", why.to_string()),
        PayRefusal::Unknown
        | PayRefusal::CodeExpired
        | PayRefusal::Closed
        | PayRefusal::AlreadyPaid
        | PayRefusal::CouponTooLarge
        | PayRefusal::PaidByAnother => Refusal::new(StatusCode::NOT_FOUND, "not_found", why.to_string()),
    })
}

/// The platform tells of its own refunds in the words of API v2, whatever the trade was made with.
fn wish(by_hand: ByHand, left: i64, world: &World) -> Wish {
    Wish {
        out_refund_no: by_hand.out_refund_no.unwrap_or_else(|| format!("P{}", random::digits(20))),
        amount: by_hand.amount.unwrap_or(left),
        total: None,
        reason: by_hand.reason,
        notify_url: by_hand.notify_url.or_else(|| world.refund_notify_url()),
        protocol: Protocol::V2(SignType::Md5),
        source: Source::Platform,
        course: Course::Succeeds,
        takes_ms: world.refund_takes_ms(),
    }
}

fn refusal(why: RefundRefusal) -> Refusal {
    let (status, word) = match why {
        RefundRefusal::NotPaid => (StatusCode::CONFLICT, "not_paid"),
        RefundRefusal::AmountDiffers | RefundRefusal::NumberTaken => (StatusCode::CONFLICT, "number_taken"),
        RefundRefusal::TotalDiffers | RefundRefusal::TooMuch => (StatusCode::CONFLICT, "too_much"),
        RefundRefusal::TooMany => (StatusCode::CONFLICT, "too_many"),
        RefundRefusal::TooSoon => (StatusCode::CONFLICT, "too_soon"),
        RefundRefusal::Overdue => (StatusCode::GONE, "overdue"),
    };
    Refusal::new(status, word, why.to_string())
}

/// How a refund stands at `now_ms`, in API v2's words.
pub fn shown(trade: &Trade, refund: &Refund, now_ms: i64) -> Shown {
    let wish = &refund.wish;
    Shown {
        out_refund_no: wish.out_refund_no.clone(),
        refund_id: refund.refund_id.clone(),
        out_trade_no: trade.order.out_trade_no.clone(),
        transaction_id: trade.transaction_id().to_owned(),
        refund_fee: wish.amount,
        payer_fee: refund.cash,
        total_fee: trade.paid_amount(),
        status: refund.state(now_ms).v2(),
        source: match wish.source {
            Source::Api => "api",
            Source::Platform => "platform",
        },
        reason: wish.reason.clone(),
        notify_url: wish.notify_url.clone(),
        created_at: timestamp::rfc3339(refund.created_ms),
        ends_at: timestamp::rfc3339(refund.ends_ms),
    }
}
