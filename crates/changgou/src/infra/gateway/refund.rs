//! Refunds at WeChat.

use super::outcome::BadGateway;
use super::refund_outcome::{RefundCall, RefundCallRequest, RefundNotice, RefundProgress};
use super::{Gateway, PinnedApi, RejectedNotice, notice, v2, v3};

impl Gateway {
    /// The request body for `ask`, to be stored before it is sent.
    pub fn refund_request(&self, ask: &RefundCallRequest<'_>) -> Result<String, BadGateway> {
        match self.api_for(ask.sign_type)? {
            PinnedApi::V2(client, sign_type) => v2::refund::build_request(client, ask, sign_type),
            PinnedApi::V3(_) => v3::refund::build_request(ask),
        }
    }

    /// Requests a refund with a body made by [`Gateway::refund_request`].
    pub async fn refund(&self, request: &str, pinned: &str) -> RefundCall {
        match self.api_for(pinned) {
            Ok(PinnedApi::V2(client, sign_type)) => v2::refund::send(client, request, sign_type).await,
            Ok(PinnedApi::V3(client)) => v3::refund::send(client, request).await,
            Err(bad) => RefundCall::Unknown(bad.to_string()),
        }
    }

    pub async fn query_refund(&self, out_refund_no: &str, pinned: &str) -> RefundProgress {
        match self.api_for(pinned) {
            Ok(PinnedApi::V2(client, sign_type)) => v2::refund::query(client, out_refund_no, sign_type).await,
            Ok(PinnedApi::V3(client)) => v3::refund::query(client, out_refund_no).await,
            Err(bad) => RefundProgress::Unknown(bad.to_string()),
        }
    }

    /// Decrypts a refund notice of API v2. It is not signed: anybody who knows the key can make one.
    pub fn read_refund_notice(&self, body: &[u8]) -> Result<RefundNotice, RejectedNotice> {
        let client = self.v2().map_err(|_| notice::OTHER_PROTOCOL)?;
        let told = wechatpay::v2::read_refund_notice(body, client.merchant());
        let told = told.map_err(|error| RejectedNotice { label: error.label() })?;
        Ok(RefundNotice { out_refund_no: told.out_refund_no, out_trade_no: told.out_trade_no })
    }
}
