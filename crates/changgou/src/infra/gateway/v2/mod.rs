//! API v2: XML, signed with a shared key.

pub(super) mod refund;

use wechatpay::v2::{
    self, CallError, Client, Closed, ErrCode, Merchant, MoneyOut, Request, SignType, UnifiedOrder, Unsent,
};

use super::{
    BadGateway, CloseOutcome, Evidence, PaymentCode, PrepayOutcome, PrepayRequest, TradeStatus, named,
    trade_state, unusable,
};
use crate::domain::clock::{Clock, UtcMs};
use crate::domain::money::Fen;
use crate::infra::settings::{ClientCertificate, WechatAccount};

pub(super) fn client(account: &WechatAccount, api_key: &str, clock: &Clock) -> Result<Client, BadGateway> {
    let (appid, mch_id) = (account.appid.clone(), account.mch_id.clone());
    let api_key = key(api_key, account.api_key_old.as_deref())?;
    let mut client = Client::new(&account.base_url, Merchant { appid, mch_id, api_key }).map_err(unusable)?;
    if let Some(url) = &account.backup_url {
        let clock = clock.clone();
        let clock = wechatpay::Clock::new(move || clock.now().0);
        client = client.with_backup(url, clock).map_err(|error| named("wechat_base_url_backup", &error))?;
    }
    client.with_money_out(money_out(account.certificate.as_ref())?).map_err(unusable)
}

fn key(now: &str, old: Option<&str>) -> Result<v2::ApiKey, BadGateway> {
    let now = v2::ApiKey::new(now).map_err(|error| named("wechat_api_key", &error))?;
    let Some(old) = old else { return Ok(now) };
    let old = v2::ApiKey::new(old).map_err(|error| named("wechat_api_key_old", &error))?;
    Ok(now.beside(&old))
}

/// Without a certificate only a simulator accepts refunds.
fn money_out(certificate: Option<&ClientCertificate>) -> Result<MoneyOut, BadGateway> {
    let Some(certificate) = certificate else { return Ok(MoneyOut::without_certificate()) };
    let ClientCertificate { certificate_pem, key_pem, base_url, root_pem } = certificate;
    let mut way = MoneyOut::with_certificate(certificate_pem, key_pem).map_err(unusable)?;
    if let Some(root) = root_pem {
        way = way.trusting_only(root).map_err(unusable)?;
    }
    Ok(base_url.as_ref().map_or(way.clone(), |url| way.clone().at(url)))
}

pub(super) fn request(
    client: &Client,
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

pub(super) async fn prepay(client: &Client, request: &str, sign_type: SignType) -> PrepayOutcome {
    match client.unified_order(&Request::stored(request.to_owned()), sign_type).await {
        Ok(v2::Prepaid { prepay_id, code_url: url }) => {
            PrepayOutcome::Code(PaymentCode { url, prepay_id: Some(prepay_id) })
        }
        Err(error) => prepay_error(&error),
    }
}

/// A request that was not sent took no effect, but an earlier try with the same bytes may have: both
/// are retried.
fn prepay_error(error: &CallError) -> PrepayOutcome {
    let told = error.to_string();
    match error {
        CallError::Refused { code: ErrCode::OrderPaid, .. } => PrepayOutcome::Paid,
        CallError::Refused {
            code: ErrCode::OrderClosed | ErrCode::OutTradeNoUsed | ErrCode::InvalidRequest,
            ..
        } => PrepayOutcome::Spent(told),
        // It is signed with a key that is gone, and its number cannot be used with other parameters.
        CallError::NotSent(Unsent::OtherKey) => PrepayOutcome::Spent(told),
        CallError::Refused { .. } => PrepayOutcome::Refused(told),
        CallError::Unknown(_) | CallError::NotSent(_) | CallError::Rejected { .. } => {
            PrepayOutcome::Unknown(told)
        }
    }
}

pub(super) async fn query(client: &Client, out_trade_no: &str, sign_type: SignType) -> TradeStatus {
    match client.order_query(out_trade_no, sign_type).await {
        Ok(trade) => trade_state(trade.state, trade.paid.map(evidence)),
        Err(CallError::Refused { code: ErrCode::OrderNotExist, .. }) => TradeStatus::Missing,
        Err(error) => TradeStatus::Unknown(error.to_string()),
    }
}

pub(super) async fn close(client: &Client, out_trade_no: &str, sign_type: SignType) -> CloseOutcome {
    match client.close_order(out_trade_no, sign_type).await {
        Ok(Closed::Now | Closed::Already) => CloseOutcome::Closed,
        Err(CallError::Refused { code: ErrCode::OrderClosed, .. }) => CloseOutcome::Closed,
        Err(CallError::Refused { code: ErrCode::OrderPaid, .. }) => CloseOutcome::Paid,
        Err(CallError::Refused { code: ErrCode::OrderNotExist, .. }) => CloseOutcome::Missing,
        Err(error) => CloseOutcome::Unknown(error.to_string()),
    }
}

pub(super) fn evidence(payment: v2::Payment) -> Evidence {
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
