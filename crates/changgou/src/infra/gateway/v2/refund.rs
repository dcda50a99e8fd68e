//! Refunds by API v2.

use wechatpay::v2::{
    self, NotSentReason, SignType, V2CallError, V2Client, V2ErrCode, V2RefundRecord, V2RefundStatus,
    V2Request, V2UnknownReason,
};

use crate::domain::clock::UtcMs;
use crate::domain::money::Fen;
use crate::infra::gateway::outcome::{BadGateway, unusable};
use crate::infra::gateway::refund_outcome::{RefundCall, RefundCallRequest, RefundFacts, RefundProgress};
use crate::infra::gateway::wechat_text::refund_reason;

pub(in crate::infra::gateway) fn build_request(
    client: &V2Client,
    ask: &RefundCallRequest<'_>,
    sign_type: SignType,
) -> Result<String, BadGateway> {
    let refund = v2::V2Refund {
        out_trade_no: ask.out_trade_no.to_owned(),
        out_refund_no: ask.out_refund_no.to_owned(),
        total_fee: ask.total_fee.0,
        refund_fee: ask.refund_fee.0,
        refund_desc: Some(refund_reason(ask.reason)),
        notify_url: Some(ask.notify_url.to_owned()),
        sign_type,
    };
    let request = refund.request(client.merchant()).map_err(unusable)?;
    Ok(request.as_str().to_owned())
}

pub(in crate::infra::gateway) async fn send(
    client: &V2Client,
    request: &str,
    sign_type: SignType,
) -> RefundCall {
    match client.refund(&V2Request::from_stored(request.to_owned()), sign_type).await {
        Ok(accepted) => RefundCall::Accepted { refund_id: accepted.refund_id },
        Err(error) => refund_error(&error),
    }
}

pub(in crate::infra::gateway) async fn query(
    client: &V2Client,
    out_refund_no: &str,
    sign_type: SignType,
) -> RefundProgress {
    match client.query_refund(out_refund_no, sign_type).await {
        Ok(record) => progress(record),
        Err(V2CallError::Refused { code: V2ErrCode::RefundNotExist, .. }) => RefundProgress::Missing,
        Err(error) => RefundProgress::Unknown(error.to_string()),
    }
}

/// A request that was not sent took no effect, but an earlier try with the same bytes may have: the
/// state is queried first.
fn refund_error(error: &V2CallError) -> RefundCall {
    let told = error.to_string();
    match error {
        V2CallError::Refused { code, .. } if PASSING.contains(code) => RefundCall::Later(told),
        V2CallError::Unknown(V2UnknownReason::Status(TOO_MANY)) => RefundCall::Later(told),
        V2CallError::Refused { .. } => RefundCall::Refused(told),
        V2CallError::NotSent(NotSentReason::SignedWithOtherKey) => RefundCall::Stale(told),
        V2CallError::Unknown(_) | V2CallError::NotSent(_) | V2CallError::Rejected { .. } => {
            RefundCall::Unknown(told)
        }
    }
}

/// HTTP status 429.
const TOO_MANY: u16 = 429;

/// Temporary refusals: a low balance or the rate limit.
const PASSING: [V2ErrCode; 4] = [
    V2ErrCode::NotEnough,
    V2ErrCode::InvalidReqTooMuch,
    V2ErrCode::FrequencyLimited,
    V2ErrCode::OrderNotReady,
];

fn progress(record: V2RefundRecord) -> RefundProgress {
    let facts = RefundFacts {
        out_refund_no: record.out_refund_no,
        refund_id: record.refund_id,
        out_trade_no: record.out_trade_no,
        refund_fee: Fen(record.refund_fee),
        arrived: record.success_time.map(UtcMs),
    };
    match record.status {
        V2RefundStatus::Success => RefundProgress::Done(facts),
        V2RefundStatus::Processing => RefundProgress::Processing(facts),
        V2RefundStatus::Closed => RefundProgress::Closed(facts),
        V2RefundStatus::Change => RefundProgress::Abnormal(facts),
    }
}
