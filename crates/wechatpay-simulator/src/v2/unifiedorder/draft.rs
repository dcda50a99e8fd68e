//! From a request's fields to an order.

use std::net::IpAddr;

use super::limits;
use crate::place_order::Draft;
use crate::timestamp;
use crate::trade::Order;
use crate::trade::terms::{Protocol, Terms};
use crate::v2::request::Request;
use crate::v2::response::{Failure, Malformed, Refusal};
use crate::validation;

/// Reads the fields, or says which one is wrong.
pub fn draft(request: &Request) -> Result<Draft, Refusal> {
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
    Ok(Draft { order, terms: Terms::new(Protocol::V2(request.sign_type), &request.fields), expire_ms })
}

/// NATIVE is what this simulator sells; the other kinds exist at WeChat, and there a merchant may lack them.
fn check_trade_type(request: &Request) -> Result<(), Refusal> {
    match text(request, "trade_type") {
        "NATIVE" if request.get("product_id").is_none() => Err(Malformed::lacks("product_id").into()),
        "NATIVE" => Ok(()),
        "JSAPI" | "APP" | "MWEB" => Err(Failure::NoAuth.into()),
        _ => Err(Malformed::invalid("trade_type").into()),
    }
}

fn check_currency(request: &Request) -> Result<(), Malformed> {
    match request.get("fee_type") {
        None | Some("CNY") => Ok(()),
        Some(_) => Err(Malformed::invalid("fee_type")),
    }
}

fn check_ip(request: &Request) -> Result<(), Malformed> {
    let read = text(request, "spbill_create_ip").parse::<IpAddr>();
    read.map(drop).map_err(|_| Malformed::invalid("spbill_create_ip"))
}

fn out_trade_no(number: &str) -> Result<String, Malformed> {
    validation::out_trade_no(number).ok_or_else(|| Malformed::invalid("out_trade_no"))
}

/// Whole fen, at least one, in digits only.
fn total_fee(fee: &str) -> Result<i64, Malformed> {
    let digits = fee.bytes().all(|b| b.is_ascii_digit());
    let fee = fee.parse().ok().filter(|fee| digits && *fee >= 1);
    fee.ok_or_else(|| Malformed::invalid("total_fee"))
}

fn notify_url(url: &str) -> Result<String, Malformed> {
    validation::notify_url(url).ok_or_else(|| Malformed::invalid("notify_url"))
}

fn expiry(request: &Request) -> Result<Option<i64>, Malformed> {
    let start_ms = moment(request, "time_start")?;
    let expire_ms = moment(request, "time_expire")?;
    match (start_ms, expire_ms) {
        (Some(start), Some(expire)) if expire <= start => Err(Malformed::invalid("time_expire")),
        (_, expire) => Ok(expire),
    }
}

fn moment(request: &Request, name: &str) -> Result<Option<i64>, Malformed> {
    let read = |text| timestamp::parse_civil(text).ok_or_else(|| Malformed::invalid(name));
    request.get(name).map(read).transpose()
}

/// A field that `limits` has found.
fn text<'a>(request: &'a Request, name: &str) -> &'a str {
    request.get(name).unwrap_or_default()
}
