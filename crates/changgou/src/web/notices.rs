//! Notices from WeChat of payments, refunds and scanned codes. They need no login:
//! the signature is the proof. WeChat sends a notice again until the answer says
//! that it is stored.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};

use super::WebState;
use super::extractors::Caller;
use super::log_limit::LogLimit;
use super::openapi::schemas::V3NoticeAnswer;
use crate::flow;
use crate::flow::Outcome;
use crate::flow::notice::NoticeReply;
use crate::flow::scan::ScanAnswer;
use crate::infra::gateway::{BadGateway, NOTICE_ACK, NoticeHead, notice_refusal, notice_refusal_v3};

/// All refused notices are counted, but only one a second is logged.
static REFUSED: LogLimit = LogLimit::new();
static BUSY: LogLimit = LogLimit::new();

/// 微信支付结果通知（v2） / Notice from WeChat Pay, v2
///
/// 由微信支付调用，签名即凭证；请求体当作 XML 读取，不看 Content-Type / Called by WeChat Pay: the signature is the proof; the body is read as XML whatever its Content-Type
#[utoipa::path(
    post, path = "/api/weixin/pay/notify/url", operation_id = "payNoticeV2", tag = "支付 / Payment",
    request_body(content = String, content_type = "text/xml"),
    responses(
        (status = 200, description = "已保存 / It is kept", body = String, content_type = "text/xml"),
        (status = 400, description = "不相信这个通知，return_msg 说明原因 / It is not believed; return_msg says why", body = String, content_type = "text/xml"),
        (status = 413, description = "请求体超过 65536 字节 / The body has more than 65536 bytes", body = String, content_type = "text/plain"),
        (status = 503, description = "请稍后再发 / Send it again later", body = String, content_type = "text/xml"),
        super::openapi::refusals::LateBody,
    ),
)]
pub(super) async fn pay_v2(State(web): State<WebState>, body: Result<Bytes, BytesRejection>) -> Response {
    let taken = match body {
        Ok(body) => {
            let bytes = body.len();
            taken(bytes, flow::notice::payment_notice_v2(&web.app, body.to_vec()).await)
        }
        Err(rejection) => unreadable(rejection),
    };
    answer_v2(&taken)
}

/// 微信退款结果通知（v2） / Notice of a refund from WeChat Pay, v2
///
/// 内容只用于向微信查询退款，不直接采信 / What it says is not believed: it says what to ask WeChat about
#[utoipa::path(
    post, path = "/api/weixin/pay/refund/notify", operation_id = "refundNoticeV2", tag = "支付 / Payment",
    request_body(content = String, content_type = "text/xml"),
    responses(
        (status = 200, description = "已保存 / It is kept", body = String, content_type = "text/xml"),
        (status = 400, description = "不相信这个通知，return_msg 说明原因 / It is not believed; return_msg says why", body = String, content_type = "text/xml"),
        (status = 413, description = "请求体超过 65536 字节 / The body has more than 65536 bytes", body = String, content_type = "text/plain"),
        (status = 503, description = "请稍后再发 / Send it again later", body = String, content_type = "text/xml"),
        super::openapi::refusals::LateBody,
    ),
)]
pub(super) async fn refund_v2(State(web): State<WebState>, body: Result<Bytes, BytesRejection>) -> Response {
    let taken = match body {
        Ok(body) => taken(body.len(), flow::notice::refund_notice_v2(&web.app, &body).await),
        Err(rejection) => unreadable(rejection),
    };
    answer_v2(&taken)
}

/// 扫码购回调（模式一） / Somebody scanned a product's code (mode one)
///
/// 由微信支付调用，地址在商户平台填写（支付回调URL）；签名即凭证。同一顾客同一商品只有一个未付款订单，重复调用得到同一订单 / Called by WeChat Pay, whose merchant platform is told the address (支付回调URL); the signature is the proof. A payer has one unpaid order of a product: calling again gives the same
#[utoipa::path(
    post, path = "/api/weixin/pay/native/callback", operation_id = "nativeCallback", tag = "支付 / Payment",
    request_body(content = String, content_type = "text/xml"),
    responses(
        (status = 200, description = "已签名：订单的 prepay_id，或 result_code FAIL 与手机上显示的 err_code_des / Signed: the prepay_id of an order, or result_code FAIL and the err_code_des that the phone shows", body = String, content_type = "text/xml"),
        (status = 400, description = "不相信这个请求，return_msg 说明原因；未签名 / It is not believed; return_msg says why, unsigned", body = String, content_type = "text/xml"),
        (status = 413, description = "请求体超过 65536 字节 / The body has more than 65536 bytes", body = String, content_type = "text/xml"),
        (status = 503, description = "请稍后再发 / Send it again later", body = String, content_type = "text/xml"),
        super::openapi::refusals::LateBody,
    ),
)]
pub(super) async fn scan(
    State(web): State<WebState>,
    Caller(caller): Caller,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    match body {
        Ok(body) => scanned(body.len(), flow::scan::answer_scan(&web.app, &body, caller.to_string()).await),
        Err(rejection) => answer_xml("native", &unreadable(rejection)),
    }
}

/// A signed answer has status 200 even if it is a refusal: the payer's phone shows it.
fn scanned(bytes: usize, answer: Result<ScanAnswer, BadGateway>) -> Response {
    match answer {
        Ok(ScanAnswer::Signed(text)) => {
            count("native", &Taken { outcome: "kept", status: StatusCode::OK, refusal: None });
            (StatusCode::OK, [XML], text).into_response()
        }
        Ok(ScanAnswer::Disbelieved(why)) => {
            answer_xml("native", &taken(bytes, Ok(NoticeReply::Refused(why))))
        }
        Err(error) => {
            tracing::error!(%error, "the answer to a scan could not be signed");
            answer_xml("native", &Taken::refused("failed", StatusCode::SERVICE_UNAVAILABLE, "try again"))
        }
    }
}

/// 微信支付结果通知（v3） / Notice from WeChat Pay, v3
///
/// 由微信支付调用，支付与退款的结果均发到此处；Wechatpay-Timestamp、Wechatpay-Nonce、Wechatpay-Serial、Wechatpay-Signature 请求头签名即凭证，超过五分钟的通知不予相信 / Called by WeChat Pay, for payments and for refunds: the signature in the Wechatpay-… headers is the proof; what is five minutes old is not believed
#[utoipa::path(
    post, path = "/api/weixin/pay/v3/notify", operation_id = "payNoticeV3", tag = "支付 / Payment",
    params(("Wechatpay-Timestamp" = String, Header, description = "秒 / Seconds"), ("Wechatpay-Nonce" = String, Header, description = "随机串 / A random text"), ("Wechatpay-Serial" = String, Header, description = "平台证书序列号或公钥 ID / Serial number of the certificate, or id of the public key"), ("Wechatpay-Signature" = String, Header, description = "签名 / The signature")),
    request_body(content = Object, content_type = "application/json"),
    responses(
        (status = 204, description = "已保存 / It is kept"),
        (status = 400, description = "不相信这个通知，message 说明原因 / It is not believed; message says why", body = V3NoticeAnswer),
        (status = 413, description = "请求体超过 65536 字节 / The body has more than 65536 bytes", body = V3NoticeAnswer),
        (status = 503, description = "请稍后再发 / Send it again later", body = V3NoticeAnswer),
        super::openapi::refusals::LateBody,
    ),
)]
pub(super) async fn pay_v3(
    State(web): State<WebState>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let taken = match body {
        Ok(body) => {
            let bytes = body.len();
            taken(bytes, verified(&web, &headers, body.to_vec()).await)
        }
        Err(rejection) => unreadable(rejection),
    };
    answer_v3(&taken)
}

async fn verified(web: &WebState, headers: &HeaderMap, body: Vec<u8>) -> Outcome<NoticeReply> {
    match NoticeHead::from_headers(|name| once(headers, name)) {
        Ok(head) => flow::notice::notice_v3(&web.app, &head, body).await,
        Err(disbelieved) => Ok(NoticeReply::Refused(disbelieved.label)),
    }
}

/// The value of a header that is there once. One that is there twice or is not
/// text becomes a line feed, which no header contains, so it proves nothing.
fn once<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut all = headers.get_all(name).iter();
    let value = all.next()?.to_str().unwrap_or("\n");
    Some(if all.next().is_some() { "\n" } else { value })
}

/// How a notice was answered.
struct Taken {
    outcome: &'static str,
    status: StatusCode,
    refusal: Option<&'static str>,
}

impl Taken {
    fn refused(outcome: &'static str, status: StatusCode, why: &'static str) -> Taken {
        Taken { outcome, status, refusal: Some(why) }
    }
}

fn taken(bytes: usize, reply: Outcome<NoticeReply>) -> Taken {
    match reply {
        Ok(NoticeReply::Kept) => Taken { outcome: "kept", status: StatusCode::OK, refusal: None },
        Ok(NoticeReply::Refused(why)) => {
            REFUSED.run(|| tracing::warn!(why, bytes, "a notice was refused"));
            Taken::refused(why, StatusCode::BAD_REQUEST, why)
        }
        Err(error) => Taken::refused(not_stored(error), StatusCode::SERVICE_UNAVAILABLE, "try again"),
    }
}

/// The outcome of a notice that could not be stored and is asked for again: the shop
/// is busy, or something failed.
fn not_stored(error: flow::Error) -> &'static str {
    let why = error.to_string();
    match error.refusal() {
        Ok(_) => {
            BUSY.run(|| tracing::warn!(why, "notices are refused for now"));
            "busy"
        }
        Err(error) => {
            tracing::error!(%error, "a notice could not be stored");
            "failed"
        }
    }
}

fn unreadable(rejection: BytesRejection) -> Taken {
    Taken::refused("unreadable", rejection.into_response().status(), "unreadable")
}

const XML: (HeaderName, &str) = (CONTENT_TYPE, "text/xml; charset=utf-8");

fn answer_v2(taken: &Taken) -> Response {
    answer_xml("v2", taken)
}

fn answer_xml(protocol: &'static str, taken: &Taken) -> Response {
    count(protocol, taken);
    let text = taken.refusal.map_or_else(|| NOTICE_ACK.to_owned(), notice_refusal);
    (taken.status, [XML], text).into_response()
}

fn answer_v3(taken: &Taken) -> Response {
    count("v3", taken);
    match taken.refusal {
        None => StatusCode::NO_CONTENT.into_response(),
        Some(why) => {
            (taken.status, [(CONTENT_TYPE, "application/json")], notice_refusal_v3(why)).into_response()
        }
    }
}

fn count(protocol: &'static str, taken: &Taken) {
    metrics::counter!(crate::infra::metrics::NOTICES, "outcome" => taken.outcome, "protocol" => protocol)
        .increment(1);
}
