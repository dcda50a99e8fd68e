//! Responses of API v3: JSON. Like WeChat's, only 2xx responses are signed.

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};

use super::sign;
use crate::business_error::BusinessError;
use crate::faults::Falsification;
use crate::keys::PlatformSigner;
use crate::random;
use crate::state::SimulatorState;

/// The body of a successful response.
#[derive(Debug, Clone, PartialEq)]
pub enum V3ResponseBody {
    /// 200.
    Json(Value),
    /// 202: not done yet; the request has to be repeated.
    Accepted,
    /// 204.
    NoContent,
}

/// Why a call failed.
#[derive(Debug, Clone, PartialEq)]
pub struct V3Error {
    status: StatusCode,
    code: &'static str,
    message: String,
    detail: Option<Value>,
}

/// The result of a call.
pub type V3CallResult = Result<V3ResponseBody, V3Error>;

impl V3Error {
    /// An error with this status, code and message.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), detail: None }
    }

    /// A field, named by its JSON pointer, is invalid.
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
        BusinessError::AppidMchidNotMatch.into()
    }

    /// The resource does not exist.
    pub fn no_resource(message: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "RESOURCE_NOT_EXISTS", message)
    }

    /// Sends the error. Like WeChat's, it is not signed.
    pub fn send(&self) -> Response {
        let mut body = json!({ "code": self.code, "message": self.message });
        if let Some(detail) = &self.detail {
            body["detail"] = detail.clone();
        }
        plain(self.status, body.to_string())
    }
}

impl From<BusinessError> for V3Error {
    fn from(failure: BusinessError) -> Self {
        let (status, code) = named(failure);
        Self::new(status, code, failure.code_and_message().1)
    }
}

/// The status and code of an error in API v3.
fn named(failure: BusinessError) -> (StatusCode, &'static str) {
    match failure {
        BusinessError::AppidMchidNotMatch => (StatusCode::BAD_REQUEST, "APPID_MCHID_NOT_MATCH"),
        BusinessError::BizErrNeedRetry | BusinessError::SystemError => {
            (StatusCode::INTERNAL_SERVER_ERROR, "SYSTEM_ERROR")
        }
        BusinessError::CertError | BusinessError::NoAuth => (StatusCode::FORBIDDEN, "NO_AUTH"),
        BusinessError::Error | BusinessError::TradeOverdue | BusinessError::TradeStateError => {
            (StatusCode::FORBIDDEN, "TRADE_ERROR")
        }
        BusinessError::FrequencyLimited | BusinessError::InvalidReqTooMuch => {
            (StatusCode::TOO_MANY_REQUESTS, "FREQUENCY_LIMITED")
        }
        BusinessError::InvalidRequest(_)
        | BusinessError::InvalidTransactionId
        | BusinessError::OrderNotReady
        | BusinessError::RefundFeeMismatch => (StatusCode::BAD_REQUEST, "INVALID_REQUEST"),
        BusinessError::NotEnough => (StatusCode::FORBIDDEN, "NOT_ENOUGH"),
        BusinessError::OrderClosed => (StatusCode::BAD_REQUEST, "ORDER_CLOSED"),
        BusinessError::OrderNotExist => (StatusCode::NOT_FOUND, "ORDER_NOT_EXIST"),
        BusinessError::OrderPaid => (StatusCode::BAD_REQUEST, "ORDER_PAID"),
        BusinessError::OutTradeNoUsed => (StatusCode::FORBIDDEN, "OUT_TRADE_NO_USED"),
        BusinessError::ParamError(_) => (StatusCode::BAD_REQUEST, "PARAM_ERROR"),
        BusinessError::RefundNotExist => (StatusCode::NOT_FOUND, "RESOURCE_NOT_EXISTS"),
        BusinessError::UserAccountAbnormal => (StatusCode::FORBIDDEN, "USER_ACCOUNT_ABNORMAL"),
    }
}

/// A signed 2xx response, falsified if a fault asks for it.
pub fn signed(
    state: &SimulatorState,
    body: &V3ResponseBody,
    signer: &PlatformSigner,
    falsification: Option<Falsification>,
) -> Response {
    let (status, body) = match body {
        V3ResponseBody::Json(value) => (StatusCode::OK, value.to_string()),
        V3ResponseBody::Accepted => (StatusCode::ACCEPTED, String::new()),
        V3ResponseBody::NoContent => (StatusCode::NO_CONTENT, String::new()),
    };
    let mut response = plain(status, body.clone());
    for (name, value) in seal(state, body.as_bytes(), signer, falsification) {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// Signs a response or a notice and returns the signature headers.
pub fn seal(
    state: &SimulatorState,
    body: &[u8],
    signer: &PlatformSigner,
    falsification: Option<Falsification>,
) -> Vec<(&'static str, String)> {
    let is_fault = |other| falsification == Some(other);
    let age_s = if is_fault(Falsification::StaleTimestamp) { 600 } else { 0 };
    let timestamp = (state.clock().merchant_now() / 1000 - age_s).to_string();
    let nonce = random::alphanumeric(32);
    let mut signature = signer.sign(&sign::answer_text(&timestamp, &nonce, body));
    if is_fault(Falsification::SignTest) {
        signature.replace_range(..20, "WECHATPAY/SIGNTEST/A");
    }
    if is_fault(Falsification::BadSignature) {
        let other = if signature.starts_with('A') { "B" } else { "A" };
        signature.replace_range(..1, other);
    }
    let foreign = "7777777777777777777777777777777777777777".to_owned();
    let serial = if is_fault(Falsification::WrongSerial) { foreign } else { signer.serial.clone() };
    vec![
        ("wechatpay-timestamp", timestamp),
        ("wechatpay-nonce", nonce),
        ("wechatpay-signature", signature),
        ("wechatpay-serial", serial),
        ("wechatpay-signature-type", "WECHATPAY2-SHA256-RSA2048".to_owned()),
    ]
}

/// A JSON response without a signature.
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
