//! The refund calls of the client.

use super::super::fields::required;
use super::super::request::sign_request;
use super::super::response::check_field;
use super::super::stored_request::{read_stored_request, stored_field};
use super::super::{Fields, SignType, V2CallError, V2Client, V2Request};
use super::{V2RefundAccepted, V2RefundRecord};
use crate::field_rules::check_refund_number;

impl V2Client {
    /// Requests a refund. Repeating the same bytes is the same refund (pay.weixin.qq.com, chapter
    /// `9_4`). The response says that the refund was accepted, not that the money arrived.
    ///
    /// # Errors
    /// [`V2CallError`]. On [`V2CallError::Unknown`] repeat the call with the same request, never with
    /// another number. Without [`V2Client::with_mutual_tls`] nothing is sent.
    pub async fn refund(
        &self,
        request: &V2Request,
        sign_type: SignType,
    ) -> Result<V2RefundAccepted, V2CallError> {
        let ours = read_stored_request(request, self.merchant(), sign_type)?;
        let bound = ["out_trade_no", "out_refund_no", "total_fee", "refund_fee"];
        let mut asked = Vec::new();
        for name in bound {
            asked.push((name, stored_field(&ours, name)?));
        }
        let endpoint = self.mutual_tls()?;
        let fields = self.call(endpoint, "/secapi/pay/refund", request, &asked, sign_type).await?;
        for (name, value) in asked {
            check_field(name, required(&fields, name)?, value)?;
        }
        Ok(V2RefundAccepted::from_fields(&fields)?)
    }

    /// Queries a refund (pay.weixin.qq.com, chapter `9_5`).
    ///
    /// # Errors
    /// [`V2CallError`]. An unknown refund is
    /// [`V2ErrCode::RefundNotExist`](crate::v2::V2ErrCode::RefundNotExist).
    pub async fn query_refund(
        &self,
        out_refund_no: &str,
        sign_type: SignType,
    ) -> Result<V2RefundRecord, V2CallError> {
        check_refund_number(out_refund_no)?;
        let asked = Fields::from([("out_refund_no".into(), out_refund_no.into())]);
        let request = sign_request(asked, self.merchant(), sign_type)?;
        let fields = self.call(self.endpoint(), "/pay/refundquery", &request, &[], sign_type).await?;
        V2RefundRecord::find(&fields, out_refund_no)
    }
}
