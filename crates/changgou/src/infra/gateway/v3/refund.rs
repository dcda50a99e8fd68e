//! Refunds by API v3.

use wechatpay::v3::{CallError, Client, Doubt, ErrCode, Refund, RefundRecord, RefundStatus, Request};

use crate::domain::clock::UtcMs;
use crate::domain::money::Fen;
use crate::infra::gateway::texts::refund_reason;
use crate::infra::gateway::{
    BadGateway, RefundCall, RefundCallRequest, RefundFacts, RefundProgress, unusable,
};

pub(in crate::infra::gateway) fn request(ask: &RefundCallRequest<'_>) -> Result<String, BadGateway> {
    let refund = Refund {
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

pub(in crate::infra::gateway) async fn ask(client: &Client, request: &str) -> RefundCall {
    match client.refund(&Request::stored(request.to_owned())).await {
        Ok(record) => RefundCall::Accepted { refund_id: record.refund_id },
        Err(error) => refund_error(&error),
    }
}

/// A request that was not sent took no effect, but an earlier try with the same bytes may have: the
/// state is queried first. A low balance and the rate limit are temporary.
fn refund_error(error: &CallError) -> RefundCall {
    let told = error.to_string();
    match error {
        CallError::Refused { code: ErrCode::NotEnough, .. } => RefundCall::Later(told),
        CallError::Unknown(Doubt::TooMany(_)) => RefundCall::Later(told),
        CallError::Refused { .. } => RefundCall::Refused(told),
        CallError::Unknown(_) | CallError::NotSent(_) => RefundCall::Unknown(told),
    }
}

pub(in crate::infra::gateway) async fn standing(client: &Client, out_refund_no: &str) -> RefundProgress {
    match client.refund_query(out_refund_no).await {
        Ok(record) => progress(record),
        Err(CallError::Refused { code: ErrCode::ResourceNotExists, .. }) => RefundProgress::Missing,
        Err(error) => RefundProgress::Unknown(error.to_string()),
    }
}

fn progress(record: RefundRecord) -> RefundProgress {
    let facts = RefundFacts {
        out_refund_no: record.out_refund_no,
        refund_id: record.refund_id,
        out_trade_no: record.out_trade_no,
        refund_fee: Fen(record.refund),
        arrived: record.success_time.map(UtcMs),
    };
    match record.status {
        RefundStatus::Success => RefundProgress::Done(facts),
        RefundStatus::Processing => RefundProgress::Processing(facts),
        RefundStatus::Closed => RefundProgress::Closed(facts),
        RefundStatus::Abnormal => RefundProgress::Abnormal(facts),
    }
}
