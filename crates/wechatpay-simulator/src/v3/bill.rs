//! `GET /v3/bill/tradebill`, `/v3/bill/fundflowbill` and the files they lead to.

use std::collections::VecDeque;
use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::Response;
use serde_json::json;

use super::request::Request;
use super::response::{Outcome, Refusal, Told};
use crate::bill::{self, Bill, Day, Kind, NoBill};
use crate::faults::BillFault;
use crate::random;
use crate::state::World;

/// How long a download link lives, in ms.
const LINK_LIFE_MS: i64 = 5 * 60 * 1000;
/// Files kept to be downloaded.
const MAX_FILES: usize = 20;

/// Files that wait to be downloaded. Holds at most [`MAX_FILES`].
#[derive(Debug, Default)]
pub struct Shelf(VecDeque<File>);

#[derive(Debug)]
struct File {
    token: String,
    mch_id: String,
    dies_ms: i64,
    bytes: Vec<u8>,
}

/// Puts the trade bill of a day on the shelf.
pub fn trades(world: &World, request: &Request) -> Outcome {
    let day = day(request)?;
    let name = request.query.get("bill_type").map_or("ALL", String::as_str);
    let kind = Kind::named(name).ok_or_else(|| in_query("bill_type", "应为ALL、SUCCESS或REFUND"))?;
    let bill = bill::trade_bill(world, request.mch_id(), day, kind).map_err(refused)?;
    shelve(world, request, &bill)
}

/// Puts the fund-flow bill of a day on the shelf.
pub fn fund_flow(world: &World, request: &Request) -> Outcome {
    let day = day(request)?;
    match request.query.get("account_type").map_or("BASIC", String::as_str) {
        "BASIC" => {}
        "OPERATION" | "FEES" => return Err(refused(NoBill::NotExist)),
        _ => return Err(in_query("account_type", "应为BASIC、OPERATION或FEES")),
    }
    let bill = bill::fund_flow_bill(world, request.mch_id(), day).map_err(refused)?;
    shelve(world, request, &bill)
}

/// A file from the shelf, unsigned as WeChat's are.
pub fn file(world: &World, request: &Request) -> Response {
    let token = request.query.get("token").map(String::as_str).unwrap_or_default();
    let now_ms = world.clock().now();
    let shelf = world.shelf();
    let found = shelf.0.iter().find(|file| file.token == token && file.mch_id == request.mch_id());
    match found.filter(|file| now_ms < file.dies_ms) {
        Some(file) => {
            let mut response = Response::new(Body::from(file.bytes.clone()));
            let kind = header::HeaderValue::from_static("text/plain");
            response.headers_mut().insert(header::CONTENT_TYPE, kind);
            response
        }
        None => Refusal::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", "下载链接无效或已过期").send(),
    }
}

fn shelve(world: &World, request: &Request, bill: &Bill) -> Outcome {
    let bytes = match request.query.get("tar_type").map(String::as_str) {
        None => bill.text.clone().into_bytes(),
        Some("GZIP") => bill::gzip(&bill.text),
        Some(_) => return Err(in_query("tar_type", "应为GZIP")),
    };
    let token = random::alphanumeric(48);
    let hashed = if bill.fault == Some(BillFault::WrongHash) { "another file" } else { bill.whole.as_str() };
    let dies_ms = world.clock().now() + LINK_LIFE_MS;
    let mut shelf = world.shelf();
    if shelf.0.len() >= MAX_FILES {
        shelf.0.pop_front();
    }
    let mch_id = request.mch_id().to_owned();
    shelf.0.push_back(File { token: token.clone(), mch_id, dies_ms, bytes });
    Ok(Told::Json(json!({
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

fn day(request: &Request) -> Result<Day, Refusal> {
    let text = request.query.get("bill_date").map(String::as_str).unwrap_or_default();
    let is_date = text.len() == 10;
    Day::read(text).filter(|_| is_date).ok_or_else(|| in_query("bill_date", "格式应为yyyy-MM-dd"))
}

fn in_query(field: &str, issue: &str) -> Refusal {
    Refusal::param(field, issue)
}

fn refused(none: NoBill) -> Refusal {
    let (code, message) = match none {
        NoBill::NotExist => ("NO_STATEMENT_EXIST", "请求的账单文件不存在"),
        NoBill::Creating => ("STATEMENT_CREATING", "请求的账单正在生成中"),
    };
    Refusal::new(StatusCode::BAD_REQUEST, code, message)
}
