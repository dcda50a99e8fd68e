//! API v2: XML, signed with a shared key.

pub(super) mod refund;

use wechatpay::v2::{
    self, MutualTls, NotSentReason, SignType, UnifiedOrder, V2CallError, V2Client, V2ErrCode, V2Merchant,
    V2Request,
};

use super::outcome::{
    BadGateway, CloseOutcome, Evidence, PaymentCode, PrepayOutcome, PrepayRequest, TradeStatus,
    setting_error, trade_status, unusable,
};
use crate::domain::clock::{Clock, UtcMs};
use crate::domain::money::Fen;
use crate::infra::settings::{ClientCertificate, WechatAccount};

pub(super) fn open_client(
    account: &WechatAccount,
    api_key: &str,
    clock: &Clock,
) -> Result<V2Client, BadGateway> {
    let (appid, mch_id) = (account.appid.clone(), account.mch_id.clone());
    let api_key = parse_key(api_key, account.api_key_old.as_deref())?;
    let mut client =
        V2Client::new(&account.base_url, V2Merchant { appid, mch_id, api_key }).map_err(unusable)?;
    if let Some(url) = &account.backup_url {
        let clock = clock.clone();
        let clock = wechatpay::Clock::new(move || clock.now().0);
        client = client
            .with_backup(url, clock)
            .map_err(|error| setting_error("wechat_base_url_backup", &error))?;
    }
    client.with_mutual_tls(refund_tls(account.certificate.as_ref())?).map_err(unusable)
}

fn parse_key(now: &str, old: Option<&str>) -> Result<v2::ApiKey, BadGateway> {
    let now = v2::ApiKey::new(now).map_err(|error| setting_error("wechat_api_key", &error))?;
    let Some(old) = old else { return Ok(now) };
    let old = v2::ApiKey::new(old).map_err(|error| setting_error("wechat_api_key_old", &error))?;
    Ok(now.with_previous(&old))
}

/// Without a certificate only a simulator accepts refunds.
fn refund_tls(certificate: Option<&ClientCertificate>) -> Result<MutualTls, BadGateway> {
    let Some(certificate) = certificate else { return Ok(MutualTls::without_certificate()) };
    let ClientCertificate { certificate_pem, key_pem, base_url, root_pem } = certificate;
    let mut way = MutualTls::with_certificate(certificate_pem, key_pem).map_err(unusable)?;
    if let Some(root) = root_pem {
        way = way.trusting_only_root(root).map_err(unusable)?;
    }
    Ok(base_url.as_ref().map_or(way.clone(), |url| way.clone().with_base_url(url)))
}

pub(super) fn prepay_request(
    client: &V2Client,
    ask: &PrepayRequest<'_>,
    sign_type: SignType,
) -> Result<String, BadGateway> {
    let order = UnifiedOrder {
        body: ask.body.to_owned(),
        out_trade_no: ask.out_trade_no.to_owned(),
        total_fee: ask.total_fee.0,
        spbill_create_ip: ask.client_ip.to_owned(),
        notify_url: ask.notify_url.to_owned(),
        product_id: ask.product_id.to_owned(),
        time_start: ask.from.0,
        time_expire: ask.until.0,
        attach: None,
        sign_type,
    };
    let request = order.request(client.merchant()).map_err(unusable)?;
    Ok(request.as_str().to_owned())
}

pub(super) async fn prepay(client: &V2Client, request: &str, sign_type: SignType) -> PrepayOutcome {
    match client.unified_order(&V2Request::from_stored(request.to_owned()), sign_type).await {
        Ok(v2::V2PrepayResponse { prepay_id, code_url: url }) => {
            PrepayOutcome::Code(PaymentCode { url, prepay_id: Some(prepay_id) })
        }
        Err(error) => prepay_error(&error),
    }
}

/// A request that was not sent took no effect, but an earlier try with the same bytes may have: both
/// are retried.
fn prepay_error(error: &V2CallError) -> PrepayOutcome {
    let told = error.to_string();
    match error {
        V2CallError::Refused { code: V2ErrCode::OrderPaid, .. } => PrepayOutcome::Paid,
        V2CallError::Refused {
            code: V2ErrCode::OrderClosed | V2ErrCode::OutTradeNoUsed | V2ErrCode::InvalidRequest,
            ..
        } => PrepayOutcome::Spent(told),
        // It is signed with a key that is gone, and its number cannot be used with other parameters.
        V2CallError::NotSent(NotSentReason::SignedWithOtherKey) => PrepayOutcome::Spent(told),
        V2CallError::Refused { .. } => PrepayOutcome::Refused(told),
        V2CallError::Unknown(_) | V2CallError::NotSent(_) | V2CallError::Rejected { .. } => {
            PrepayOutcome::Unknown(told)
        }
    }
}

pub(super) async fn query(client: &V2Client, out_trade_no: &str, sign_type: SignType) -> TradeStatus {
    match client.query_order(out_trade_no, sign_type).await {
        Ok(trade) => trade_status(trade.state, trade.paid.map(evidence)),
        Err(V2CallError::Refused { code: V2ErrCode::OrderNotExist, .. }) => TradeStatus::Missing,
        Err(error) => TradeStatus::Unknown(error.to_string()),
    }
}

pub(super) async fn close(client: &V2Client, out_trade_no: &str, sign_type: SignType) -> CloseOutcome {
    match client.close_order(out_trade_no, sign_type).await {
        Ok(v2::CloseOutcome::Closed | v2::CloseOutcome::AlreadyClosed) => CloseOutcome::Closed,
        Err(V2CallError::Refused { code: V2ErrCode::OrderClosed, .. }) => CloseOutcome::Closed,
        Err(V2CallError::Refused { code: V2ErrCode::OrderPaid, .. }) => CloseOutcome::Paid,
        Err(V2CallError::Refused { code: V2ErrCode::OrderNotExist, .. }) => CloseOutcome::Missing,
        Err(error) => CloseOutcome::Unknown(error.to_string()),
    }
}

pub(super) fn evidence(payment: v2::V2Payment) -> Evidence {
    Evidence {
        out_trade_no: payment.out_trade_no,
        transaction_id: payment.transaction_id,
        total_fee: Fen(payment.total_fee),
        currency: payment.fee_type,
        trade_type: payment.trade_type,
        openid: payment.openid,
        paid: UtcMs(payment.time_end),
    }
}
