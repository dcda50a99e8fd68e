use axum::Json;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};

use super::refunds;
use crate::state::World;
use crate::timestamp;
use crate::trade::refund::given_back;
use crate::trade::{Standing, Trade};

const DEFAULT_LIMIT: usize = 1000;

/// Which ones to list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    pub out_trade_no: Option<String>,
    pub limit: Option<usize>,
}

impl Filter {
    pub fn limit(&self) -> usize {
        self.limit.unwrap_or(DEFAULT_LIMIT)
    }
}

#[derive(Serialize)]
pub struct Listed {
    trades: Vec<Shown>,
}

/// A trade in JSON; money in fen, moments in RFC 3339 UTC.
#[derive(Serialize)]
pub struct Shown {
    out_trade_no: String,
    trade_state: &'static str,
    appid: String,
    mch_id: String,
    body: String,
    attach: Option<String>,
    total_fee: i64,
    notify_url: String,
    code_url: String,
    prepay_id: String,
    code_expires_at: String,
    created_at: String,
    closes_at: String,
    transaction_id: Option<String>,
    openid: Option<String>,
    paid_fee: Option<i64>,
    coupon_fee: Option<i64>,
    paid_at: Option<String>,
    time_end: Option<String>,
    refunded_fee: i64,
    refunds: Vec<refunds::Shown>,
}

/// Newest first.
pub async fn list(State(world): State<World>, Query(filter): Query<Filter>) -> Json<Listed> {
    let now_ms = world.clock().now();
    let book = world.book();
    let limit = filter.limit();
    let trades = match &filter.out_trade_no {
        Some(number) => book.numbered(number).take(limit).map(|trade| shown(trade, now_ms)).collect(),
        None => book.newest().take(limit).map(|trade| shown(trade, now_ms)).collect(),
    };
    Json(Listed { trades })
}

/// How a trade stands at `now_ms`.
pub fn shown(trade: &Trade, now_ms: i64) -> Shown {
    let standing = trade.standing(now_ms);
    let payment = match standing {
        Standing::Paid(payment) => Some(payment),
        Standing::Waiting | Standing::Closed => None,
    };
    let order = &trade.order;
    Shown {
        out_trade_no: order.out_trade_no.clone(),
        trade_state: trade.trade_state(now_ms),
        appid: order.merchant.appid.clone(),
        mch_id: order.merchant.mch_id.clone(),
        body: order.body.clone(),
        attach: trade.terms.echo("attach").map(|(_, attach)| attach),
        total_fee: order.total_fee,
        notify_url: order.notify_url.clone(),
        code_url: trade.code.url.clone(),
        prepay_id: trade.code.prepay_id.clone(),
        code_expires_at: timestamp::rfc3339(trade.code.expires_ms),
        created_at: timestamp::rfc3339(trade.created_ms),
        closes_at: timestamp::rfc3339(trade.closes_ms),
        transaction_id: payment.map(|payment| payment.transaction_id.clone()),
        openid: payment.map(|payment| payment.openid.clone()),
        paid_fee: payment.map(|payment| payment.amount),
        coupon_fee: payment.map(|payment| payment.coupon),
        paid_at: payment.map(|payment| timestamp::rfc3339(payment.paid_ms)),
        time_end: payment.map(|payment| timestamp::civil(payment.paid_ms)),
        refunded_fee: given_back(trade, now_ms),
        refunds: trade.refunds.iter().map(|refund| refunds::shown(trade, refund, now_ms)).collect(),
    }
}
