//! `POST /v3/pay/transactions/native`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::fields::{currency, fen, optional_text, text};
use super::request::Request;
use super::response::{Outcome, Refusal, Told};
use crate::place_order::{self, Draft};
use crate::state::World;
use crate::timestamp;
use crate::trade::terms::Protocol;
use crate::trade::{Order, Terms};
use crate::validation;

/// Places an order, or gives a new code for one that was placed with the same parameters.
pub fn place(world: &World, request: &Request) -> Outcome {
    let code = place_order::place(world, draft(world, request)?)?;
    Ok(Told::Json(json!({ "code_url": code.url })))
}

fn draft(world: &World, request: &Request) -> Result<Draft, Refusal> {
    let json = &request.json;
    same_merchant(request, &text(json, "/mchid", 32)?)?;
    let merchant = request.merchant(world, &text(json, "/appid", 32)?)?;
    currency(json, "/amount/currency")?;
    let order = Order {
        merchant,
        body: text(json, "/description", 127)?,
        out_trade_no: out_trade_no(json)?,
        total_fee: fen(json, "/amount/total")?,
        notify_url: notify_url(json, "/notify_url", 255)?,
    };
    let expire_ms = expiry(json)?;
    let terms = Terms::new(Protocol::V3(request.key_kind), &parameters(json)?);
    Ok(Draft { order, terms, expire_ms })
}

/// Who signs must be who asks.
pub fn same_merchant(request: &Request, mch_id: &str) -> Result<(), Refusal> {
    let is_same = request.mch_id() == mch_id;
    is_same.then_some(()).ok_or_else(|| Refusal::param("/mchid", "与签名的商户号不一致"))
}

fn out_trade_no(json: &Value) -> Result<String, Refusal> {
    let number = text(json, "/out_trade_no", 32)?;
    let legal = validation::out_trade_no(&number).filter(|number| number.len() >= 6);
    legal.ok_or_else(|| Refusal::param("/out_trade_no", "应为6到32位数字、字母及_-|*"))
}

/// An address without parameters.
pub fn notify_url(json: &Value, pointer: &str, most: usize) -> Result<String, Refusal> {
    let url = text(json, pointer, most)?;
    validation::notify_url(&url).ok_or_else(|| Refusal::param(pointer, "应为不带参数的URL"))
}

fn expiry(json: &Value) -> Result<Option<i64>, Refusal> {
    let told = optional_text(json, "/time_expire", 64)?;
    let read = |text: String| {
        timestamp::parse_v3(&text).ok_or_else(|| Refusal::param("/time_expire", "应符合RFC3339"))
    };
    told.map(read).transpose()
}

/// What must be repeated to place the order again, with what notices echo under its own name.
fn parameters(json: &Value) -> Result<BTreeMap<String, String>, Refusal> {
    let mut parameters = BTreeMap::from([("json".to_owned(), json.to_string())]);
    parameters.extend(optional_text(json, "/attach", 128)?.map(|attach| ("attach".to_owned(), attach)));
    Ok(parameters)
}
