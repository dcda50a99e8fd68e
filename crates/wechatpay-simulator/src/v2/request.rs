//! From bytes to a request whose sender is known.

use super::response::Malformed;
use super::sign::{self, SignType};
use super::xml::{self, Fields};
use crate::options::Merchant;
use crate::state::World;

/// A well-formed, well-signed request.
#[derive(Debug)]
pub struct Request {
    /// Who asks.
    pub merchant: Merchant,
    /// How he signs, and how he is answered.
    pub sign_type: SignType,
    /// Everything he sent.
    pub fields: Fields,
}

impl Request {
    /// A field that is there and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// Reads a request. Every refusal is unsigned, because until the end nobody is known to whom it could be signed.
pub fn read(world: &World, body: &[u8]) -> Result<Request, Malformed> {
    if body.is_empty() {
        return Err(Malformed::new("post数据为空"));
    }
    let text = std::str::from_utf8(body).map_err(|_| Malformed::new("编码格式错误"))?;
    let fields = xml::read(text).map_err(|_| Malformed::new("XML格式错误"))?;
    check_envelope(&fields)?;
    let sign_type = SignType::of(&fields).ok_or_else(|| Malformed::new("签名类型错误"))?;
    let merchant = sender(world, &fields)?;
    if !sign::verify(&fields, &merchant.api_key, sign_type) {
        return Err(Malformed::new("签名错误"));
    }
    known_appid(world, &fields)?;
    Ok(Request { merchant, sign_type, fields })
}

fn check_envelope(fields: &Fields) -> Result<(), Malformed> {
    for (name, most) in [("appid", 32), ("mch_id", 32), ("nonce_str", 32), ("sign", 64)] {
        match fields.get(name).map(String::len) {
            None | Some(0) => return Err(Malformed::lacks(name)),
            Some(length) if length > most => return Err(Malformed::invalid(name)),
            Some(_) => {}
        }
    }
    Ok(())
}

/// The merchant by both numbers; by `mch_id` alone when the appid is not his, since the key is the merchant's.
fn sender(world: &World, fields: &Fields) -> Result<Merchant, Malformed> {
    let merchants = world.merchants();
    let mut his = merchants.iter().filter(|merchant| merchant.mch_id == fields["mch_id"]);
    let any = his.clone().next().ok_or_else(|| Malformed::new("商户号mch_id不存在"))?;
    Ok(his.find(|merchant| merchant.appid == fields["appid"]).unwrap_or(any).clone())
}

fn known_appid(world: &World, fields: &Fields) -> Result<(), Malformed> {
    let is_known = world.merchants().iter().any(|merchant| merchant.appid == fields["appid"]);
    if is_known { Ok(()) } else { Err(Malformed::new("appid不存在")) }
}
