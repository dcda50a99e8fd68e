//! `weixin://wxpay/bizpayurl?sign=…&appid=…&mch_id=…&product_id=…&time_stamp=…&nonce_str=…`

use reqwest::Url;

use crate::options::Merchant;
use crate::state::SimulatorState;
use crate::v2::sign::{self, V2SignType};
use crate::v2::xml::XmlFields;

/// A verified mode-one link.
#[derive(Debug)]
pub struct NativeLink {
    /// The merchant.
    pub merchant: Merchant,
    /// The product number, whose meaning is up to the merchant.
    pub product_id: String,
    /// The sign type of the link and of the callback.
    pub sign_type: V2SignType,
}

/// Why a link is refused. The phone shows this text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// The text is not a mode-one link.
    #[error("不是模式一链接 / this is no mode-one link")]
    NotModeOne,
    /// A parameter is missing or too long.
    #[error("链接参数有误 / a parameter of the link is missing or too long")]
    Malformed,
    /// No merchant has this appid and number.
    #[error("商户号与appid不匹配 / no merchant has this appid and mch_id")]
    UnknownMerchant,
    /// The signature is wrong.
    #[error("签名错误 / the link's signature is wrong")]
    BadSignature,
}

const PARTS: [(&str, usize); 5] =
    [("appid", 32), ("mch_id", 32), ("product_id", 32), ("time_stamp", 10), ("nonce_str", 32)];

impl NativeLink {
    /// Whether a scanned text looks like a mode-one link, rather than the code of an order.
    pub fn looks_like_link(text: &str) -> bool {
        text.starts_with("weixin://wxpay/bizpayurl?") && text.contains("product_id=")
    }

    /// Parses and verifies a link.
    pub fn read(state: &SimulatorState, text: &str) -> Result<Self, LinkError> {
        if !Self::looks_like_link(text) {
            return Err(LinkError::NotModeOne);
        }
        let url = Url::parse(text).map_err(|_| LinkError::Malformed)?;
        let fields: XmlFields = url.query_pairs().map(|(k, v)| (k.into_owned(), v.into_owned())).collect();
        let is_sound = |(name, most): &(&str, usize)| {
            fields.get(*name).is_some_and(|value| (1..=*most).contains(&value.len()))
        };
        if !PARTS.iter().all(is_sound) {
            return Err(LinkError::Malformed);
        }
        let merchant = merchant(state, &fields).ok_or(LinkError::UnknownMerchant)?;
        let is_long = fields.get("sign").is_some_and(|sign| sign.len() == 64);
        let sign_type = if is_long { V2SignType::HmacSha256 } else { V2SignType::Md5 };
        if !sign::verify(&fields, &merchant.api_key, sign_type) {
            return Err(LinkError::BadSignature);
        }
        Ok(Self { merchant, product_id: fields["product_id"].clone(), sign_type })
    }
}

fn merchant(state: &SimulatorState, fields: &XmlFields) -> Option<Merchant> {
    let is_match =
        |merchant: &Merchant| merchant.mch_id == fields["mch_id"] && merchant.appid == fields["appid"];
    state.merchants().into_iter().find(is_match)
}
