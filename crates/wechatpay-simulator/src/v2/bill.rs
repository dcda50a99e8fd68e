//! `/pay/downloadbill` and `/pay/downloadfundflow`: a text file, or an unsigned error.

use axum::http::header;
use axum::response::{IntoResponse as _, Response};

use super::request::V2IncomingRequest;
use super::sign::V2SignType;
use super::xml;
use crate::bill::{self, Bill, BillDay, BillUnavailable, TradeBillKind};
use crate::state::SimulatorState;

/// The `return_msg` and `error_code` of a refused bill.
pub struct BillRefusal(&'static str, &'static str);

/// The trade bill of a day.
pub fn trades(state: &SimulatorState, request: &V2IncomingRequest) -> Result<Response, BillRefusal> {
    let day = day(request)?;
    let name = request.get("bill_type").unwrap_or("ALL");
    let kind = TradeBillKind::from_name(name).ok_or(BillRefusal("invalid bill_type", "20001"))?;
    let bill = bill::trade_bill(state, &request.merchant.mch_id, day, kind).map_err(refused)?;
    file(&bill, request)
}

/// The fund-flow bill of a day. The request must be signed with HMAC-SHA256.
pub fn fund_flow(state: &SimulatorState, request: &V2IncomingRequest) -> Result<Response, BillRefusal> {
    match request.sign_type {
        V2SignType::Md5 => return Err(BillRefusal("SIGN ERROR", "20001")),
        V2SignType::HmacSha256 => {}
    }
    let day = day(request)?;
    match request.get("account_type") {
        Some("Basic") => {}
        Some("Operation" | "Fees") => return Err(refused(BillUnavailable::NotExist)),
        Some(_) => return Err(BillRefusal("data format error", "20001")),
        None => return Err(BillRefusal("missing parameter", "20001")),
    }
    let bill = bill::fund_flow_bill(state, &request.merchant.mch_id, day).map_err(refused)?;
    file(&bill, request)
}

/// The unsigned error response.
pub fn refusal(BillRefusal(message, code): &BillRefusal) -> Response {
    let fields = [("return_code", "FAIL"), ("return_msg", message), ("error_code", code)];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    ([(header::CONTENT_TYPE, "text/plain")], xml::write(&fields)).into_response()
}

/// The response to a system error.
pub const SYSTEM_ERROR: BillRefusal = BillRefusal("SYSTEMERROR", "20003");

fn day(request: &V2IncomingRequest) -> Result<BillDay, BillRefusal> {
    let text = request.get("bill_date").ok_or(BillRefusal("missing parameter", "20001"))?;
    let is_date = text.len() == 8;
    BillDay::read(text).filter(|_| is_date).ok_or(BillRefusal("data format error", "20001"))
}

fn refused(none: BillUnavailable) -> BillRefusal {
    match none {
        BillUnavailable::NotExist => BillRefusal("No Bill Exist", "20002"),
        BillUnavailable::Creating => BillRefusal("Bill Creating", "20003"),
    }
}

fn file(bill: &Bill, request: &V2IncomingRequest) -> Result<Response, BillRefusal> {
    match request.get("tar_type") {
        None => Ok(([(header::CONTENT_TYPE, "text/plain")], bill.text.clone()).into_response()),
        Some("GZIP") => {
            Ok(([(header::CONTENT_TYPE, "application/x-gzip")], bill::gzip(&bill.text)).into_response())
        }
        Some(_) => Err(BillRefusal("data format error", "20001")),
    }
}
