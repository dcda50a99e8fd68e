//! `POST /v3/pay/transactions/native`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::fields::{currency, fen, optional_text, text};
use super::request::V3IncomingRequest;
use super::response::{V3CallResult, V3Error, V3ResponseBody};
use crate::place_order::{self, OrderDraft};
use crate::state::SimulatorState;
use crate::timestamp;
use crate::trade::terms::ApiVersion;
use crate::trade::{Order, OrderTerms};
use crate::validation;

/// Places an order. If the same order was already placed, it gets a new code.
pub fn place(state: &SimulatorState, request: &V3IncomingRequest) -> V3CallResult {
    let code = place_order::place(state, draft(state, request)?)?;
    Ok(V3ResponseBody::Json(json!({ "code_url": code.url })))
}

fn draft(state: &SimulatorState, request: &V3IncomingRequest) -> Result<OrderDraft, V3Error> {
    let json = &request.json;
    same_merchant(request, &text(json, "/mchid", 32)?)?;
    let merchant = request.merchant(state, &text(json, "/appid", 32)?)?;
    currency(json, "/amount/currency")?;
    let order = Order {
        merchant,
        body: text(json, "/description", 127)?,
        out_trade_no: out_trade_no(json)?,
        total_fee: fen(json, "/amount/total")?,
        notify_url: notify_url(json, "/notify_url", 255)?,
    };
    let expire_ms = expiry(json)?;
    let terms = OrderTerms::new(ApiVersion::V3(request.key_kind), &parameters(json)?);
    Ok(OrderDraft { order, terms, expire_ms })
}

/// Checks that the merchant in the request is the one that signed it.
pub fn same_merchant(request: &V3IncomingRequest, mch_id: &str) -> Result<(), V3Error> {
    let is_same = request.mch_id() == mch_id;
    is_same.then_some(()).ok_or_else(|| V3Error::param("/mchid", "与签名的商户号不一致"))
}

fn out_trade_no(json: &Value) -> Result<String, V3Error> {
    let number = text(json, "/out_trade_no", 32)?;
    let legal = validation::out_trade_no(&number).filter(|number| number.len() >= 6);
    legal.ok_or_else(|| V3Error::param("/out_trade_no", "应为6到32位数字、字母及_-|*"))
}

/// A URL without parameters.
pub fn notify_url(json: &Value, pointer: &str, most: usize) -> Result<String, V3Error> {
    let url = text(json, pointer, most)?;
    validation::notify_url(&url).ok_or_else(|| V3Error::param(pointer, "应为不带参数的URL"))
}

fn expiry(json: &Value) -> Result<Option<i64>, V3Error> {
    let value = optional_text(json, "/time_expire", 64)?;
    let read = |text: String| {
        timestamp::parse_v3(&text).ok_or_else(|| V3Error::param("/time_expire", "应符合RFC3339"))
    };
    value.map(read).transpose()
}

/// The parameters that must be repeated to place the order again, including those that notices return.
fn parameters(json: &Value) -> Result<BTreeMap<String, String>, V3Error> {
    let mut parameters = BTreeMap::from([("json".to_owned(), json.to_string())]);
    parameters.extend(optional_text(json, "/attach", 128)?.map(|attach| ("attach".to_owned(), attach)));
    Ok(parameters)
}
