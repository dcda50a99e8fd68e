//! Payment notices of API v2.

use super::NoticeReply;
use crate::flow::settle::EvidenceSource;
use crate::flow::{App, Outcome};
use crate::infra::gateway::{Gateway, V2NoticeContent};

/// Verifies a notice with the signature its attempt is pinned to, and settles it.
pub async fn payment_notice_v2(app: &App, body: Vec<u8>) -> Outcome<NoticeReply> {
    verify_and_settle(app, body, EvidenceSource::Notice).await
}

pub(super) async fn verify_and_settle(
    app: &App,
    body: Vec<u8>,
    source: fn(String) -> EvidenceSource,
) -> Outcome<NoticeReply> {
    let Some(notice) = Gateway::parse_notice(&body) else { return Ok(NoticeReply::Refused("malformed")) };
    let Some(number) = notice.claimed_out_trade_no() else { return Ok(NoticeReply::Refused("malformed")) };
    let Some(sign_type) = app.pins.find_sign_type(number).await? else {
        return Ok(NoticeReply::Refused("unknown_trade"));
    };
    match app.gateway.verify_notice(&notice, &sign_type) {
        Err(disbelieved) => Ok(NoticeReply::Refused(disbelieved.label)),
        Ok(V2NoticeContent::NotPaid) => Ok(NoticeReply::Kept),
        Ok(V2NoticeContent::Paid(evidence)) => {
            app.settle_queue.settle(evidence, source(String::from_utf8_lossy(&body).into_owned())).await?;
            Ok(NoticeReply::Kept)
        }
    }
}
