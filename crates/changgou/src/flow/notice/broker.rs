//! Payment results from the broker.

use super::NoticeReply;
use super::v2::verify_and_settle;
use crate::flow::attempt::{query_payment, wechat_unavailable};
use crate::flow::settle::EvidenceSource;
use crate::flow::{App, Outcome};
use crate::infra::gateway::{Gateway, TradeStatus, protocol_for};
use crate::infra::settings::Protocol;
use crate::store::payment::attempt::{self, Attempt};

/// Settles a payment result. It carries a notice of API v2 and is verified like one;
/// one about an attempt of API v3 proves nothing, so WeChat is asked.
pub async fn payment_result(app: &App, json: &[u8]) -> Outcome<NoticeReply> {
    let Some(body) = Gateway::notice_from_json(json) else { return Ok(NoticeReply::Refused("malformed")) };
    if let Some(number) = Gateway::parse_notice(&body).and_then(|notice| notice.claimed_out_trade_no())
        && let Some(attempt) = find_v3_attempt(app, number).await?
    {
        return query_wechat(app, &attempt).await;
    }
    verify_and_settle(app, body, EvidenceSource::Broker).await
}

async fn find_v3_attempt(app: &App, number: String) -> Outcome<Option<Attempt>> {
    let found = app.db.read(async move |tx| attempt::find(tx, &number).await).await?;
    Ok(found.filter(|attempt| protocol_for(&attempt.sign_type) == Protocol::V3))
}

/// Asks WeChat about an attempt, unless its payment is already known.
async fn query_wechat(app: &App, attempt: &Attempt) -> Outcome<NoticeReply> {
    if attempt.transaction_id.is_some() {
        return Ok(NoticeReply::Kept);
    }
    match query_payment(app, attempt).await? {
        TradeStatus::Paid(_) => Ok(NoticeReply::Kept),
        TradeStatus::Open | TradeStatus::Closed | TradeStatus::Missing => {
            Ok(NoticeReply::Refused("not_paid"))
        }
        TradeStatus::Unknown(why) => {
            let out_trade_no = attempt.out_trade_no.as_str();
            tracing::warn!(out_trade_no, why, "WeChat did not say whether an attempt was paid");
            Err(wechat_unavailable().into())
        }
    }
}
