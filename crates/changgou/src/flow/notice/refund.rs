//! Refund notices. A notice is not proof: it only says which refund to ask WeChat
//! about.

use super::NoticeReply;
use crate::flow::refund::{apply_progress, find_refund, import_platform_refund};
use crate::flow::{App, Error, Outcome};
use crate::infra::gateway::{RefundNotice, RefundProgress};
use crate::store::payment::attempt;
use crate::store::payment::refund::RefundState;

/// Decrypts a refund notice of API v2 and asks WeChat about the refund.
pub async fn refund_notice_v2(app: &App, body: &[u8]) -> Outcome<NoticeReply> {
    match app.gateway.read_refund_notice(body) {
        Ok(notice) => apply_refund_notice(app, notice).await,
        Err(disbelieved) => Ok(NoticeReply::Refused(disbelieved.label)),
    }
}

/// Asks WeChat about the refund of a notice and records the answer. The notice is
/// not acknowledged until WeChat has answered.
pub(super) async fn apply_refund_notice(app: &App, notice: RefundNotice) -> Outcome<NoticeReply> {
    let Some(refund) = find_refund(app, &notice.out_refund_no).await? else {
        return import_refund(app, notice).await;
    };
    if refund.out_trade_no != notice.out_trade_no {
        return Ok(NoticeReply::Refused("another_trade"));
    }
    if refund.state == RefundState::Done {
        return Ok(NoticeReply::Kept);
    }
    let progress = app.gateway.query_refund(&refund.out_refund_no, &refund.sign_type).await;
    let is_clear = !matches!(progress, RefundProgress::Unknown(_) | RefundProgress::Missing);
    // A refund that waited for an operator may have been paid out on the merchant platform.
    if refund.state.is_under_way() || matches!(progress, RefundProgress::Done(_)) {
        apply_progress(app, &refund, progress).await?;
    }
    Ok(if is_clear { NoticeReply::Kept } else { NoticeReply::Refused("unclear") })
}

/// A refund the shop does not know was made on the merchant platform.
async fn import_refund(app: &App, notice: RefundNotice) -> Outcome<NoticeReply> {
    let number = notice.out_trade_no.clone();
    let found = app.db.read(async move |tx| Ok::<_, Error>(attempt::find(tx, &number).await?)).await?;
    let Some(attempt) = found else {
        return Ok(NoticeReply::Refused("unknown_trade"));
    };
    let (state, facts) = match app.gateway.query_refund(&notice.out_refund_no, &attempt.sign_type).await {
        RefundProgress::Done(facts) => (RefundState::Done, facts),
        RefundProgress::Processing(facts) => (RefundState::Processing, facts),
        RefundProgress::Abnormal(facts) => (RefundState::Abnormal, facts),
        // It moved no money, and the shop did not ask for it.
        RefundProgress::Closed(_) => return Ok(NoticeReply::Kept),
        RefundProgress::Missing => return Ok(NoticeReply::Refused("unknown_refund")),
        RefundProgress::Unknown(_) => return Ok(NoticeReply::Refused("unclear")),
    };
    if facts.out_trade_no != attempt.out_trade_no {
        return Ok(NoticeReply::Refused("another_trade"));
    }
    import_platform_refund(app, attempt, state, facts).await?;
    Ok(NoticeReply::Kept)
}
