//! Answers: JSON; signed when the status is 2xx, bare otherwise, as WeChat's are.

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};

use super::sign;
use crate::business_error::Failure;
use crate::faults::Falsehood;
use crate::keys::Signer;
use crate::random;
use crate::state::World;

/// What a call answers with when it did what was asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// 200.
    Json(Value),
    /// 202: nothing was done yet, the same request is to be repeated.
    Again,
    /// 204.
    Nothing,
}

/// Why a call did not do what was asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
    detail: Option<Value>,
}

/// Headers and body, ready to be signed.
pub type Outcome = Result<Told, Refusal>;

impl Refusal {
    /// With this status, code and message.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), detail: None }
    }

    /// A field, by its JSON pointer, is not what it must be.
    pub fn param(field: &str, issue: &str) -> Self {
        let detail = json!({ "field": field, "value": null, "issue": issue, "location": "body" });
        Self { detail: Some(detail), ..Self::new(StatusCode::BAD_REQUEST, "PARAM_ERROR", "参数错误") }
    }

    pub fn bad_authorization() -> Self {
        let message = "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》";
        Self::new(StatusCode::UNAUTHORIZED, "SIGN_ERROR", message)
    }

    pub fn bad_signature() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "SIGN_ERROR", "签名错误")
    }

    pub fn unknown_serial() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "SIGN_ERROR", "商户证书序列号有误")
    }

    pub fn stale() -> Self {
        let message = "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟";
        Self::new(StatusCode::UNAUTHORIZED, "SIGN_ERROR", message)
    }

    pub fn appid_mchid_not_match() -> Self {
        Failure::AppidMchidNotMatch.into()
    }

    /// Nothing has this number.
    pub fn no_resource(message: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "RESOURCE_NOT_EXISTS", message)
    }

    /// As WeChat sends it: unsigned.
    pub fn send(&self) -> Response {
        let mut body = json!({ "code": self.code, "message": self.message });
        if let Some(detail) = &self.detail {
            body["detail"] = detail.clone();
        }
        plain(self.status, body.to_string())
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        let (status, code) = named(failure);
        Self::new(status, code, failure.told().1)
    }
}

/// API v3's status and code for a failure.
fn named(failure: Failure) -> (StatusCode, &'static str) {
    match failure {
        Failure::AppidMchidNotMatch => (StatusCode::BAD_REQUEST, "APPID_MCHID_NOT_MATCH"),
        Failure::BizErrNeedRetry | Failure::SystemError => {
            (StatusCode::INTERNAL_SERVER_ERROR, "SYSTEM_ERROR")
        }
        Failure::CertError | Failure::NoAuth => (StatusCode::FORBIDDEN, "NO_AUTH"),
        Failure::Error | Failure::TradeOverdue | Failure::TradeStateError => {
            (StatusCode::FORBIDDEN, "TRADE_ERROR")
        }
        Failure::FrequencyLimited | Failure::InvalidReqTooMuch => {
            (StatusCode::TOO_MANY_REQUESTS, "FREQUENCY_LIMITED")
        }
        Failure::InvalidRequest(_)
        | Failure::InvalidTransactionId
        | Failure::OrderNotReady
        | Failure::RefundFeeMismatch => (StatusCode::BAD_REQUEST, "INVALID_REQUEST"),
        Failure::NotEnough => (StatusCode::FORBIDDEN, "NOT_ENOUGH"),
        Failure::OrderClosed => (StatusCode::BAD_REQUEST, "ORDER_CLOSED"),
        Failure::OrderNotExist => (StatusCode::NOT_FOUND, "ORDER_NOT_EXIST"),
        Failure::OrderPaid => (StatusCode::BAD_REQUEST, "ORDER_PAID"),
        Failure::OutTradeNoUsed => (StatusCode::FORBIDDEN, "OUT_TRADE_NO_USED"),
        Failure::ParamError(_) => (StatusCode::BAD_REQUEST, "PARAM_ERROR"),
        Failure::RefundNotExist => (StatusCode::NOT_FOUND, "RESOURCE_NOT_EXISTS"),
        Failure::UserAccountAbnormal => (StatusCode::FORBIDDEN, "USER_ACCOUNT_ABNORMAL"),
    }
}

/// A 2xx with its signature, perhaps a false one.
pub fn signed(world: &World, told: &Told, signer: &Signer, falsehood: Option<Falsehood>) -> Response {
    let (status, body) = match told {
        Told::Json(value) => (StatusCode::OK, value.to_string()),
        Told::Again => (StatusCode::ACCEPTED, String::new()),
        Told::Nothing => (StatusCode::NO_CONTENT, String::new()),
    };
    let mut response = plain(status, body.clone());
    for (name, value) in seal(world, body.as_bytes(), signer, falsehood) {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// The headers that carry the signature of an answer or a notice.
pub fn seal(
    world: &World,
    body: &[u8],
    signer: &Signer,
    falsehood: Option<Falsehood>,
) -> Vec<(&'static str, String)> {
    let lie = |other| falsehood == Some(other);
    let age_s = if lie(Falsehood::StaleTimestamp) { 600 } else { 0 };
    let timestamp = (world.clock().merchant_now() / 1000 - age_s).to_string();
    let nonce = random::alphanumeric(32);
    let mut signature = signer.sign(&sign::answer_text(&timestamp, &nonce, body));
    if lie(Falsehood::SignTest) {
        signature.replace_range(..20, "WECHATPAY/SIGNTEST/A");
    }
    if lie(Falsehood::BadSignature) {
        let other = if signature.starts_with('A') { "B" } else { "A" };
        signature.replace_range(..1, other);
    }
    let foreign = "7777777777777777777777777777777777777777".to_owned();
    let serial = if lie(Falsehood::WrongSerial) { foreign } else { signer.serial.clone() };
    vec![
        ("wechatpay-timestamp", timestamp),
        ("wechatpay-nonce", nonce),
        ("wechatpay-signature", signature),
        ("wechatpay-serial", serial),
        ("wechatpay-signature-type", "WECHATPAY2-SHA256-RSA2048".to_owned()),
    ]
}

/// JSON without a signature.
pub fn plain(status: StatusCode, body: String) -> Response {
    let mut response = Response::builder()
        .status(status)
        .header("request-id", format!("08{}", random::upper(30)))
        .header(header::CACHE_CONTROL, "no-cache, must-revalidate");
    if !body.is_empty() {
        response = response.header(header::CONTENT_TYPE, "application/json; charset=utf-8");
    }
    response.body(Body::from(body)).expect("the headers are ASCII")
}
