//! Reading and authenticating requests.

use super::error::MalformedRequest;
use super::sign::{self, V2SignType};
use super::xml::{self, XmlFields};
use crate::options::Merchant;
use crate::state::SimulatorState;

/// A well-formed and correctly signed request.
#[derive(Debug)]
pub struct V2IncomingRequest {
    /// The merchant.
    pub merchant: Merchant,
    /// The sign type of the request and of its response.
    pub sign_type: V2SignType,
    /// All fields.
    pub fields: XmlFields,
}

impl V2IncomingRequest {
    /// A non-empty field.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// Reads a request. Errors are not signed, because the sender is not known yet.
pub fn read(state: &SimulatorState, body: &[u8]) -> Result<V2IncomingRequest, MalformedRequest> {
    if body.is_empty() {
        return Err(MalformedRequest::new("post数据为空"));
    }
    let text = std::str::from_utf8(body).map_err(|_| MalformedRequest::new("编码格式错误"))?;
    let fields = xml::read(text).map_err(|_| MalformedRequest::new("XML格式错误"))?;
    check_envelope(&fields)?;
    let sign_type = V2SignType::from_fields(&fields).ok_or_else(|| MalformedRequest::new("签名类型错误"))?;
    let merchant = sender(state, &fields)?;
    if !sign::verify(&fields, &merchant.api_key, sign_type) {
        return Err(MalformedRequest::new("签名错误"));
    }
    known_appid(state, &fields)?;
    Ok(V2IncomingRequest { merchant, sign_type, fields })
}

fn check_envelope(fields: &XmlFields) -> Result<(), MalformedRequest> {
    for (name, most) in [("appid", 32), ("mch_id", 32), ("nonce_str", 32), ("sign", 64)] {
        match fields.get(name).map(String::len) {
            None | Some(0) => return Err(MalformedRequest::lacks(name)),
            Some(length) if length > most => return Err(MalformedRequest::invalid(name)),
            Some(_) => {}
        }
    }
    Ok(())
}

/// Finds the merchant by both numbers, or by `mch_id` alone if the appid does not belong to it: the key belongs to
/// the merchant.
fn sender(state: &SimulatorState, fields: &XmlFields) -> Result<Merchant, MalformedRequest> {
    let merchants = state.merchants();
    let mut his = merchants.iter().filter(|merchant| merchant.mch_id == fields["mch_id"]);
    let any = his.clone().next().ok_or_else(|| MalformedRequest::new("商户号mch_id不存在"))?;
    Ok(his.find(|merchant| merchant.appid == fields["appid"]).unwrap_or(any).clone())
}

fn known_appid(state: &SimulatorState, fields: &XmlFields) -> Result<(), MalformedRequest> {
    let is_known = state.merchants().iter().any(|merchant| merchant.appid == fields["appid"]);
    if is_known { Ok(()) } else { Err(MalformedRequest::new("appid不存在")) }
}
