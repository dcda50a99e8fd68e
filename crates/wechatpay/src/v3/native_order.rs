//! The order a Native payment starts with.

use serde::{Deserialize, Serialize};

use super::{BadField, Merchant, Reason, Request, json, time};
use crate::field_rules::{Checked, bad, id, ip, notify_url_within, order_number, plain_text, require};

/// The fields of POST /v3/pay/transactions/native (pay.weixin.qq.com, doc `4012791877`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NativeOrder {
    /// What is being paid, as the payer sees it: 1 to 127 bytes without control characters.
    pub description: String,
    /// Our number for the payment: 6 to 32 of `0-9A-Za-z_-|*`, never used twice.
    pub out_trade_no: String,
    /// The price in fen, at least 1.
    pub total: i64,
    /// Where notices go: http(s), at most 255 bytes, no query.
    pub notify_url: String,
    /// Until when it may be paid, UTC ms; WeChat gets whole seconds. At least a minute, at most seven
    /// days ahead.
    pub time_expire: i64,
    /// Comes back in notices and queries: 1 to 127 bytes without control characters.
    pub attach: Option<String>,
    /// The payer's address, IPv4 or IPv6.
    pub payer_client_ip: Option<String>,
}

impl NativeOrder {
    /// Checks every field and writes the request. Store the result under the order's number.
    ///
    /// # Errors
    /// [`BadField`] names the field that must not be sent.
    pub fn request(&self, merchant: &Merchant) -> Result<Request, BadField> {
        self.check()?;
        id("appid", &merchant.appid)?;
        id("mchid", &merchant.mchid)?;
        Ok(Request::of(&self.message(merchant)?))
    }

    fn check(&self) -> Checked {
        plain_text("description", &self.description, 127)?;
        order_number(&self.out_trade_no)?;
        require("total", self.total >= 1, Reason::Value)?;
        notify_url_within(&self.notify_url, 255)?;
        self.attach.as_deref().map_or(Ok(()), |text| plain_text("attach", text, 127))?;
        self.payer_client_ip.as_deref().map_or(Ok(()), |text| ip("payer_client_ip", text))
    }

    fn message(&self, merchant: &Merchant) -> Result<Message, BadField> {
        let expire = time::to_rfc3339(self.time_expire);
        Ok(Message {
            appid: merchant.appid.clone(),
            mchid: merchant.mchid.clone(),
            description: self.description.clone(),
            out_trade_no: self.out_trade_no.clone(),
            time_expire: expire.map_err(|_| bad("time_expire", Reason::Value))?,
            attach: self.attach.clone(),
            notify_url: self.notify_url.clone(),
            amount: Amount { total: self.total, currency: "CNY".into() },
            scene_info: self.payer_client_ip.clone().map(|payer_client_ip| Scene { payer_client_ip }),
        })
    }
}

/// The order number of a stored request that is this merchant's order.
pub(crate) fn our_order_number(request: &Request, merchant: &Merchant) -> Option<String> {
    let message: Message = json::read(request.as_str().as_bytes())?;
    let ours = message.appid == merchant.appid && message.mchid == merchant.mchid;
    Some(message.out_trade_no).filter(|_| ours)
}

#[derive(Serialize, Deserialize)]
struct Message {
    appid: String,
    mchid: String,
    description: String,
    out_trade_no: String,
    time_expire: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    attach: Option<String>,
    notify_url: String,
    amount: Amount,
    #[serde(skip_serializing_if = "Option::is_none")]
    scene_info: Option<Scene>,
}

#[derive(Serialize, Deserialize)]
struct Amount {
    total: i64,
    currency: String,
}

#[derive(Serialize, Deserialize)]
struct Scene {
    payer_client_ip: String,
}
