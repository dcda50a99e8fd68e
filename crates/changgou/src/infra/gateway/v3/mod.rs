//! API v3: JSON, signed with RSA both ways.

pub(super) mod refund;

use wechatpay::v3::{
    self, CertificateRefresh, ClientOptions, NativeOrder, PlatformKeys, V3CallError, V3Client, V3ErrCode,
    V3Merchant, V3Request,
};

use super::outcome::{
    BadGateway, CloseOutcome, Evidence, PaymentCode, PrepayOutcome, PrepayRequest, TradeStatus,
    setting_error, trade_status, unusable,
};
use crate::domain::clock::{Clock, UtcMs};
use crate::domain::money::Fen;
use crate::infra::settings::{WechatAccount, WechatV3Account};

/// The result of fetching WeChat's certificates.
#[derive(Debug, PartialEq, Eq)]
pub enum Certificates {
    /// API v3 is not used.
    NotNeeded,
    /// They were fetched within the last minute.
    Fetched,
    /// WeChat has none for this merchant and signs with its public key only.
    NoneThere,
    /// They could not be fetched; the known ones stay valid.
    Failed(String),
}

pub(super) fn open_client(
    account: &WechatAccount,
    keys: &WechatV3Account,
    clock: &Clock,
) -> Result<V3Client, BadGateway> {
    let merchant = V3Merchant {
        appid: account.appid.clone(),
        mchid: account.mch_id.clone(),
        serial_no: keys.serial_no.clone(),
        private_key: v3::PrivateKey::from_pem(&keys.key_pem)
            .map_err(|error| setting_error("wechat_key_file", &error))?,
        api_v3_key: parse_key(&keys.api_v3_key, keys.api_v3_key_old.as_deref())?,
    };
    let ring = PlatformKeys::new();
    if let Some(public) = &keys.public_key {
        let added = ring.add_public_key(&public.id, &public.pem);
        added.map_err(|error| setting_error("wechat_public_key_id, wechat_public_key_file", &error))?;
    }
    let clock = clock.clone();
    let clock = v3::Clock::new(move || clock.now().0);
    let client = V3Client::with_options(&account.base_url, merchant, ring, clock, ClientOptions::default());
    let client = client.map_err(unusable)?;
    match &account.backup_url {
        None => Ok(client),
        Some(url) => client.with_backup(url).map_err(|error| setting_error("wechat_base_url_backup", &error)),
    }
}

fn parse_key(now: &str, old: Option<&str>) -> Result<v3::ApiV3Key, BadGateway> {
    let now = v3::ApiV3Key::new(now).map_err(|error| setting_error("wechat_api_v3_key", &error))?;
    let Some(old) = old else { return Ok(now) };
    let old = v3::ApiV3Key::new(old).map_err(|error| setting_error("wechat_api_v3_key_old", &error))?;
    Ok(now.with_previous(&old))
}

pub(super) fn prepay_request(client: &V3Client, ask: &PrepayRequest<'_>) -> Result<String, BadGateway> {
    let order = NativeOrder {
        description: ask.body.to_owned(),
        out_trade_no: ask.out_trade_no.to_owned(),
        total: ask.total_fee.0,
        notify_url: ask.notify_url.to_owned(),
        time_expire: ask.until.0,
        attach: None,
        payer_client_ip: Some(ask.client_ip.to_owned()),
    };
    let request = order.request(client.merchant()).map_err(unusable)?;
    Ok(request.as_str().to_owned())
}

pub(super) async fn prepay(client: &V3Client, request: &str) -> PrepayOutcome {
    match client.create_native_order(&V3Request::from_stored(request.to_owned())).await {
        Ok(prepaid) => PrepayOutcome::Code(PaymentCode { url: prepaid.code_url, prepay_id: None }),
        Err(error) => prepay_error(&error),
    }
}

/// A request that was not sent took no effect, but an earlier try with the same bytes may have: both
/// are retried.
fn prepay_error(error: &V3CallError) -> PrepayOutcome {
    let told = error.to_string();
    match error {
        V3CallError::Refused { code: V3ErrCode::OrderPaid, .. } => PrepayOutcome::Paid,
        V3CallError::Refused {
            code: V3ErrCode::OrderClosed | V3ErrCode::OutTradeNoUsed | V3ErrCode::InvalidRequest,
            ..
        } => PrepayOutcome::Spent(told),
        V3CallError::Refused { .. } => PrepayOutcome::Refused(told),
        V3CallError::Unknown(_) | V3CallError::NotSent(_) => PrepayOutcome::Unknown(told),
    }
}

pub(super) async fn query(client: &V3Client, out_trade_no: &str) -> TradeStatus {
    match client.query_order(out_trade_no).await {
        Ok(trade) => trade_status(trade.state, trade.paid.map(evidence)),
        Err(V3CallError::Refused {
            code: V3ErrCode::OrderNotExist | V3ErrCode::ResourceNotExists, ..
        }) => TradeStatus::Missing,
        Err(error) => TradeStatus::Unknown(error.to_string()),
    }
}

pub(super) async fn close(client: &V3Client, out_trade_no: &str) -> CloseOutcome {
    match client.close_order(out_trade_no).await {
        Ok(v3::CloseOutcome::Closed | v3::CloseOutcome::AlreadyClosed) => CloseOutcome::Closed,
        Err(V3CallError::Refused { code: V3ErrCode::OrderClosed, .. }) => CloseOutcome::Closed,
        Err(V3CallError::Refused {
            code: V3ErrCode::OrderNotExist | V3ErrCode::ResourceNotExists, ..
        }) => CloseOutcome::Missing,
        Err(V3CallError::Refused { code, .. }) if may_mean_paid(&code) => CloseOutcome::Paid,
        Err(error) => CloseOutcome::Unknown(error.to_string()),
    }
}

/// WeChat's documentation is inconsistent about the code for a paid order, so a refusal about the order
/// leads to a query.
fn may_mean_paid(code: &V3ErrCode) -> bool {
    matches!(
        code,
        V3ErrCode::OrderPaid
            | V3ErrCode::InvalidRequest
            | V3ErrCode::ParamError
            | V3ErrCode::RuleLimit
            | V3ErrCode::TradeError
    )
}

pub(super) async fn refresh_certificates(client: &V3Client) -> Certificates {
    match client.refresh_certificates().await {
        Ok(CertificateRefresh::Fetched(_) | CertificateRefresh::FetchedRecently) => Certificates::Fetched,
        Err(V3CallError::Refused { code: V3ErrCode::ResourceNotExists, .. }) => Certificates::NoneThere,
        Err(error) => Certificates::Failed(error.to_string()),
    }
}

pub(super) fn evidence(payment: v3::V3Payment) -> Evidence {
    Evidence {
        out_trade_no: payment.out_trade_no,
        transaction_id: payment.transaction_id,
        total_fee: Fen(payment.total),
        currency: payment.currency,
        trade_type: payment.trade_type,
        openid: payment.openid,
        paid: UtcMs(payment.success_time),
    }
}
