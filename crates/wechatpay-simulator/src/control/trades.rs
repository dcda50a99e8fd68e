use axum::Json;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};

use super::refunds;
use crate::state::SimulatorState;
use crate::timestamp;
use crate::trade::refund::refunded_amount;
use crate::trade::{Trade, TradeStatusAt};

const DEFAULT_LIMIT: usize = 1000;

/// The query parameters of the list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TradeFilter {
    pub out_trade_no: Option<String>,
    pub limit: Option<usize>,
}

impl TradeFilter {
    pub fn limit(&self) -> usize {
        self.limit.unwrap_or(DEFAULT_LIMIT)
    }
}

#[derive(Serialize)]
pub struct TradeList {
    trades: Vec<TradeView>,
}

/// A trade in JSON. Amounts are in fen, times are RFC 3339 in UTC.
#[derive(Serialize)]
pub struct TradeView {
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
    refunds: Vec<refunds::RefundView>,
}

/// All trades, newest first.
pub async fn list(State(state): State<SimulatorState>, Query(filter): Query<TradeFilter>) -> Json<TradeList> {
    let now_ms = state.clock().now();
    let trades = state.trades();
    let limit = filter.limit();
    let trades = match &filter.out_trade_no {
        Some(number) => {
            trades.with_out_trade_no(number).take(limit).map(|trade| view(trade, now_ms)).collect()
        }
        None => trades.newest().take(limit).map(|trade| view(trade, now_ms)).collect(),
    };
    Json(TradeList { trades })
}

/// The state of a trade at `now_ms`.
pub fn view(trade: &Trade, now_ms: i64) -> TradeView {
    let standing = trade.status_at(now_ms);
    let payment = match standing {
        TradeStatusAt::Paid(payment) => Some(payment),
        TradeStatusAt::Waiting | TradeStatusAt::Closed => None,
    };
    let order = &trade.order;
    TradeView {
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
        time_end: payment.map(|payment| timestamp::v2(payment.paid_ms)),
        refunded_fee: refunded_amount(trade, now_ms),
        refunds: trade.refunds.iter().map(|refund| refunds::view(trade, refund, now_ms)).collect(),
    }
}
