//! The two calls about refunds.

use super::super::fields::required;
use super::super::request::seal;
use super::super::response::is_field;
use super::super::stored_request::{our_field, our_fields};
use super::super::{CallError, Client, Fields, Request, SignType};
use super::{RefundAccepted, RefundRecord};
use crate::field_rules::refund_number;

impl Client {
    /// Asks for a refund, or asks again for one with the same bytes (pay.weixin.qq.com, chapter
    /// `9_4`). The answer tells that it was taken on, not that the money arrived.
    ///
    /// # Errors
    /// [`CallError`]; on [`CallError::Unknown`] repeat with the same request, never with another
    /// number. Without [`Client::with_money_out`] nothing is sent.
    pub async fn refund(&self, request: &Request, sign_type: SignType) -> Result<RefundAccepted, CallError> {
        let ours = our_fields(request, self.merchant(), sign_type)?;
        let bound = ["out_trade_no", "out_refund_no", "total_fee", "refund_fee"];
        let mut asked = Vec::new();
        for name in bound {
            asked.push((name, our_field(&ours, name)?));
        }
        let way = self.money_out()?;
        let fields = self.ask(way, "/secapi/pay/refund", request, &asked, sign_type).await?;
        for (name, value) in asked {
            is_field(name, required(&fields, name)?, value)?;
        }
        Ok(RefundAccepted::from_fields(&fields)?)
    }

    /// Asks where a refund stands (pay.weixin.qq.com, chapter `9_5`).
    ///
    /// # Errors
    /// [`CallError`]; a refund WeChat does not have is [`ErrCode::RefundNotExist`](crate::v2::ErrCode::RefundNotExist).
    pub async fn refund_query(
        &self,
        out_refund_no: &str,
        sign_type: SignType,
    ) -> Result<RefundRecord, CallError> {
        refund_number(out_refund_no)?;
        let asked = Fields::from([("out_refund_no".into(), out_refund_no.into())]);
        let question = seal(asked, self.merchant(), sign_type)?;
        let fields = self.ask(self.way(), "/pay/refundquery", &question, &[], sign_type).await?;
        RefundRecord::find(&fields, out_refund_no)
    }
}
