//! `/pay/downloadbill` and `/pay/downloadfundflow`: text, or an unsigned refusal.

use axum::http::header;
use axum::response::{IntoResponse as _, Response};

use super::request::Request;
use super::sign::SignType;
use super::xml;
use crate::bill::{self, Bill, Day, Kind, NoBill};
use crate::state::World;

/// `return_msg` and `error_code` of a bill that is not sent.
pub struct Refused(&'static str, &'static str);

/// The trades and refunds of a day.
pub fn trades(world: &World, request: &Request) -> Result<Response, Refused> {
    let day = day(request)?;
    let name = request.get("bill_type").unwrap_or("ALL");
    let kind = Kind::named(name).ok_or(Refused("invalid bill_type", "20001"))?;
    let bill = bill::trade_bill(world, &request.merchant.mch_id, day, kind).map_err(refused)?;
    file(&bill, request)
}

/// The money of a day. Only HMAC-SHA256 may ask for it.
pub fn fund_flow(world: &World, request: &Request) -> Result<Response, Refused> {
    match request.sign_type {
        SignType::Md5 => return Err(Refused("SIGN ERROR", "20001")),
        SignType::HmacSha256 => {}
    }
    let day = day(request)?;
    match request.get("account_type") {
        Some("Basic") => {}
        Some("Operation" | "Fees") => return Err(refused(NoBill::NotExist)),
        Some(_) => return Err(Refused("data format error", "20001")),
        None => return Err(Refused("missing parameter", "20001")),
    }
    let bill = bill::fund_flow_bill(world, &request.merchant.mch_id, day).map_err(refused)?;
    file(&bill, request)
}

/// The unsigned answer.
pub fn refusal(Refused(message, code): &Refused) -> Response {
    let fields = [("return_code", "FAIL"), ("return_msg", message), ("error_code", code)];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    ([(header::CONTENT_TYPE, "text/plain")], xml::write(&fields)).into_response()
}

/// What the platform says when it is not well.
pub const SYSTEM_ERROR: Refused = Refused("SYSTEMERROR", "20003");

fn day(request: &Request) -> Result<Day, Refused> {
    let text = request.get("bill_date").ok_or(Refused("missing parameter", "20001"))?;
    let is_date = text.len() == 8;
    Day::read(text).filter(|_| is_date).ok_or(Refused("data format error", "20001"))
}

fn refused(none: NoBill) -> Refused {
    match none {
        NoBill::NotExist => Refused("No Bill Exist", "20002"),
        NoBill::Creating => Refused("Bill Creating", "20003"),
    }
}

fn file(bill: &Bill, request: &Request) -> Result<Response, Refused> {
    match request.get("tar_type") {
        None => Ok(([(header::CONTENT_TYPE, "text/plain")], bill.text.clone()).into_response()),
        Some("GZIP") => {
            Ok(([(header::CONTENT_TYPE, "application/x-gzip")], bill::gzip(&bill.text)).into_response())
        }
        Some(_) => Err(Refused("data format error", "20001")),
    }
}
