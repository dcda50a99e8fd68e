//! Answers: HTTP 200, `text/plain`, XML; signed unless the request itself could not be read.

use axum::http::header;
use axum::response::{IntoResponse as _, Response};

use super::request::Request;
use super::sign;
use super::xml::{self, Fields};
use crate::ground::random;

/// Why a call did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The request is not one.
    Malformed(Malformed),
    /// `result_code` FAIL with an `err_code`. Signed.
    Business(Failure),
}

/// `return_code` FAIL with this `return_msg`, unsigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed(pub String);

/// The `err_code`s of business failures; [`Failure::told`] says what each tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    AppidMchidNotMatch,
    InvalidRequest(&'static str),
    NoAuth,
    OrderClosed,
    OrderNotExist,
    OrderPaid,
    SystemError,
    TradeStateError,
}

impl Malformed {
    /// With this text.
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// A required field is missing.
    pub fn lacks(name: &str) -> Self {
        Self(format!("缺少参数 {name}"))
    }

    /// A field is not what it must be.
    pub fn invalid(name: &str) -> Self {
        Self(format!("invalid {name}"))
    }
}

impl From<Malformed> for Refusal {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self::Business(failure)
    }
}

impl Failure {
    /// `err_code` and `err_code_des`.
    pub fn told(self) -> (&'static str, &'static str) {
        match self {
            Failure::AppidMchidNotMatch => ("APPID_MCHID_NOT_MATCH", "appid和mch_id不匹配"),
            Failure::InvalidRequest(why) => ("INVALID_REQUEST", why),
            Failure::NoAuth => ("NOAUTH", "商户无此接口权限"),
            Failure::OrderClosed => ("ORDERCLOSED", "该订单已关闭"),
            Failure::OrderNotExist => ("ORDERNOTEXIST", "订单不存在"),
            Failure::OrderPaid => ("ORDERPAID", "该订单已支付"),
            Failure::SystemError => ("SYSTEMERROR", "系统繁忙，请稍后重试"),
            Failure::TradeStateError => {
                ("TRADE_STATE_ERROR", "订单生成后不能马上调用关单接口，最短间隔5分钟")
            }
        }
    }
}

/// What a call answers with when it did what was asked: its own fields, without the common ones.
pub type Outcome = Result<Vec<(&'static str, String)>, Refusal>;

/// The answer's fields, signed for who asked; a malformed request's unsigned.
pub fn compose(request: &Request, outcome: Outcome) -> Fields {
    match outcome {
        Ok(own) => sealed(request, "SUCCESS", own),
        Err(Refusal::Business(failure)) => {
            let (code, text) = failure.told();
            sealed(request, "FAIL", vec![("err_code", code.to_owned()), ("err_code_des", text.to_owned())])
        }
        Err(Refusal::Malformed(malformed)) => unsigned(&malformed),
    }
}

/// The unsigned answer to what could not be read.
pub fn malformed(malformed: &Malformed) -> Response {
    send(&unsigned(malformed))
}

/// As WeChat sends it.
pub fn send(fields: &Fields) -> Response {
    ([(header::CONTENT_TYPE, "text/plain")], xml::write(fields)).into_response()
}

fn sealed(request: &Request, result_code: &str, own: Vec<(&'static str, String)>) -> Fields {
    let common = [
        ("return_code", "SUCCESS".to_owned()),
        ("return_msg", "OK".to_owned()),
        ("result_code", result_code.to_owned()),
        ("appid", request.fields["appid"].clone()),
        ("mch_id", request.merchant.mch_id.clone()),
        ("nonce_str", random::alphanumeric(16)),
    ];
    let mut fields: Fields =
        common.into_iter().chain(own).map(|(name, value)| (name.to_owned(), value)).collect();
    sign::seal(&mut fields, &request.merchant.api_key, request.sign_type);
    fields
}

fn unsigned(Malformed(text): &Malformed) -> Fields {
    let fields = [("return_code", "FAIL"), ("return_msg", text)];
    fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}
