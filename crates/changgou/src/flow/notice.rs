//! Notices of API v3. They are signed as a whole and their content is
//! encrypted, so whose they are is known only once they are proven.

use crate::flow::settle::{self, EvidenceSource, NoticeReply};
use crate::flow::{App, Outcome, pay, refund};
use crate::infra::gateway::{Evidence, NoticeHead, TradeStatus, V3NoticeContent, protocol_of};
use crate::infra::settings::Protocol;
use crate::store::payment::attempt::{self, Attempt};

/// Takes a notice of API v3 in: proven, kept and settled in one transaction,
/// and only then acknowledged.
pub async fn v3(app: &App, head: &NoticeHead, body: Vec<u8>) -> Outcome<NoticeReply> {
    match app.gateway.read_notice_v3(head, &body).await {
        Err(disbelieved) => Ok(NoticeReply::Refused(disbelieved.label)),
        Ok(V3NoticeContent::Paid(evidence)) => paid(app, evidence, body).await,
        Ok(V3NoticeContent::Refund(about)) => refund::told(app, about).await,
    }
}

/// A payment is settled by evidence of the API it was asked for by, and no other.
async fn paid(app: &App, evidence: Evidence, body: Vec<u8>) -> Outcome<NoticeReply> {
    let number = evidence.out_trade_no.clone();
    let found = app.db.read(async move |tx| attempt::find(tx, &number).await).await?;
    match found.map(|attempt| protocol_of(&attempt.sign_type)) {
        None => Ok(NoticeReply::Refused("unknown_trade")),
        Some(Protocol::V2) => Ok(NoticeReply::Refused("other_protocol")),
        Some(Protocol::V3) => {
            let told = EvidenceSource::Notice(String::from_utf8_lossy(&body).into_owned());
            settle::settle(app, evidence, told).await?;
            Ok(NoticeReply::Kept)
        }
    }
}

/// The attempt of this number, if it is paid by API v3.
pub async fn attempt_of_v3(app: &App, number: String) -> Outcome<Option<Attempt>> {
    let found = app.db.read(async move |tx| attempt::find(tx, &number).await).await?;
    Ok(found.filter(|attempt| protocol_of(&attempt.sign_type) == Protocol::V3))
}

/// A result that others tell of such an attempt proves nothing: WeChat is asked,
/// unless its money is there already.
pub async fn asked(app: &App, attempt: &Attempt) -> Outcome<NoticeReply> {
    if attempt.transaction_id.is_some() {
        return Ok(NoticeReply::Kept);
    }
    match pay::query_payment(app, attempt).await? {
        TradeStatus::Paid(_) => Ok(NoticeReply::Kept),
        TradeStatus::Open | TradeStatus::Closed | TradeStatus::Missing => {
            Ok(NoticeReply::Refused("not_paid"))
        }
        TradeStatus::Unknown(why) => {
            tracing::warn!(
                out_trade_no = attempt.out_trade_no,
                why,
                "WeChat does not say whether it was paid"
            );
            Err(pay::unavailable().into())
        }
    }
}
