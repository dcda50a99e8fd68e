//! Reading an order.

use std::net::IpAddr;

use super::limits;
use crate::business_error::BusinessError;
use crate::place_order::OrderDraft;
use crate::timestamp;
use crate::trade::Order;
use crate::trade::terms::{ApiVersion, OrderTerms};
use crate::v2::error::{MalformedRequest, V2Error};
use crate::v2::request::V2IncomingRequest;
use crate::validation;

/// Reads and checks the fields.
pub fn draft(request: &V2IncomingRequest) -> Result<OrderDraft, V2Error> {
    limits::check(request)?;
    check_trade_type(request)?;
    check_currency(request)?;
    check_ip(request)?;
    let order = Order {
        merchant: request.merchant.clone(),
        out_trade_no: out_trade_no(text(request, "out_trade_no"))?,
        body: text(request, "body").to_owned(),
        total_fee: total_fee(text(request, "total_fee"))?,
        notify_url: notify_url(text(request, "notify_url"))?,
    };
    let expire_ms = expiry(request)?;
    Ok(OrderDraft {
        order,
        terms: OrderTerms::new(ApiVersion::V2(request.sign_type), &request.fields),
        expire_ms,
    })
}

/// The simulator supports only NATIVE. The other types exist at WeChat, where a merchant may lack the permission for
/// them.
fn check_trade_type(request: &V2IncomingRequest) -> Result<(), V2Error> {
    match text(request, "trade_type") {
        "NATIVE" if request.get("product_id").is_none() => Err(MalformedRequest::lacks("product_id").into()),
        "NATIVE" => Ok(()),
        "JSAPI" | "APP" | "MWEB" => Err(BusinessError::NoAuth.into()),
        _ => Err(MalformedRequest::invalid("trade_type").into()),
    }
}

fn check_currency(request: &V2IncomingRequest) -> Result<(), MalformedRequest> {
    match request.get("fee_type") {
        None | Some("CNY") => Ok(()),
        Some(_) => Err(MalformedRequest::invalid("fee_type")),
    }
}

fn check_ip(request: &V2IncomingRequest) -> Result<(), MalformedRequest> {
    let read = text(request, "spbill_create_ip").parse::<IpAddr>();
    read.map(drop).map_err(|_| MalformedRequest::invalid("spbill_create_ip"))
}

fn out_trade_no(number: &str) -> Result<String, MalformedRequest> {
    validation::out_trade_no(number).ok_or_else(|| MalformedRequest::invalid("out_trade_no"))
}

/// Whole fen, at least 1, only digits.
fn total_fee(fee: &str) -> Result<i64, MalformedRequest> {
    let digits = fee.bytes().all(|b| b.is_ascii_digit());
    let fee = fee.parse().ok().filter(|fee| digits && *fee >= 1);
    fee.ok_or_else(|| MalformedRequest::invalid("total_fee"))
}

fn notify_url(url: &str) -> Result<String, MalformedRequest> {
    validation::notify_url(url).ok_or_else(|| MalformedRequest::invalid("notify_url"))
}

fn expiry(request: &V2IncomingRequest) -> Result<Option<i64>, MalformedRequest> {
    let start_ms = moment(request, "time_start")?;
    let expire_ms = moment(request, "time_expire")?;
    match (start_ms, expire_ms) {
        (Some(start), Some(expire)) if expire <= start => Err(MalformedRequest::invalid("time_expire")),
        (_, expire) => Ok(expire),
    }
}

fn moment(request: &V2IncomingRequest, name: &str) -> Result<Option<i64>, MalformedRequest> {
    let read = |text| timestamp::parse_v2(text).ok_or_else(|| MalformedRequest::invalid(name));
    request.get(name).map(read).transpose()
}

/// A field that `limits` has checked.
fn text<'a>(request: &'a V2IncomingRequest, name: &str) -> &'a str {
    request.get(name).unwrap_or_default()
}
