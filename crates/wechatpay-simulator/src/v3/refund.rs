//! `POST /v3/refund/domestic/refunds`.

use serde_json::{Value, json};

use super::fields::{currency, fen, optional_text, text};
use super::native::notify_url;
use super::request::Request;
use super::response::{Outcome, Refusal, Told};
use crate::actions;
use crate::business_error::Failure;
use crate::faults::AnswerFault;
use crate::state::World;
use crate::timestamp;
use crate::trade::refund::{Course, RefundRefusal, Source, Wish};
use crate::trade::terms::Protocol;
use crate::trade::{Refund, Trade};
use crate::v2::refund::with_course;
use crate::v2::refund_notice::RECEIVER;
use crate::v2::sign::SignType;
use crate::validation;

/// Accepts a refund; how it ends is told by the query and the notice.
pub fn accept(world: &World, request: &Request, fault: Option<AnswerFault>) -> Outcome {
    let wish = with_course(wish(world, request)?, fault);
    let number = out_trade_no(world, request)?;
    let made = actions::refund(world, (request.mch_id(), &number), wish);
    let (trade, refund) = made.map_err(refusal)?;
    Ok(Told::Json(tell(&trade, &refund, world.clock().now())))
}

/// The trade's number; `transaction_id` wins over `out_trade_no`.
fn out_trade_no(world: &World, request: &Request) -> Result<String, Refusal> {
    let id = optional_text(&request.json, "/transaction_id", 32)?;
    let number = optional_text(&request.json, "/out_trade_no", 32)?;
    match (id, number) {
        (Some(id), _) => {
            let book = world.book();
            let trade = book.by_transaction(&id);
            let own = trade.filter(|trade| trade.order.merchant.mch_id == request.mch_id());
            own.map(|trade| trade.order.out_trade_no.clone()).ok_or(refusal(RefundRefusal::NotPaid))
        }
        (None, Some(number)) => Ok(number),
        (None, None) => Err(Refusal::param("/out_trade_no", "transaction_id和out_trade_no二选一")),
    }
}

fn wish(world: &World, request: &Request) -> Result<Wish, Refusal> {
    let json = &request.json;
    let number = text(json, "/out_refund_no", 64)?;
    let told = currency(json, "/amount/currency")?;
    told.ok_or_else(|| Refusal::param("/amount/currency", "必填字段缺失"))?;
    let own_url = json.pointer("/notify_url").filter(|url| !url.is_null());
    let own_url = own_url.map(|_| notify_url(json, "/notify_url", 256)).transpose()?;
    Ok(Wish {
        out_refund_no: validation::out_refund_no(&number)
            .ok_or_else(|| Refusal::param("/out_refund_no", "应为数字、字母及_-|*@"))?,
        amount: fen(json, "/amount/refund")?,
        total: Some(fen(json, "/amount/total")?),
        reason: optional_text(json, "/reason", 240)?,
        protocol: protocol(request, own_url.as_deref()),
        notify_url: own_url.or_else(|| world.refund_notify_url()),
        source: Source::Api,
        course: Course::Succeeds,
        takes_ms: world.refund_takes_ms(),
    })
}

/// Without an address of its own a refund is told at the merchant's, and there in the words of API v2.
fn protocol(request: &Request, own_url: Option<&str>) -> Protocol {
    match own_url {
        Some(_) => Protocol::V3(request.key_kind),
        None => Protocol::V2(SignType::Md5),
    }
}

fn refusal(why: RefundRefusal) -> Refusal {
    let invalid = |why| Failure::InvalidRequest(why).into();
    match why {
        RefundRefusal::NotPaid => Refusal::no_resource("订单不存在或未支付"),
        RefundRefusal::AmountDiffers => invalid("退款单号已存在，退款金额与之前请求不一致"),
        RefundRefusal::NumberTaken => invalid("商户退款单号已用于其他订单"),
        RefundRefusal::TotalDiffers => invalid("订单金额或退款金额与之前请求不一致，请核实后再试"),
        RefundRefusal::TooMuch => invalid("申请退款金额大于订单剩余可退金额"),
        RefundRefusal::TooMany => invalid("部分退款次数超过50次"),
        RefundRefusal::TooSoon => Failure::FrequencyLimited.into(),
        RefundRefusal::Overdue => Failure::TradeOverdue.into(),
    }
}

/// A refund as answers tell it.
pub fn tell(trade: &Trade, refund: &Refund, now_ms: i64) -> Value {
    let (total, fee) = (trade.paid_amount(), refund.wish.amount);
    let (total_cash, cash) = (trade.paid_cash(), refund.cash);
    let mut told = json!({
        "refund_id": refund.refund_id,
        "out_refund_no": refund.wish.out_refund_no,
        "transaction_id": trade.transaction_id(),
        "out_trade_no": trade.order.out_trade_no,
        "channel": "ORIGINAL",
        "user_received_account": RECEIVER,
        "create_time": timestamp::v3(refund.created_ms),
        "status": refund.state(now_ms).v3(),
        "funds_account": "AVAILABLE",
        "amount": {
            "total": total, "refund": fee, "from": [], "payer_total": total_cash, "payer_refund": cash,
            "settlement_refund": cash, "settlement_total": total_cash, "discount_refund": fee - cash, "currency": "CNY",
            "refund_fee": 0,
        },
        "promotion_detail": [],
    });
    if let Some(at_ms) = refund.success_ms(now_ms) {
        told["success_time"] = timestamp::v3(at_ms).into();
    }
    told
}
