//! Creating a Native order.

use serde::{Deserialize, Serialize};

use super::{InvalidField, InvalidFieldReason, V3Merchant, V3Request, json, time};
use crate::field_rules::{
    FieldCheck, check_id, check_ip, check_notify_url_within, check_order_number, check_plain_text, invalid,
    require,
};

/// The fields of POST /v3/pay/transactions/native (pay.weixin.qq.com, doc `4012791877`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NativeOrder {
    /// The description that the payer sees: 1 to 127 bytes without control characters.
    pub description: String,
    /// The merchant's order number: 6 to 32 of `0-9A-Za-z_-|*`. Never reuse it.
    pub out_trade_no: String,
    /// The price in fen, at least 1.
    pub total: i64,
    /// The URL for notices: http(s), at most 255 bytes, without query.
    pub notify_url: String,
    /// When the order expires, UTC ms; sent in whole seconds. From one minute to seven days ahead.
    pub time_expire: i64,
    /// Returned in notices and queries: 1 to 127 bytes without control characters.
    pub attach: Option<String>,
    /// The IP address of the payer, IPv4 or IPv6.
    pub payer_client_ip: Option<String>,
}

impl NativeOrder {
    /// Checks all fields and builds the request. Store the result with the order number.
    ///
    /// # Errors
    /// [`InvalidField`] names the field that is not allowed.
    pub fn request(&self, merchant: &V3Merchant) -> Result<V3Request, InvalidField> {
        self.check()?;
        check_id("appid", &merchant.appid)?;
        check_id("mchid", &merchant.mchid)?;
        Ok(V3Request::from_body(&self.message(merchant)?))
    }

    fn check(&self) -> FieldCheck {
        check_plain_text("description", &self.description, 127)?;
        check_order_number(&self.out_trade_no)?;
        require("total", self.total >= 1, InvalidFieldReason::Value)?;
        check_notify_url_within(&self.notify_url, 255)?;
        self.attach.as_deref().map_or(Ok(()), |text| check_plain_text("attach", text, 127))?;
        self.payer_client_ip.as_deref().map_or(Ok(()), |text| check_ip("payer_client_ip", text))
    }

    fn message(&self, merchant: &V3Merchant) -> Result<OrderRequestBody, InvalidField> {
        let expire = time::to_rfc3339(self.time_expire);
        Ok(OrderRequestBody {
            appid: merchant.appid.clone(),
            mchid: merchant.mchid.clone(),
            description: self.description.clone(),
            out_trade_no: self.out_trade_no.clone(),
            time_expire: expire.map_err(|_| invalid("time_expire", InvalidFieldReason::Value))?,
            attach: self.attach.clone(),
            notify_url: self.notify_url.clone(),
            amount: OrderAmount { total: self.total, currency: "CNY".into() },
            scene_info: self.payer_client_ip.clone().map(|payer_client_ip| Scene { payer_client_ip }),
        })
    }
}

/// The order number of a stored request, if it is an order of this merchant.
pub(crate) fn stored_order_number(request: &V3Request, merchant: &V3Merchant) -> Option<String> {
    let message: OrderRequestBody = json::read(request.as_str().as_bytes())?;
    let ours = message.appid == merchant.appid && message.mchid == merchant.mchid;
    Some(message.out_trade_no).filter(|_| ours)
}

#[derive(Serialize, Deserialize)]
struct OrderRequestBody {
    appid: String,
    mchid: String,
    description: String,
    out_trade_no: String,
    time_expire: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    attach: Option<String>,
    notify_url: String,
    amount: OrderAmount,
    #[serde(skip_serializing_if = "Option::is_none")]
    scene_info: Option<Scene>,
}

#[derive(Serialize, Deserialize)]
struct OrderAmount {
    total: i64,
    currency: String,
}

#[derive(Serialize, Deserialize)]
struct Scene {
    payer_client_ip: String,
}
