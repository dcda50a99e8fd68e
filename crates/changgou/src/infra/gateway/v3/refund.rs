//! Refunds by API v3.

use wechatpay::v3::{
    V3CallError, V3Client, V3ErrCode, V3Refund, V3RefundRecord, V3RefundStatus, V3Request, V3UnknownReason,
};

use crate::domain::clock::UtcMs;
use crate::domain::money::Fen;
use crate::infra::gateway::outcome::{BadGateway, unusable};
use crate::infra::gateway::refund_outcome::{RefundCall, RefundCallRequest, RefundFacts, RefundProgress};
use crate::infra::gateway::wechat_text::refund_reason;

pub(in crate::infra::gateway) fn build_request(ask: &RefundCallRequest<'_>) -> Result<String, BadGateway> {
    let refund = V3Refund {
        out_trade_no: ask.out_trade_no.to_owned(),
        out_refund_no: ask.out_refund_no.to_owned(),
        total: ask.total_fee.0,
        refund: ask.refund_fee.0,
        reason: Some(refund_reason(ask.reason)),
        notify_url: Some(ask.notify_url.to_owned()),
    };
    let request = refund.request().map_err(unusable)?;
    Ok(request.as_str().to_owned())
}

pub(in crate::infra::gateway) async fn send(client: &V3Client, request: &str) -> RefundCall {
    match client.refund(&V3Request::from_stored(request.to_owned())).await {
        Ok(record) => RefundCall::Accepted { refund_id: record.refund_id },
        Err(error) => refund_error(&error),
    }
}

/// A request that was not sent took no effect, but an earlier try with the same bytes may have: the
/// state is queried first. A low balance and the rate limit are temporary.
fn refund_error(error: &V3CallError) -> RefundCall {
    let told = error.to_string();
    match error {
        V3CallError::Refused { code: V3ErrCode::NotEnough, .. } => RefundCall::Later(told),
        V3CallError::Unknown(V3UnknownReason::TooMany(_)) => RefundCall::Later(told),
        V3CallError::Refused { .. } => RefundCall::Refused(told),
        V3CallError::Unknown(_) | V3CallError::NotSent(_) => RefundCall::Unknown(told),
    }
}

pub(in crate::infra::gateway) async fn query(client: &V3Client, out_refund_no: &str) -> RefundProgress {
    match client.query_refund(out_refund_no).await {
        Ok(record) => progress(record),
        Err(V3CallError::Refused { code: V3ErrCode::ResourceNotExists, .. }) => RefundProgress::Missing,
        Err(error) => RefundProgress::Unknown(error.to_string()),
    }
}

fn progress(record: V3RefundRecord) -> RefundProgress {
    let facts = RefundFacts {
        out_refund_no: record.out_refund_no,
        refund_id: record.refund_id,
        out_trade_no: record.out_trade_no,
        refund_fee: Fen(record.refund),
        arrived: record.success_time.map(UtcMs),
    };
    match record.status {
        V3RefundStatus::Success => RefundProgress::Done(facts),
        V3RefundStatus::Processing => RefundProgress::Processing(facts),
        V3RefundStatus::Closed => RefundProgress::Closed(facts),
        V3RefundStatus::Abnormal => RefundProgress::Abnormal(facts),
    }
}
