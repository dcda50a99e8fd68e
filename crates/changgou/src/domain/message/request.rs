//! Requests as a whole: who sends them, how, and whether they can be read.

use std::borrow::Cow;

use super::fact::Fact;
use crate::domain::lang::Lang;

/// The part of a request that could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestPart {
    Body,
    Form,
    Path,
    Query,
}

impl Fact for RequestPart {
    fn shown(&self, lang: Lang) -> Cow<'_, str> {
        let part = match self {
            RequestPart::Body => lang.of("请求体", "The body"),
            RequestPart::Form => lang.of("表单", "The form"),
            RequestPart::Path => lang.of("地址", "The path"),
            RequestPart::Query => lang.of("地址参数", "The query string"),
        };
        part.into()
    }

    #[cfg(test)]
    fn sample() -> Self {
        RequestPart::Body
    }
}

super::messages! { Request, RequestMessage {
    LoginRequired: LoginRequired,
        "请先登录：使用 Authorization: Bearer 请求头或登录页",
        "Please log in with the header Authorization: Bearer or on the login page.";
    OperatorOnly: Forbidden,
        "权限不足",
        "Only an operator may do this.";
    CrossSite: Forbidden,
        "请求来自其他网站，已拒绝",
        "This request came from another site and was refused.";
    /// A GET that changes something, with no more than a cookie.
    BearerRequired: Forbidden,
        "GET 方式修改数据须使用 Authorization: Bearer 请求头，或改用 POST",
        "A GET that changes data needs the header Authorization: Bearer; or use POST.";
    MethodNotAllowed: MethodNotAllowed,
        "此地址不支持该请求方法，请查阅 /api-docs",
        "This route does not allow that method; see /api-docs.";
    MediaTypeUnsupported { expected: &'static str }: UnsupportedMediaType,
        "不支持的 Content-Type，请使用 {expected}",
        "Unsupported Content-Type; please use {expected}.";
    BodyTooLarge: TooLarge,
        "请求体过大",
        "The body is too large.";
    BodyIncomplete: BadRequest,
        "请求体没有完整到达",
        "The body did not arrive completely.";
    Unreadable { part: RequestPart, problem: String }: BadRequest,
        "{part}有误：{problem}",
        "{part} cannot be read: {problem}.";
}}
