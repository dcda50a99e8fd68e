//! Why WeChat refused.

use std::fmt;

/// An `err_code` (pay.weixin.qq.com, chapters `9_1` to `9_5`).
///
/// The docs spell several codes with and without underscores; both are understood.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ErrCode {
    /// The order is paid already.
    OrderPaid,
    /// The order is closed already.
    OrderClosed,
    /// WeChat has no such order.
    OrderNotExist,
    /// The order number is taken by an order with other parameters.
    OutTradeNoUsed,
    /// The parameters are not valid, or differ from the first call's.
    InvalidRequest,
    /// WeChat does not know itself; the call may have taken effect.
    SystemError,
    /// There is not enough money in the account.
    NotEnough,
    /// The merchant may not use this interface.
    NoAuth,
    /// There is no such appid.
    AppidNotExist,
    /// There is no such merchant.
    MchidNotExist,
    /// Appid and merchant do not belong together.
    AppidMchidNotMatch,
    /// A required parameter is missing.
    LackParams,
    /// The request's signature is wrong.
    SignError,
    /// The request is not well-formed XML.
    XmlFormatError,
    /// The order's state does not allow the call.
    TradeStateError,
    /// The call must be a POST.
    RequirePostMethod,
    /// The request has no body.
    PostDataEmpty,
    /// The request is not UTF-8.
    NotUtf8,
    /// Too many calls; for refunds, of old orders.
    FrequencyLimited,
    /// Too many failing calls: wait a minute.
    InvalidReqTooMuch,
    /// The order is too old for a refund.
    TradeOverdue,
    /// A business error the message tells of.
    Error,
    /// The payer's account takes no money.
    UserAccountAbnormal,
    /// There is no such payment.
    InvalidTransactionid,
    /// A parameter is wrong.
    ParamError,
    /// The client certificate is missing or not this merchant's.
    CertError,
    /// The refund number was used with another amount.
    RefundFeeMismatch,
    /// The order is being worked on: ask again later.
    OrderNotReady,
    /// WeChat has no such refund.
    RefundNotExist,
    /// A code unknown here: at most 32 printable ASCII characters of it.
    Other(String),
}

impl ErrCode {
    /// The code as v2 spells it.
    pub fn as_str(&self) -> &str {
        match self {
            ErrCode::OrderPaid => "ORDERPAID",
            ErrCode::OrderClosed => "ORDERCLOSED",
            ErrCode::OrderNotExist => "ORDERNOTEXIST",
            ErrCode::OutTradeNoUsed => "OUT_TRADE_NO_USED",
            ErrCode::InvalidRequest => "INVALID_REQUEST",
            ErrCode::SystemError => "SYSTEMERROR",
            ErrCode::NotEnough => "NOTENOUGH",
            ErrCode::NoAuth => "NOAUTH",
            ErrCode::AppidNotExist => "APPID_NOT_EXIST",
            ErrCode::MchidNotExist => "MCHID_NOT_EXIST",
            ErrCode::AppidMchidNotMatch => "APPID_MCHID_NOT_MATCH",
            ErrCode::LackParams => "LACK_PARAMS",
            ErrCode::SignError => "SIGNERROR",
            ErrCode::XmlFormatError => "XML_FORMAT_ERROR",
            ErrCode::TradeStateError => "TRADE_STATE_ERROR",
            ErrCode::RequirePostMethod => "REQUIRE_POST_METHOD",
            ErrCode::PostDataEmpty => "POST_DATA_EMPTY",
            ErrCode::NotUtf8 => "NOT_UTF8",
            ErrCode::FrequencyLimited => "FREQUENCY_LIMITED",
            ErrCode::InvalidReqTooMuch => "INVALID_REQ_TOO_MUCH",
            ErrCode::TradeOverdue => "TRADE_OVERDUE",
            ErrCode::Error => "ERROR",
            ErrCode::UserAccountAbnormal => "USER_ACCOUNT_ABNORMAL",
            ErrCode::InvalidTransactionid => "INVALID_TRANSACTIONID",
            ErrCode::ParamError => "PARAM_ERROR",
            ErrCode::CertError => "CERT_ERROR",
            ErrCode::RefundFeeMismatch => "REFUND_FEE_MISMATCH",
            ErrCode::OrderNotReady => "ORDER_NOT_READY",
            ErrCode::RefundNotExist => "REFUNDNOTEXIST",
            ErrCode::Other(code) => code,
        }
    }
}

impl From<&str> for ErrCode {
    fn from(code: &str) -> ErrCode {
        match code.replace('_', "").as_str() {
            "ORDERPAID" => ErrCode::OrderPaid,
            "ORDERCLOSED" => ErrCode::OrderClosed,
            "ORDERNOTEXIST" => ErrCode::OrderNotExist,
            "OUTTRADENOUSED" => ErrCode::OutTradeNoUsed,
            "INVALIDREQUEST" => ErrCode::InvalidRequest,
            "SYSTEMERROR" => ErrCode::SystemError,
            "NOTENOUGH" => ErrCode::NotEnough,
            "NOAUTH" => ErrCode::NoAuth,
            "APPIDNOTEXIST" => ErrCode::AppidNotExist,
            "MCHIDNOTEXIST" => ErrCode::MchidNotExist,
            "APPIDMCHIDNOTMATCH" => ErrCode::AppidMchidNotMatch,
            "LACKPARAMS" => ErrCode::LackParams,
            "SIGNERROR" => ErrCode::SignError,
            "XMLFORMATERROR" => ErrCode::XmlFormatError,
            "TRADESTATEERROR" => ErrCode::TradeStateError,
            "REQUIREPOSTMETHOD" => ErrCode::RequirePostMethod,
            "POSTDATAEMPTY" => ErrCode::PostDataEmpty,
            "NOTUTF8" => ErrCode::NotUtf8,
            "FREQUENCYLIMITED" => ErrCode::FrequencyLimited,
            "INVALIDREQTOOMUCH" => ErrCode::InvalidReqTooMuch,
            "TRADEOVERDUE" => ErrCode::TradeOverdue,
            "ERROR" => ErrCode::Error,
            "USERACCOUNTABNORMAL" => ErrCode::UserAccountAbnormal,
            "INVALIDTRANSACTIONID" => ErrCode::InvalidTransactionid,
            "PARAMERROR" => ErrCode::ParamError,
            "CERTERROR" => ErrCode::CertError,
            "REFUNDFEEMISMATCH" => ErrCode::RefundFeeMismatch,
            "ORDERNOTREADY" => ErrCode::OrderNotReady,
            "REFUNDNOTEXIST" => ErrCode::RefundNotExist,
            _ => ErrCode::Other(shown(code)),
        }
    }
}

impl fmt::Display for ErrCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

pub(crate) fn shown(code: &str) -> String {
    code.chars().filter(char::is_ascii_graphic).take(32).collect()
}
