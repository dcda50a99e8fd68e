//! Refunds by API v2.

use wechatpay::v2::{
    self, CallError, Client, Doubt, ErrCode, RefundRecord, RefundStatus, Request, SignType, Unsent,
};

use crate::domain::clock::UtcMs;
use crate::domain::money::Fen;
use crate::infra::gateway::texts::refund_reason;
use crate::infra::gateway::{
    BadGateway, RefundCall, RefundCallRequest, RefundFacts, RefundProgress, unusable,
};

pub(in crate::infra::gateway) fn request(
    client: &Client,
    ask: &RefundCallRequest<'_>,
    sign_type: SignType,
) -> Result<String, BadGateway> {
    let refund = v2::Refund {
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

pub(in crate::infra::gateway) async fn ask(
    client: &Client,
    request: &str,
    sign_type: SignType,
) -> RefundCall {
    match client.refund(&Request::stored(request.to_owned()), sign_type).await {
        Ok(accepted) => RefundCall::Accepted { refund_id: accepted.refund_id },
        Err(error) => refund_error(&error),
    }
}

pub(in crate::infra::gateway) async fn standing(
    client: &Client,
    out_refund_no: &str,
    sign_type: SignType,
) -> RefundProgress {
    match client.refund_query(out_refund_no, sign_type).await {
        Ok(record) => progress(record),
        Err(CallError::Refused { code: ErrCode::RefundNotExist, .. }) => RefundProgress::Missing,
        Err(error) => RefundProgress::Unknown(error.to_string()),
    }
}

/// A request that was not sent took no effect, but an earlier try with the same bytes may have: the
/// state is queried first.
fn refund_error(error: &CallError) -> RefundCall {
    let told = error.to_string();
    match error {
        CallError::Refused { code, .. } if PASSING.contains(code) => RefundCall::Later(told),
        CallError::Unknown(Doubt::Status(TOO_MANY)) => RefundCall::Later(told),
        CallError::Refused { .. } => RefundCall::Refused(told),
        CallError::NotSent(Unsent::OtherKey) => RefundCall::Stale(told),
        CallError::Unknown(_) | CallError::NotSent(_) | CallError::Rejected { .. } => {
            RefundCall::Unknown(told)
        }
    }
}

/// HTTP status 429.
const TOO_MANY: u16 = 429;

/// Temporary refusals: a low balance or the rate limit.
const PASSING: [ErrCode; 4] =
    [ErrCode::NotEnough, ErrCode::InvalidReqTooMuch, ErrCode::FrequencyLimited, ErrCode::OrderNotReady];

fn progress(record: RefundRecord) -> RefundProgress {
    let facts = RefundFacts {
        out_refund_no: record.out_refund_no,
        refund_id: record.refund_id,
        out_trade_no: record.out_trade_no,
        refund_fee: Fen(record.refund_fee),
        arrived: record.success_time.map(UtcMs),
    };
    match record.status {
        RefundStatus::Success => RefundProgress::Done(facts),
        RefundStatus::Processing => RefundProgress::Processing(facts),
        RefundStatus::Closed => RefundProgress::Closed(facts),
        RefundStatus::Change => RefundProgress::Abnormal(facts),
    }
}
