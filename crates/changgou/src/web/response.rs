//! What a handler answers. Its text is written later, where the caller's language
//! is known: see `super::localize`.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::domain::lang::Lang;
use crate::domain::refusal::{Reason, Refusal};
use crate::flow::Error;
use crate::infra::db::DbError;

pub type ApiResult = Result<ApiSuccess, ApiProblem>;

/// A success: its message, and data that is JSON already.
#[derive(Clone, Debug)]
pub struct ApiSuccess {
    pub(super) text: (&'static str, &'static str),
    pub(super) data: String,
    headers: HeaderMap,
    status: StatusCode,
}

/// A success with `data`; its message in Chinese and in English.
pub fn ok(zh: &'static str, en: &'static str, data: impl Serialize) -> ApiSuccess {
    let data = serde_json::to_string(&data).expect("what the API answers is plain data");
    ApiSuccess { text: (zh, en), data, headers: HeaderMap::new(), status: StatusCode::OK }
}

/// A success without data.
pub fn done(zh: &'static str, en: &'static str) -> ApiSuccess {
    ok(zh, en, ())
}

impl ApiSuccess {
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> ApiSuccess {
        self.headers.append(name, value);
        self
    }

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

/// A refusal, or an internal error, whose cause the caller is not told.
#[derive(Clone, Debug)]
pub enum ApiProblem {
    Refused(Box<Refusal>),
    /// The cause is in the log.
    Broken,
}

/// An answer whose text is not written yet.
#[derive(Clone, Debug)]
pub(super) enum Unlocalized {
    Answer(ApiSuccess),
    Refused(Box<Refusal>),
    Broken,
}

impl IntoResponse for ApiProblem {
    fn into_response(self) -> Response {
        let (status, unlocalized) = match self {
            ApiProblem::Refused(refusal) => (status(refusal.reason), Unlocalized::Refused(refusal)),
            ApiProblem::Broken => (StatusCode::INTERNAL_SERVER_ERROR, Unlocalized::Broken),
        };
        let mut response = status.into_response();
        response.extensions_mut().insert(unlocalized);
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

pub(super) fn broken_text(lang: Lang) -> &'static str {
    lang.of(
        "系统错误，请稍后再试；您的数据没有改变",
        "Something went wrong on our side; nothing was changed. Please try again later.",
    )
}

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

/// The `code` of the original shop: 20001 error, 20002 login, 20003 access, 20004
/// remote call, 20005 repeated, 20006 not found.
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
