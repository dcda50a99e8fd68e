//! Notices of API v3. They are signed as a whole and their content is encrypted, so
//! which payment or refund they are about is known only after verification.

use super::NoticeReply;
use super::refund::apply_refund_notice;
use crate::flow::settle::EvidenceSource;
use crate::flow::{App, Outcome};
use crate::infra::gateway::{Evidence, NoticeHead, V3NoticeContent, protocol_for};
use crate::infra::settings::Protocol;
use crate::store::payment::attempt;

/// Verifies and decrypts a notice, and settles what it is about.
pub async fn notice_v3(app: &App, head: &NoticeHead, body: Vec<u8>) -> Outcome<NoticeReply> {
    match app.gateway.read_notice_v3(head, &body).await {
        Err(disbelieved) => Ok(NoticeReply::Refused(disbelieved.label)),
        Ok(V3NoticeContent::Paid(evidence)) => settle_payment(app, evidence, body).await,
        Ok(V3NoticeContent::Refund(notice)) => apply_refund_notice(app, notice).await,
    }
}

/// A payment is settled only by evidence of the API its attempt was opened with.
async fn settle_payment(app: &App, evidence: Evidence, body: Vec<u8>) -> Outcome<NoticeReply> {
    let number = evidence.out_trade_no.clone();
    let found = app.db.read(async move |tx| attempt::find(tx, &number).await).await?;
    match found.map(|attempt| protocol_for(&attempt.sign_type)) {
        None => Ok(NoticeReply::Refused("unknown_trade")),
        Some(Protocol::V2) => Ok(NoticeReply::Refused("other_protocol")),
        Some(Protocol::V3) => {
            let source = EvidenceSource::Notice(String::from_utf8_lossy(&body).into_owned());
            app.settle_queue.settle(evidence, source).await?;
            Ok(NoticeReply::Kept)
        }
    }
}
