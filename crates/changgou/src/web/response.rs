//! What a handler answers. The words are chosen later, where the caller's
//! language is known: see `speak`.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::domain::lang::Lang;
use crate::domain::refusal::{Reason, Refusal};
use crate::flow::Error;
use crate::infra::db::DbError;

/// What a handler gives back.
pub type ApiResult = Result<ApiSuccess, ApiProblem>;

/// A success: its message, and data that is JSON already.
#[derive(Clone, Debug)]
pub struct ApiSuccess {
    pub(super) text: (&'static str, &'static str),
    pub(super) data: String,
    headers: HeaderMap,
    status: StatusCode,
}

/// A success with `data`, told in Chinese and English.
pub fn ok(zh: &'static str, en: &'static str, data: impl Serialize) -> ApiSuccess {
    let data = serde_json::to_string(&data).expect("what the API answers is plain data");
    ApiSuccess { text: (zh, en), data, headers: HeaderMap::new(), status: StatusCode::OK }
}

/// A success about which there is nothing more to say.
pub fn done(zh: &'static str, en: &'static str) -> ApiSuccess {
    ok(zh, en, ())
}

impl ApiSuccess {
    /// The same with a header.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> ApiSuccess {
        self.headers.append(name, value);
        self
    }

    /// The same with another status.
    pub fn status(self, status: StatusCode) -> ApiSuccess {
        ApiSuccess { status, ..self }
    }
}

impl IntoResponse for ApiSuccess {
    fn into_response(mut self) -> Response {
        let headers = std::mem::take(&mut self.headers);
        let mut response = (self.status, headers).into_response();
        response.extensions_mut().insert(Unlocalized::Answer(self));
        response
    }
}

/// A refusal, or a failure of ours about which the caller learns nothing but that it is one.
#[derive(Clone, Debug)]
pub enum ApiProblem {
    /// The shop's rules, in the caller's terms.
    Refused(Box<Refusal>),
    /// Something of ours is broken; it is in the log.
    Broken,
}

/// What is still to be put into words.
#[derive(Clone, Debug)]
pub(super) enum Unlocalized {
    Answer(ApiSuccess),
    Refused(Box<Refusal>),
    Broken,
}

impl IntoResponse for ApiProblem {
    fn into_response(self) -> Response {
        let (status, unspoken) = match self {
            ApiProblem::Refused(refusal) => (status(refusal.reason), Unlocalized::Refused(refusal)),
            ApiProblem::Broken => (StatusCode::INTERNAL_SERVER_ERROR, Unlocalized::Broken),
        };
        let mut response = status.into_response();
        response.extensions_mut().insert(unspoken);
        response
    }
}

impl From<Refusal> for ApiProblem {
    fn from(refusal: Refusal) -> ApiProblem {
        ApiProblem::Refused(Box::new(refusal))
    }
}

impl From<Error> for ApiProblem {
    fn from(error: Error) -> ApiProblem {
        match error.refusal() {
            Ok(refusal) => refusal.into(),
            Err(error) => ApiProblem::from(error),
        }
    }
}

impl From<DbError> for ApiProblem {
    fn from(error: DbError) -> ApiProblem {
        tracing::error!(%error, "a request failed");
        ApiProblem::Broken
    }
}

/// The words of [`ApiProblem::Broken`].
pub(super) fn broken_text(lang: Lang) -> &'static str {
    lang.of(
        "系统错误，请稍后再试；您的数据没有改变",
        "Something went wrong on our side; nothing was changed. Please try again later.",
    )
}

/// The HTTP status of a refusal.
pub(super) fn status(reason: Reason) -> StatusCode {
    match reason {
        Reason::BadRequest => StatusCode::BAD_REQUEST,
        Reason::LoginRequired | Reason::LoginFailed | Reason::PasswordReset => StatusCode::UNAUTHORIZED,
        Reason::Forbidden => StatusCode::FORBIDDEN,
        Reason::NotFound => StatusCode::NOT_FOUND,
        Reason::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Reason::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Reason::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Reason::UsernameTaken
        | Reason::IdTaken
        | Reason::StockShort
        | Reason::PriceChanged
        | Reason::CartEmpty
        | Reason::NotInCart
        | Reason::CartFull
        | Reason::OffShelf
        | Reason::OrderClosed
        | Reason::AlreadyPaid
        | Reason::WrongState
        | Reason::PointsShort
        | Reason::PointsOverShare
        | Reason::CouponUsed
        | Reason::CouponNotStarted
        | Reason::CouponExpired
        | Reason::CouponNotMet
        | Reason::CouponExhausted
        | Reason::SaleNotStarted
        | Reason::SaleEnded
        | Reason::LimitExceeded => StatusCode::CONFLICT,
        Reason::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
        Reason::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
        Reason::PaymentUnavailable | Reason::CartUnavailable | Reason::Busy => {
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

/// The original's number for a refusal: 20001 error, 20002 login, 20003
/// access, 20004 remote call, 20005 repeated, 20006 not found.
pub(super) fn code(reason: Reason) -> u32 {
    match reason {
        Reason::LoginFailed | Reason::PasswordReset => 20002,
        Reason::LoginRequired | Reason::Forbidden => 20003,
        Reason::PaymentUnavailable => 20004,
        Reason::KeyReused | Reason::UsernameTaken | Reason::IdTaken | Reason::AlreadyPaid => 20005,
        Reason::NotFound => 20006,
        Reason::BadRequest
        | Reason::MethodNotAllowed
        | Reason::TooLarge
        | Reason::UnsupportedMediaType
        | Reason::StockShort
        | Reason::PriceChanged
        | Reason::CartEmpty
        | Reason::NotInCart
        | Reason::CartFull
        | Reason::OffShelf
        | Reason::OrderClosed
        | Reason::WrongState
        | Reason::PointsShort
        | Reason::PointsOverShare
        | Reason::CouponUsed
        | Reason::CouponNotStarted
        | Reason::CouponExpired
        | Reason::CouponNotMet
        | Reason::CouponExhausted
        | Reason::SaleNotStarted
        | Reason::SaleEnded
        | Reason::LimitExceeded
        | Reason::TooManyRequests
        | Reason::CartUnavailable
        | Reason::Busy => 20001,
    }
}
