//! `POST /v3/refund/domestic/refunds`.

use serde_json::{Value, json};

use super::fields::{currency, fen, optional_text, text};
use super::native::notify_url;
use super::request::V3IncomingRequest;
use super::response::{V3CallResult, V3Error, V3ResponseBody};
use crate::actions;
use crate::business_error::BusinessError;
use crate::faults::AnswerFault;
use crate::state::SimulatorState;
use crate::timestamp;
use crate::trade::refund::{RefundEnding, RefundError, RefundRequest, RefundSource};
use crate::trade::terms::ApiVersion;
use crate::trade::{Refund, Trade};
use crate::v2::refund::with_ending_fault;
use crate::v2::refund_notice::RECEIVER;
use crate::v2::sign::V2SignType;
use crate::validation;

/// Accepts a refund. The query and the notice report how it ends.
pub fn accept(
    state: &SimulatorState,
    request: &V3IncomingRequest,
    fault: Option<AnswerFault>,
) -> V3CallResult {
    let refund_request = with_ending_fault(refund_request(state, request)?, fault);
    let number = out_trade_no(state, request)?;
    let made = actions::refund(state, (request.mch_id(), &number), refund_request);
    let (trade, refund) = made.map_err(refusal)?;
    Ok(V3ResponseBody::Json(describe(&trade, &refund, state.clock().now())))
}

/// The order number. `transaction_id` takes precedence over `out_trade_no`.
fn out_trade_no(state: &SimulatorState, request: &V3IncomingRequest) -> Result<String, V3Error> {
    let id = optional_text(&request.json, "/transaction_id", 32)?;
    let number = optional_text(&request.json, "/out_trade_no", 32)?;
    match (id, number) {
        (Some(id), _) => {
            let trades = state.trades();
            let trade = trades.by_transaction_id(&id);
            let own = trade.filter(|trade| trade.order.merchant.mch_id == request.mch_id());
            own.map(|trade| trade.order.out_trade_no.clone()).ok_or(refusal(RefundError::NotPaid))
        }
        (None, Some(number)) => Ok(number),
        (None, None) => Err(V3Error::param("/out_trade_no", "transaction_id和out_trade_no二选一")),
    }
}

fn refund_request(state: &SimulatorState, request: &V3IncomingRequest) -> Result<RefundRequest, V3Error> {
    let json = &request.json;
    let number = text(json, "/out_refund_no", 64)?;
    let currency = currency(json, "/amount/currency")?;
    currency.ok_or_else(|| V3Error::param("/amount/currency", "必填字段缺失"))?;
    let own_url = json.pointer("/notify_url").filter(|url| !url.is_null());
    let own_url = own_url.map(|_| notify_url(json, "/notify_url", 256)).transpose()?;
    Ok(RefundRequest {
        out_refund_no: validation::out_refund_no(&number)
            .ok_or_else(|| V3Error::param("/out_refund_no", "应为数字、字母及_-|*@"))?,
        amount: fen(json, "/amount/refund")?,
        total: Some(fen(json, "/amount/total")?),
        reason: optional_text(json, "/reason", 240)?,
        protocol: protocol(request, own_url.as_deref()),
        notify_url: own_url.or_else(|| state.refund_notify_url()),
        source: RefundSource::Api,
        ending: RefundEnding::Success,
        takes_ms: state.refund_takes_ms(),
    })
}

/// A refund without its own URL is notified at the merchant's URL, in the format of API v2.
fn protocol(request: &V3IncomingRequest, own_url: Option<&str>) -> ApiVersion {
    match own_url {
        Some(_) => ApiVersion::V3(request.key_kind),
        None => ApiVersion::V2(V2SignType::Md5),
    }
}

fn refusal(why: RefundError) -> V3Error {
    let invalid = |why| BusinessError::InvalidRequest(why).into();
    match why {
        RefundError::NotPaid => V3Error::no_resource("订单不存在或未支付"),
        RefundError::AmountDiffers => invalid("退款单号已存在，退款金额与之前请求不一致"),
        RefundError::NumberTaken => invalid("商户退款单号已用于其他订单"),
        RefundError::TotalDiffers => invalid("订单金额或退款金额与之前请求不一致，请核实后再试"),
        RefundError::TooMuch => invalid("申请退款金额大于订单剩余可退金额"),
        RefundError::TooMany => invalid("部分退款次数超过50次"),
        RefundError::TooSoon => BusinessError::FrequencyLimited.into(),
        RefundError::Overdue => BusinessError::TradeOverdue.into(),
    }
}

/// A refund in JSON, for responses.
pub fn describe(trade: &Trade, refund: &Refund, now_ms: i64) -> Value {
    let (total, fee) = (trade.paid_amount(), refund.request.amount);
    let (total_cash, cash) = (trade.paid_cash(), refund.cash);
    let mut body = json!({
        "refund_id": refund.refund_id,
        "out_refund_no": refund.request.out_refund_no,
        "transaction_id": trade.transaction_id(),
        "out_trade_no": trade.order.out_trade_no,
        "channel": "ORIGINAL",
        "user_received_account": RECEIVER,
        "create_time": timestamp::v3(refund.created_ms),
        "status": refund.state(now_ms).v3_status(),
        "funds_account": "AVAILABLE",
        "amount": {
            "total": total, "refund": fee, "from": [], "payer_total": total_cash, "payer_refund": cash,
            "settlement_refund": cash, "settlement_total": total_cash, "discount_refund": fee - cash, "currency": "CNY",
            "refund_fee": 0,
        },
        "promotion_detail": [],
    });
    if let Some(at_ms) = refund.success_ms(now_ms) {
        body["success_time"] = timestamp::v3(at_ms).into();
    }
    body
}
