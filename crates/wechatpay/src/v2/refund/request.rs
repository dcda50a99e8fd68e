//! Requesting a refund.

use super::super::request::sign_request;
use super::super::{Fields, SignType, V2Merchant, V2Request};
use crate::field_rules::{
    FieldCheck, InvalidField, InvalidFieldReason, check_free_text, check_notify_url, check_order_number,
    check_refund_number, require,
};

/// The fields of POST /secapi/pay/refund (pay.weixin.qq.com, chapter `9_4`).
///
/// An order has at most 50 refunds, at least a minute apart, within a year. Their sum is at most the
/// paid amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct V2Refund {
    /// The merchant's order number: 6 to 32 of `0-9A-Za-z_-|*`.
    pub out_trade_no: String,
    /// The merchant's refund number: 1 to 64 of `0-9A-Za-z_-|*@`. The same number is the same refund.
    pub out_refund_no: String,
    /// The order amount in fen; must equal the amount of the order.
    pub total_fee: i64,
    /// The refund amount in fen: at least 1, at most `total_fee`.
    pub refund_fee: i64,
    /// The reason that the payer sees: 1 to 80 bytes without control characters, `&`, `=`.
    pub refund_desc: Option<String>,
    /// The URL for refund notices: http(s), at most 256 bytes, without query. By default the URL set on
    /// the merchant platform.
    pub notify_url: Option<String>,
    /// How the request and its response are signed.
    pub sign_type: SignType,
}

impl V2Refund {
    /// Checks all fields, adds a nonce and signs. Each call returns different bytes: call it once for
    /// each refund number and store the result.
    ///
    /// # Errors
    /// [`InvalidField`] names the field that is not allowed.
    pub fn request(&self, merchant: &V2Merchant) -> Result<V2Request, InvalidField> {
        self.check()?;
        sign_request(self.fields(), merchant, self.sign_type)
    }

    fn check(&self) -> FieldCheck {
        check_order_number(&self.out_trade_no)?;
        check_refund_number(&self.out_refund_no)?;
        require("total_fee", self.total_fee >= 1, InvalidFieldReason::Value)?;
        require("refund_fee", (1..=self.total_fee).contains(&self.refund_fee), InvalidFieldReason::Value)?;
        self.refund_desc.as_deref().map_or(Ok(()), |text| check_free_text("refund_desc", text, 80))?;
        self.notify_url.as_deref().map_or(Ok(()), check_notify_url)
    }

    fn fields(&self) -> Fields {
        let mut fields = Fields::from([
            ("out_trade_no".into(), self.out_trade_no.clone()),
            ("out_refund_no".into(), self.out_refund_no.clone()),
            ("total_fee".into(), self.total_fee.to_string()),
            ("refund_fee".into(), self.refund_fee.to_string()),
            ("refund_fee_type".into(), "CNY".into()),
        ]);
        fields.extend(self.refund_desc.iter().map(|text| ("refund_desc".into(), text.clone())));
        fields.extend(self.notify_url.iter().map(|text| ("notify_url".into(), text.clone())));
        fields
    }
}
