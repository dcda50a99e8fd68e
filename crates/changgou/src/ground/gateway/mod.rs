//! WeChat Pay in the shop's terms: the only place that names its protocol.
//!
//! Every answer is an outcome the flows can act on. `Unknown` means that the
//! call may have taken effect: it is asked again with the same bytes.

mod bill;
mod refund;

use std::collections::BTreeMap;

use wechatpay::v2::{
    self, CallError, Client, Closed, ErrCode, Merchant, MoneyOut, Request, SignType, TradeState, UnifiedOrder,
};

use crate::ground::settings::{ClientCertificate, Wechat};
use crate::values::clock::UtcMs;
use crate::values::money::Fen;

pub use bill::{BadBill, Bill, BillLine, BillLines, LineKind, Way};
pub use refund::{RefundAsk, RefundCall, RefundFacts, RefundStanding, RefundTold};

/// A way to get paid.
#[derive(Clone)]
pub enum Gateway {
    /// WeChat Pay, API v2, native mode two.
    WechatV2(Client),
}

/// What is asked of WeChat before a buyer can pay.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    /// What the buyer sees on the phone.
    pub body: &'a str,
    /// The attempt's own number.
    pub out_trade_no: &'a str,
    /// The order's price, in fen.
    pub total_fee: Fen,
    /// The buyer's address on the network.
    pub client_ip: &'a str,
    /// Where the notice shall go.
    pub notify_url: &'a str,
    /// The order, at WeChat the product.
    pub product_id: &'a str,
    /// When the attempt was opened.
    pub from: UtcMs,
    /// Until when it may be paid.
    pub until: UtcMs,
    /// The signature it is pinned to, `HMAC-SHA256` or `MD5`.
    pub sign_type: &'a str,
}

/// Proof that money arrived, authentic and addressed to this shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The attempt it pays.
    pub out_trade_no: String,
    /// WeChat's number of the payment.
    pub transaction_id: String,
    /// What the order cost at WeChat, in fen.
    pub total_fee: Fen,
    /// The currency; `CNY` is expected.
    pub currency: String,
    /// How it was paid; `NATIVE` is expected.
    pub trade_type: String,
    /// Who paid, as WeChat names people to this shop.
    pub openid: String,
    /// When it was paid.
    pub paid: UtcMs,
}

/// What came of asking for a code.
#[derive(Debug)]
pub enum Prepay {
    /// The text of the QR code, good for two hours.
    Code(String),
    /// This attempt is paid already.
    Paid,
    /// This attempt is closed, or its number was used with other words: take a new one.
    Spent(String),
    /// WeChat will not do it, and trying again will not help.
    Refused(String),
    /// It may have worked: ask again with the same bytes.
    Unknown(String),
}

/// Where a payment stands at WeChat.
#[derive(Debug)]
pub enum Trade {
    /// It is paid.
    Paid(Evidence),
    /// Not yet; it may still be paid.
    Open,
    /// It can no longer be paid.
    Closed,
    /// WeChat does not know it.
    Missing,
    /// No usable answer.
    Unknown(String),
}

/// What came of closing.
#[derive(Debug)]
pub enum Close {
    /// It can no longer be paid.
    Closed,
    /// It was paid first.
    Paid,
    /// WeChat does not know it.
    Missing,
    /// No usable answer: it may still be paid.
    Unknown(String),
}

/// What an authentic notice says.
#[derive(Debug)]
pub enum Notice {
    /// Money arrived.
    Paid(Evidence),
    /// A try to pay failed; nothing follows from it.
    NotPaid,
}

/// A notice that is not believed; the label is for metrics.
#[derive(Debug)]
pub struct Disbelieved {
    /// A stable word for the kind of flaw.
    pub label: &'static str,
}

/// The credentials or the address cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("WeChat Pay cannot be used: {0}")]
pub struct BadGateway(String);

impl Gateway {
    /// WeChat Pay, API v2, for this merchant.
    pub fn wechat_v2(wechat: &Wechat) -> Result<Gateway, BadGateway> {
        let api_key = v2::ApiKey::new(&wechat.api_key).map_err(unusable)?;
        let merchant = Merchant { appid: wechat.appid.clone(), mch_id: wechat.mch_id.clone(), api_key };
        let client = Client::new(&wechat.base_url, merchant).map_err(unusable)?;
        let client = client.with_money_out(money_out(wechat.certificate.as_ref())?).map_err(unusable)?;
        Ok(Gateway::WechatV2(client))
    }

    /// The word for this protocol in the database.
    pub fn protocol(&self) -> &'static str {
        match self {
            Gateway::WechatV2(_) => "v2",
        }
    }

    /// The bytes to send for `ask`, to be stored before they are sent.
    pub fn request(&self, ask: &Ask<'_>) -> Result<String, BadGateway> {
        let Gateway::WechatV2(client) = self;
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
            sign_type: sign_type(ask.sign_type),
        };
        let request = order.request(client.merchant()).map_err(|error| BadGateway(error.to_string()))?;
        Ok(request.as_str().to_owned())
    }

    /// Asks for a code with the bytes [`Gateway::request`] made.
    pub async fn prepay(&self, request: &str, pinned: &str) -> Prepay {
        let Gateway::WechatV2(client) = self;
        let request = Request::stored(request.to_owned());
        match client.unified_order(&request, sign_type(pinned)).await {
            Ok(prepaid) => Prepay::Code(prepaid.code_url),
            Err(error) => prepay_error(&error),
        }
    }

    /// Asks where a payment stands.
    pub async fn query(&self, out_trade_no: &str, pinned: &str) -> Trade {
        let Gateway::WechatV2(client) = self;
        match client.order_query(out_trade_no, sign_type(pinned)).await {
            Ok(trade) => trade_state(trade),
            Err(CallError::Refused { code: ErrCode::OrderNotExist, .. }) => Trade::Missing,
            Err(error) => Trade::Unknown(error.to_string()),
        }
    }

    /// Closes a payment, so that it can no longer be paid.
    pub async fn close(&self, out_trade_no: &str, pinned: &str) -> Close {
        let Gateway::WechatV2(client) = self;
        match client.close_order(out_trade_no, sign_type(pinned)).await {
            Ok(Closed::Now | Closed::Already) => Close::Closed,
            Err(CallError::Refused { code: ErrCode::OrderClosed, .. }) => Close::Closed,
            Err(CallError::Refused { code: ErrCode::OrderPaid, .. }) => Close::Paid,
            Err(CallError::Refused { code: ErrCode::OrderNotExist, .. }) => Close::Missing,
            Err(error) => Close::Unknown(error.to_string()),
        }
    }

    /// The attempt a notice claims to be about; not to be believed yet.
    pub fn claimed(body: &[u8]) -> Option<String> {
        v2::out_trade_no_claimed(body)
    }

    /// All fields of a notice, as one JSON object of texts.
    pub fn notice_as_json(notice: &str) -> Option<String> {
        let fields = v2::xml::read(notice.as_bytes()).ok()?;
        serde_json::to_string(&fields).ok()
    }

    /// The notice whose fields such an object holds; nothing of it is believed
    /// before it is read as a notice. Numbers are taken for the texts they are
    /// at WeChat; `null` is a field that is not there.
    pub fn notice_from_json(json: &[u8]) -> Option<Vec<u8>> {
        use serde_json::Value;
        let given: BTreeMap<String, Value> = serde_json::from_slice(json).ok()?;
        let mut fields = v2::Fields::new();
        for (name, value) in given {
            let text = match value {
                Value::String(text) => text,
                Value::Number(number) => number.to_string(),
                Value::Null => continue,
                Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
            };
            fields.insert(name, text);
        }
        Some(v2::xml::write(&fields).into_bytes())
    }

    /// Reads a notice, believing nothing that is not signed with the pinned signature.
    pub fn read_notice(&self, body: &[u8], pinned: &str) -> Result<Notice, Disbelieved> {
        let Gateway::WechatV2(client) = self;
        let notice = v2::read_notice(body, client.merchant(), sign_type(pinned));
        match notice.map_err(|error| Disbelieved { label: error.label() })? {
            v2::Notice::Paid(payment) => Ok(Notice::Paid(evidence(payment))),
            v2::Notice::NotPaid { .. } => Ok(Notice::NotPaid),
        }
    }
}

impl Gateway {
    /// The notice by which WeChat would tell of a payment, signed with the
    /// merchant's own key: what a benchmark delivers in WeChat's place.
    pub fn signed_notice(&self, evidence: &Evidence, pinned: &str) -> Result<String, BadGateway> {
        let Gateway::WechatV2(client) = self;
        let (merchant, sign_type) = (client.merchant(), sign_type(pinned));
        let time_end = v2::time::to_stamp(evidence.paid.0).map_err(|error| BadGateway(error.to_string()))?;
        let fields = [
            ("return_code", "SUCCESS"),
            ("result_code", "SUCCESS"),
            ("appid", &merchant.appid),
            ("mch_id", &merchant.mch_id),
            ("nonce_str", &evidence.transaction_id),
            ("out_trade_no", &evidence.out_trade_no),
            ("transaction_id", &evidence.transaction_id),
            ("total_fee", &evidence.total_fee.0.to_string()),
            ("cash_fee", &evidence.total_fee.0.to_string()),
            ("fee_type", &evidence.currency),
            ("trade_type", &evidence.trade_type),
            ("openid", &evidence.openid),
            ("bank_type", "OTHERS"),
            ("time_end", &time_end),
            ("sign_type", sign_type.as_str()),
        ];
        let mut fields: v2::Fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let sign = v2::sign(&fields, &merchant.api_key, sign_type);
        fields.insert("sign".to_owned(), sign);
        Ok(v2::xml::write(&fields))
    }
}

/// The reply that tells WeChat a notice has arrived for good.
pub const NOTICE_ACK: &str = v2::ACK;

/// The reply that asks WeChat to send a notice again later.
pub fn notice_refusal(why: &str) -> String {
    v2::refusal(why)
}

fn unusable(error: impl std::fmt::Display) -> BadGateway {
    BadGateway(error.to_string())
}

/// Without a certificate only a simulator gives money back.
fn money_out(certificate: Option<&ClientCertificate>) -> Result<MoneyOut, BadGateway> {
    let Some(certificate) = certificate else { return Ok(MoneyOut::without_certificate()) };
    let ClientCertificate { certificate_pem, key_pem, base_url, root_pem } = certificate;
    let mut way = MoneyOut::with_certificate(certificate_pem, key_pem).map_err(unusable)?;
    if let Some(root) = root_pem {
        way = way.trusting_only(root).map_err(unusable)?;
    }
    Ok(base_url.as_ref().map_or(way.clone(), |url| way.clone().at(url)))
}

fn sign_type(pinned: &str) -> SignType {
    pinned.parse().unwrap_or(SignType::HmacSha256)
}

/// What was never sent took no effect this time, but an earlier try with the
/// same bytes may have: both are asked again.
fn prepay_error(error: &CallError) -> Prepay {
    let told = error.to_string();
    match error {
        CallError::Refused { code: ErrCode::OrderPaid, .. } => Prepay::Paid,
        CallError::Refused {
            code: ErrCode::OrderClosed | ErrCode::OutTradeNoUsed | ErrCode::InvalidRequest,
            ..
        } => Prepay::Spent(told),
        CallError::Refused { .. } => Prepay::Refused(told),
        CallError::Unknown(_) | CallError::NotSent(_) | CallError::Rejected { .. } => Prepay::Unknown(told),
    }
}

/// A refunded payment was paid first, so it counts as paid here; a failed try
/// leaves the payment open until it is closed.
fn trade_state(trade: v2::Trade) -> Trade {
    match (trade.state, trade.paid) {
        (TradeState::Success | TradeState::Refund, Some(payment)) => Trade::Paid(evidence(payment)),
        (TradeState::Success | TradeState::Refund, None) => Trade::Unknown("paid, but not how".to_owned()),
        (TradeState::NotPay | TradeState::UserPaying | TradeState::PayError | TradeState::Accept, _) => {
            Trade::Open
        }
        (TradeState::Closed | TradeState::Revoked, _) => Trade::Closed,
    }
}

fn evidence(payment: v2::Payment) -> Evidence {
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
