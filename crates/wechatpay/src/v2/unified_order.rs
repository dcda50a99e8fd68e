//! The order a Native payment starts with.

use super::request::seal;
use super::{Fields, Merchant, Request, SignType, time};
use crate::field_rules::{BadField, Checked, Reason, bad, free_text, ip, notify_url, order_number, require};

/// The fields of POST /pay/unifiedorder for `trade_type` NATIVE (pay.weixin.qq.com, chapter `9_1`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnifiedOrder {
    /// What is being paid, as the payer sees it: 1 to 128 bytes without control characters, `&`, `=`.
    pub body: String,
    /// Our number for the payment: 6 to 32 of `0-9A-Za-z_-|*`, never used twice.
    pub out_trade_no: String,
    /// The price in fen, at least 1.
    pub total_fee: i64,
    /// The payer's or our own address, IPv4 or IPv6.
    pub spbill_create_ip: String,
    /// Where notices go: http(s), at most 256 bytes, no query.
    pub notify_url: String,
    /// The product's or order's number: 1 to 32 bytes without control characters, `&`, `=`.
    pub product_id: String,
    /// When the order was made, UTC ms; WeChat gets whole seconds.
    pub time_start: i64,
    /// Until when it may be paid, UTC ms; more than 60 whole seconds after `time_start`.
    pub time_expire: i64,
    /// Comes back in notices and queries: 1 to 127 bytes without control characters, `&`, `=`.
    pub attach: Option<String>,
    /// How this order, its answers and its notices are signed.
    pub sign_type: SignType,
}

impl UnifiedOrder {
    /// Checks every field, adds a nonce and signs. Each call gives other bytes: call it once per
    /// order number and store the result.
    ///
    /// # Errors
    /// [`BadField`] names the field that must not be sent.
    pub fn request(&self, merchant: &Merchant) -> Result<Request, BadField> {
        self.check()?;
        seal(self.fields()?, merchant, self.sign_type)
    }

    fn check(&self) -> Checked {
        free_text("body", &self.body, 128)?;
        order_number(&self.out_trade_no)?;
        require("total_fee", self.total_fee >= 1, Reason::Value)?;
        ip("spbill_create_ip", &self.spbill_create_ip)?;
        notify_url(&self.notify_url)?;
        free_text("product_id", &self.product_id, 32)?;
        let seconds = self.time_expire.div_euclid(1000) - self.time_start.div_euclid(1000);
        require("time_expire", seconds > 60, Reason::Value)?;
        self.attach.as_deref().map_or(Ok(()), |text| free_text("attach", text, 127))
    }

    fn fields(&self) -> Result<Fields, BadField> {
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

fn stamp(field: &'static str, utc_ms: i64) -> Result<String, BadField> {
    time::to_stamp(utc_ms).map_err(|_| bad(field, Reason::Value))
}
