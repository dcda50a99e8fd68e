//! The request a refund starts with.

use super::super::request::seal;
use super::super::{Fields, Merchant, Request, SignType};
use crate::field_rules::{
    BadField, Checked, Reason, free_text, notify_url, order_number, refund_number, require,
};

/// The fields of POST /secapi/pay/refund (pay.weixin.qq.com, chapter `9_4`).
///
/// An order takes at most 50 refunds, a minute apart, within a year, and never more than was paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// Our number of the payment: 6 to 32 of `0-9A-Za-z_-|*`.
    pub out_trade_no: String,
    /// Our number of this refund: 1 to 64 of `0-9A-Za-z_-|*@`. The same number is the same refund.
    pub out_refund_no: String,
    /// What the order cost in fen; must be what it was made with.
    pub total_fee: i64,
    /// What goes back in fen: at least 1, at most `total_fee`.
    pub refund_fee: i64,
    /// Shown to the payer: 1 to 80 bytes without control characters, `&`, `=`.
    pub refund_desc: Option<String>,
    /// Where refund notices go: http(s), at most 256 bytes, no query. Without it they go where the
    /// merchant platform says.
    pub notify_url: Option<String>,
    /// How the request and its answer are signed.
    pub sign_type: SignType,
}

impl Refund {
    /// Checks every field, adds a nonce and signs. Each call gives other bytes: call it once per
    /// refund number and store the result.
    ///
    /// # Errors
    /// [`BadField`] names the field that must not be sent.
    pub fn request(&self, merchant: &Merchant) -> Result<Request, BadField> {
        self.check()?;
        seal(self.fields(), merchant, self.sign_type)
    }

    fn check(&self) -> Checked {
        order_number(&self.out_trade_no)?;
        refund_number(&self.out_refund_no)?;
        require("total_fee", self.total_fee >= 1, Reason::Value)?;
        require("refund_fee", (1..=self.total_fee).contains(&self.refund_fee), Reason::Value)?;
        self.refund_desc.as_deref().map_or(Ok(()), |text| free_text("refund_desc", text, 80))?;
        self.notify_url.as_deref().map_or(Ok(()), notify_url)
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
