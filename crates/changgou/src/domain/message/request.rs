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

/// What a field should have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    Integer,
    List,
    Object,
    Text,
    TrueOrFalse,
}

impl Fact for FieldKind {
    fn shown(&self, lang: Lang) -> Cow<'_, str> {
        let kind = match self {
            FieldKind::Integer => lang.of("整数，且不能太大", "a whole number that is not too large"),
            FieldKind::List => lang.of("列表", "a list"),
            FieldKind::Object => lang.of("对象", "an object"),
            FieldKind::Text => lang.of("文本", "a text"),
            FieldKind::TrueOrFalse => lang.of(" true 或 false", "true or false"),
        };
        kind.into()
    }

    #[cfg(test)]
    fn sample() -> Self {
        FieldKind::TrueOrFalse
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
    /// The answer has status 408.
    BodyLate: BadRequest,
        "请求体没有按时到达，请求未被处理，请重试",
        "The body did not arrive in time, and nothing was done; please try again.";
    /// HTTP requires it, and proxies and shop could take a request for different ones.
    HostInvalid: BadRequest,
        "请求须有且只有一个 Host 请求头",
        "A request must have exactly one Host header.";
    TooManyStreams: TooManyRequests,
        "打开的支付页面过多，请先关闭一些",
        "Too many payment pages are open; please close some first.";
    Unreadable { part: RequestPart }: BadRequest,
        "{part}无法读取，请检查格式",
        "{part} cannot be read; please check its format.";
    UnknownField { part: RequestPart, field: String }: BadRequest,
        "{part}中有未知字段 {field}",
        "{part} has the unknown field {field}.";
    MissingField { part: RequestPart, field: String }: BadRequest,
        "{part}缺少字段 {field}",
        "{part} lacks the field {field}.";
    RepeatedField { part: RequestPart, field: String }: BadRequest,
        "{part}中字段 {field} 重复",
        "{part} has the field {field} more than once.";
    WrongKind { part: RequestPart, field: String, kind: FieldKind }: BadRequest,
        "{part}中的字段 {field} 须为{kind}",
        "{part} cannot be read: the field {field} must be {kind}.";
    WrongField { part: RequestPart, field: String }: BadRequest,
        "{part}中的字段 {field} 有误，请检查类型和格式",
        "{part} cannot be read: please check type and format of the field {field}.";
}}
