//! API v2: XML, signed with the key both sides know.

pub(super) mod refund;

use wechatpay::v2::{
    self, CloseOutcome, MutualTls, NotSentReason, SignType, UnifiedOrder, V2CallError, V2Client, V2ErrCode,
    V2Merchant, V2Request,
};

use super::{Ask, BadGateway, Close, Code, Evidence, Prepay, Trade, named, trade_state, unusable};
use crate::domain::clock::{Clock, UtcMs};
use crate::domain::money::Fen;
use crate::infra::settings::{ClientCertificate, Wechat};

pub(super) fn client(account: &Wechat, api_key: &str, clock: &Clock) -> Result<V2Client, BadGateway> {
    let (appid, mch_id) = (account.appid.clone(), account.mch_id.clone());
    let api_key = key(api_key, account.api_key_old.as_deref())?;
    let mut client =
        V2Client::new(&account.base_url, V2Merchant { appid, mch_id, api_key }).map_err(unusable)?;
    if let Some(url) = &account.backup_url {
        let clock = clock.clone();
        let clock = wechatpay::Clock::new(move || clock.now().0);
        client = client.with_backup(url, clock).map_err(|error| named("wechat_base_url_backup", &error))?;
    }
    client.with_mutual_tls(money_out(account.certificate.as_ref())?).map_err(unusable)
}

fn key(now: &str, old: Option<&str>) -> Result<v2::ApiKey, BadGateway> {
    let now = v2::ApiKey::new(now).map_err(|error| named("wechat_api_key", &error))?;
    let Some(old) = old else { return Ok(now) };
    let old = v2::ApiKey::new(old).map_err(|error| named("wechat_api_key_old", &error))?;
    Ok(now.with_previous(&old))
}

/// Without a certificate only a simulator gives money back.
fn money_out(certificate: Option<&ClientCertificate>) -> Result<MutualTls, BadGateway> {
    let Some(certificate) = certificate else { return Ok(MutualTls::without_certificate()) };
    let ClientCertificate { certificate_pem, key_pem, base_url, root_pem } = certificate;
    let mut way = MutualTls::with_certificate(certificate_pem, key_pem).map_err(unusable)?;
    if let Some(root) = root_pem {
        way = way.trusting_only_root(root).map_err(unusable)?;
    }
    Ok(base_url.as_ref().map_or(way.clone(), |url| way.clone().with_base_url(url)))
}

pub(super) fn request(client: &V2Client, ask: &Ask<'_>, sign_type: SignType) -> Result<String, BadGateway> {
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

pub(super) async fn prepay(client: &V2Client, request: &str, sign_type: SignType) -> Prepay {
    match client.unified_order(&V2Request::from_stored(request.to_owned()), sign_type).await {
        Ok(v2::V2PrepayResponse { prepay_id, code_url: url }) => {
            Prepay::Code(Code { url, prepay_id: Some(prepay_id) })
        }
        Err(error) => prepay_error(&error),
    }
}

/// What was never sent took no effect this time, but an earlier try with the
/// same bytes may have: both are asked again.
fn prepay_error(error: &V2CallError) -> Prepay {
    let told = error.to_string();
    match error {
        V2CallError::Refused { code: V2ErrCode::OrderPaid, .. } => Prepay::Paid,
        V2CallError::Refused {
            code: V2ErrCode::OrderClosed | V2ErrCode::OutTradeNoUsed | V2ErrCode::InvalidRequest,
            ..
        } => Prepay::Spent(told),
        // A key that is gone has signed it: other parameters cannot follow under its number.
        V2CallError::NotSent(NotSentReason::SignedWithOtherKey) => Prepay::Spent(told),
        V2CallError::Refused { .. } => Prepay::Refused(told),
        V2CallError::Unknown(_) | V2CallError::NotSent(_) | V2CallError::Rejected { .. } => {
            Prepay::Unknown(told)
        }
    }
}

pub(super) async fn query(client: &V2Client, out_trade_no: &str, sign_type: SignType) -> Trade {
    match client.query_order(out_trade_no, sign_type).await {
        Ok(trade) => trade_state(trade.state, trade.paid.map(evidence)),
        Err(V2CallError::Refused { code: V2ErrCode::OrderNotExist, .. }) => Trade::Missing,
        Err(error) => Trade::Unknown(error.to_string()),
    }
}

pub(super) async fn close(client: &V2Client, out_trade_no: &str, sign_type: SignType) -> Close {
    match client.close_order(out_trade_no, sign_type).await {
        Ok(CloseOutcome::Closed | CloseOutcome::AlreadyClosed) => Close::Closed,
        Err(V2CallError::Refused { code: V2ErrCode::OrderClosed, .. }) => Close::Closed,
        Err(V2CallError::Refused { code: V2ErrCode::OrderPaid, .. }) => Close::Paid,
        Err(V2CallError::Refused { code: V2ErrCode::OrderNotExist, .. }) => Close::Missing,
        Err(error) => Close::Unknown(error.to_string()),
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
