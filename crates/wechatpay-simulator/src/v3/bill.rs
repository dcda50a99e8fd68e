//! `GET /v3/bill/tradebill`, `/v3/bill/fundflowbill` and the download of their files.

use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::Response;
use serde_json::json;

use super::request::V3IncomingRequest;
use super::response::{V3CallResult, V3Error, V3ResponseBody};
use crate::bill::{self, Bill, BillDay, BillUnavailable, TradeBillKind};
use crate::faults::BillFault;
use crate::state::SimulatorState;

/// Stores the trade bill of a day and returns its link.
pub fn trades(state: &SimulatorState, request: &V3IncomingRequest) -> V3CallResult {
    let day = day(request)?;
    let name = request.query.get("bill_type").map_or("ALL", String::as_str);
    let kind =
        TradeBillKind::from_name(name).ok_or_else(|| in_query("bill_type", "应为ALL、SUCCESS或REFUND"))?;
    let bill = bill::trade_bill(state, request.mch_id(), day, kind).map_err(refused)?;
    store_file(state, request, &bill)
}

/// Stores the fund-flow bill of a day and returns its link.
pub fn fund_flow(state: &SimulatorState, request: &V3IncomingRequest) -> V3CallResult {
    let day = day(request)?;
    match request.query.get("account_type").map_or("BASIC", String::as_str) {
        "BASIC" => {}
        "OPERATION" | "FEES" => return Err(refused(BillUnavailable::NotExist)),
        _ => return Err(in_query("account_type", "应为BASIC、OPERATION或FEES")),
    }
    let bill = bill::fund_flow_bill(state, request.mch_id(), day).map_err(refused)?;
    store_file(state, request, &bill)
}

/// Sends a stored file. Like WeChat's, it is not signed.
pub fn file(state: &SimulatorState, request: &V3IncomingRequest) -> Response {
    let token = request.query.get("token").map(String::as_str).unwrap_or_default();
    let now_ms = state.clock().now();
    let files = state.bill_files();
    match files.find(request.mch_id(), token, now_ms) {
        Some(bytes) => {
            let mut response = Response::new(Body::from(bytes.to_vec()));
            let kind = header::HeaderValue::from_static("text/plain");
            response.headers_mut().insert(header::CONTENT_TYPE, kind);
            response
        }
        None => V3Error::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", "下载链接无效或已过期").send(),
    }
}

fn store_file(state: &SimulatorState, request: &V3IncomingRequest, bill: &Bill) -> V3CallResult {
    let bytes = match request.query.get("tar_type").map(String::as_str) {
        None => bill.text.clone().into_bytes(),
        Some("GZIP") => bill::gzip(&bill.text),
        Some(_) => return Err(in_query("tar_type", "应为GZIP")),
    };
    let hashed = if bill.fault == Some(BillFault::WrongHash) { "another file" } else { bill.whole.as_str() };
    let token = state.bill_files().add(request.mch_id(), bytes, state.clock().now());
    Ok(V3ResponseBody::Json(json!({
        "hash_type": "SHA1",
        "hash_value": sha1(hashed),
        "download_url": format!("{}/v3/billdownload/file?token={token}", request.origin),
    })))
}

fn sha1(text: &str) -> String {
    let digest = digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
    digest.as_ref().iter().fold(String::with_capacity(40), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn day(request: &V3IncomingRequest) -> Result<BillDay, V3Error> {
    let text = request.query.get("bill_date").map(String::as_str).unwrap_or_default();
    let is_date = text.len() == 10;
    BillDay::read(text).filter(|_| is_date).ok_or_else(|| in_query("bill_date", "格式应为yyyy-MM-dd"))
}

fn in_query(field: &str, issue: &str) -> V3Error {
    V3Error::param(field, issue)
}

fn refused(none: BillUnavailable) -> V3Error {
    let (code, message) = match none {
        BillUnavailable::NotExist => ("NO_STATEMENT_EXIST", "请求的账单文件不存在"),
        BillUnavailable::Creating => ("STATEMENT_CREATING", "请求的账单正在生成中"),
    };
    V3Error::new(StatusCode::BAD_REQUEST, code, message)
}
