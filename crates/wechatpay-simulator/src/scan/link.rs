//! `weixin://wxpay/bizpayurl?sign=…&appid=…&mch_id=…&product_id=…&time_stamp=…&nonce_str=…`

use reqwest::Url;

use crate::options::Merchant;
use crate::state::World;
use crate::v2::sign::{self, SignType};
use crate::v2::xml::Fields;

/// A mode-one link whose signature is right.
#[derive(Debug)]
pub struct Link {
    /// Whose.
    pub merchant: Merchant,
    /// A product or an order, as the merchant understands it.
    pub product_id: String,
    /// How it is signed, and the callback with it.
    pub sign_type: SignType,
}

/// Why a link is none. The phone shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkRefusal {
    /// It is no link of mode one.
    #[error("不是模式一链接 / this is no mode-one link")]
    Strange,
    /// It lacks a part, or a part is too long.
    #[error("链接参数有误 / a parameter of the link is missing or too long")]
    Malformed,
    /// Nobody has these numbers.
    #[error("商户号与appid不匹配 / no merchant has this appid and mch_id")]
    Nobody,
    /// The merchant did not sign it.
    #[error("签名错误 / the link's signature is wrong")]
    BadSignature,
}

const PARTS: [(&str, usize); 5] =
    [("appid", 32), ("mch_id", 32), ("product_id", 32), ("time_stamp", 10), ("nonce_str", 32)];

impl Link {
    /// Whether a scanned text is meant to be one, rather than the code of an order.
    pub fn is_meant(text: &str) -> bool {
        text.starts_with("weixin://wxpay/bizpayurl?") && text.contains("product_id=")
    }

    /// Reads a link and verifies it.
    pub fn read(world: &World, text: &str) -> Result<Self, LinkRefusal> {
        if !Self::is_meant(text) {
            return Err(LinkRefusal::Strange);
        }
        let url = Url::parse(text).map_err(|_| LinkRefusal::Malformed)?;
        let fields: Fields = url.query_pairs().map(|(k, v)| (k.into_owned(), v.into_owned())).collect();
        let is_sound = |(name, most): &(&str, usize)| {
            fields.get(*name).is_some_and(|value| (1..=*most).contains(&value.len()))
        };
        if !PARTS.iter().all(is_sound) {
            return Err(LinkRefusal::Malformed);
        }
        let merchant = merchant(world, &fields).ok_or(LinkRefusal::Nobody)?;
        let is_long = fields.get("sign").is_some_and(|sign| sign.len() == 64);
        let sign_type = if is_long { SignType::HmacSha256 } else { SignType::Md5 };
        if !sign::verify(&fields, &merchant.api_key, sign_type) {
            return Err(LinkRefusal::BadSignature);
        }
        Ok(Self { merchant, product_id: fields["product_id"].clone(), sign_type })
    }
}

fn merchant(world: &World, fields: &Fields) -> Option<Merchant> {
    let is_he =
        |merchant: &Merchant| merchant.mch_id == fields["mch_id"] && merchant.appid == fields["appid"];
    world.merchants().into_iter().find(is_he)
}
