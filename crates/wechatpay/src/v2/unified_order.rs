//! Creating a Native order.

use super::request::sign_request;
use super::{Fields, SignType, V2Merchant, V2Request, time};
use crate::field_rules::{
    FieldCheck, InvalidField, InvalidFieldReason, check_free_text, check_ip, check_notify_url,
    check_order_number, invalid, require,
};

/// The fields of POST /pay/unifiedorder for `trade_type` NATIVE (pay.weixin.qq.com, chapter `9_1`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnifiedOrder {
    /// The description that the payer sees: 1 to 128 bytes without control characters, `&`, `=`.
    pub body: String,
    /// The merchant's order number: 6 to 32 of `0-9A-Za-z_-|*`. Never reuse it.
    pub out_trade_no: String,
    /// The price in fen, at least 1.
    pub total_fee: i64,
    /// The IP address of the payer or of the server, IPv4 or IPv6.
    pub spbill_create_ip: String,
    /// The URL for notices: http(s), at most 256 bytes, without query.
    pub notify_url: String,
    /// The product or order number: 1 to 32 bytes without control characters, `&`, `=`.
    pub product_id: String,
    /// When the order was created, UTC ms; sent in whole seconds.
    pub time_start: i64,
    /// When the order expires, UTC ms; more than 60 whole seconds after `time_start`.
    pub time_expire: i64,
    /// Returned in notices and queries: 1 to 127 bytes without control characters, `&`, `=`.
    pub attach: Option<String>,
    /// How this order, its responses and its notices are signed.
    pub sign_type: SignType,
}

impl UnifiedOrder {
    /// Checks all fields, adds a nonce and signs. Each call returns different bytes: call it once for
    /// each order number and store the result.
    ///
    /// # Errors
    /// [`InvalidField`] names the field that is not allowed.
    pub fn request(&self, merchant: &V2Merchant) -> Result<V2Request, InvalidField> {
        self.check()?;
        sign_request(self.fields()?, merchant, self.sign_type)
    }

    fn check(&self) -> FieldCheck {
        check_free_text("body", &self.body, 128)?;
        check_order_number(&self.out_trade_no)?;
        require("total_fee", self.total_fee >= 1, InvalidFieldReason::Value)?;
        check_ip("spbill_create_ip", &self.spbill_create_ip)?;
        check_notify_url(&self.notify_url)?;
        check_free_text("product_id", &self.product_id, 32)?;
        let seconds = self.time_expire.div_euclid(1000) - self.time_start.div_euclid(1000);
        require("time_expire", seconds > 60, InvalidFieldReason::Value)?;
        self.attach.as_deref().map_or(Ok(()), |text| check_free_text("attach", text, 127))
    }

    fn fields(&self) -> Result<Fields, InvalidField> {
        let mut fields = Fields::from([
            ("body".into(), self.body.clone()),
            ("out_trade_no".into(), self.out_trade_no.clone()),
            ("total_fee".into(), self.total_fee.to_string()),
            ("fee_type".into(), "CNY".into()),
            ("spbill_create_ip".into(), self.spbill_create_ip.clone()),
            ("notify_url".into(), self.notify_url.clone()),
            ("trade_type".into(), "NATIVE".into()),
            ("product_id".into(), self.product_id.clone()),
            ("time_start".into(), stamp("time_start", self.time_start)?),
            ("time_expire".into(), stamp("time_expire", self.time_expire)?),
        ]);
        fields.extend(self.attach.iter().map(|text| ("attach".into(), text.clone())));
        Ok(fields)
    }
}

fn stamp(field: &'static str, utc_ms: i64) -> Result<String, InvalidField> {
    time::to_stamp(utc_ms).map_err(|_| invalid(field, InvalidFieldReason::Value))
}
