//! The error codes of WeChat.

use std::fmt;

/// An `err_code` (pay.weixin.qq.com, chapters `9_1` to `9_5`).
///
/// The docs spell several codes with and without underscores. Both are recognized.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum V2ErrCode {
    /// The order is paid already.
    OrderPaid,
    /// The order is closed already.
    OrderClosed,
    /// The order does not exist.
    OrderNotExist,
    /// The order number belongs to an order with other parameters.
    OutTradeNoUsed,
    /// The parameters are not valid, or differ from the first call's.
    InvalidRequest,
    /// WeChat does not know the outcome; the call may have taken effect.
    SystemError,
    /// The balance of the merchant is too low.
    NotEnough,
    /// The merchant has no permission for this API.
    NoAuth,
    /// The appid does not exist.
    AppidNotExist,
    /// The merchant does not exist.
    MchidNotExist,
    /// The appid does not belong to the merchant.
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
    /// A business error; see the message.
    Error,
    /// The account of the payer cannot receive money.
    UserAccountAbnormal,
    /// The payment does not exist.
    InvalidTransactionid,
    /// A parameter is wrong.
    ParamError,
    /// The client certificate is missing or not this merchant's.
    CertError,
    /// The refund number was used with another amount.
    RefundFeeMismatch,
    /// The order is being processed: try again later.
    OrderNotReady,
    /// The refund does not exist.
    RefundNotExist,
    /// An unknown code: its first 32 printable ASCII characters.
    Other(String),
}

impl V2ErrCode {
    /// The code as v2 spells it.
    pub fn as_str(&self) -> &str {
        match self {
            V2ErrCode::OrderPaid => "ORDERPAID",
            V2ErrCode::OrderClosed => "ORDERCLOSED",
            V2ErrCode::OrderNotExist => "ORDERNOTEXIST",
            V2ErrCode::OutTradeNoUsed => "OUT_TRADE_NO_USED",
            V2ErrCode::InvalidRequest => "INVALID_REQUEST",
            V2ErrCode::SystemError => "SYSTEMERROR",
            V2ErrCode::NotEnough => "NOTENOUGH",
            V2ErrCode::NoAuth => "NOAUTH",
            V2ErrCode::AppidNotExist => "APPID_NOT_EXIST",
            V2ErrCode::MchidNotExist => "MCHID_NOT_EXIST",
            V2ErrCode::AppidMchidNotMatch => "APPID_MCHID_NOT_MATCH",
            V2ErrCode::LackParams => "LACK_PARAMS",
            V2ErrCode::SignError => "SIGNERROR",
            V2ErrCode::XmlFormatError => "XML_FORMAT_ERROR",
            V2ErrCode::TradeStateError => "TRADE_STATE_ERROR",
            V2ErrCode::RequirePostMethod => "REQUIRE_POST_METHOD",
            V2ErrCode::PostDataEmpty => "POST_DATA_EMPTY",
            V2ErrCode::NotUtf8 => "NOT_UTF8",
            V2ErrCode::FrequencyLimited => "FREQUENCY_LIMITED",
            V2ErrCode::InvalidReqTooMuch => "INVALID_REQ_TOO_MUCH",
            V2ErrCode::TradeOverdue => "TRADE_OVERDUE",
            V2ErrCode::Error => "ERROR",
            V2ErrCode::UserAccountAbnormal => "USER_ACCOUNT_ABNORMAL",
            V2ErrCode::InvalidTransactionid => "INVALID_TRANSACTIONID",
            V2ErrCode::ParamError => "PARAM_ERROR",
            V2ErrCode::CertError => "CERT_ERROR",
            V2ErrCode::RefundFeeMismatch => "REFUND_FEE_MISMATCH",
            V2ErrCode::OrderNotReady => "ORDER_NOT_READY",
            V2ErrCode::RefundNotExist => "REFUNDNOTEXIST",
            V2ErrCode::Other(code) => code,
        }
    }
}

impl From<&str> for V2ErrCode {
    fn from(code: &str) -> V2ErrCode {
        match code.replace('_', "").as_str() {
            "ORDERPAID" => V2ErrCode::OrderPaid,
            "ORDERCLOSED" => V2ErrCode::OrderClosed,
            "ORDERNOTEXIST" => V2ErrCode::OrderNotExist,
            "OUTTRADENOUSED" => V2ErrCode::OutTradeNoUsed,
            "INVALIDREQUEST" => V2ErrCode::InvalidRequest,
            "SYSTEMERROR" => V2ErrCode::SystemError,
            "NOTENOUGH" => V2ErrCode::NotEnough,
            "NOAUTH" => V2ErrCode::NoAuth,
            "APPIDNOTEXIST" => V2ErrCode::AppidNotExist,
            "MCHIDNOTEXIST" => V2ErrCode::MchidNotExist,
            "APPIDMCHIDNOTMATCH" => V2ErrCode::AppidMchidNotMatch,
            "LACKPARAMS" => V2ErrCode::LackParams,
            "SIGNERROR" => V2ErrCode::SignError,
            "XMLFORMATERROR" => V2ErrCode::XmlFormatError,
            "TRADESTATEERROR" => V2ErrCode::TradeStateError,
            "REQUIREPOSTMETHOD" => V2ErrCode::RequirePostMethod,
            "POSTDATAEMPTY" => V2ErrCode::PostDataEmpty,
            "NOTUTF8" => V2ErrCode::NotUtf8,
            "FREQUENCYLIMITED" => V2ErrCode::FrequencyLimited,
            "INVALIDREQTOOMUCH" => V2ErrCode::InvalidReqTooMuch,
            "TRADEOVERDUE" => V2ErrCode::TradeOverdue,
            "ERROR" => V2ErrCode::Error,
            "USERACCOUNTABNORMAL" => V2ErrCode::UserAccountAbnormal,
            "INVALIDTRANSACTIONID" => V2ErrCode::InvalidTransactionid,
            "PARAMERROR" => V2ErrCode::ParamError,
            "CERTERROR" => V2ErrCode::CertError,
            "REFUNDFEEMISMATCH" => V2ErrCode::RefundFeeMismatch,
            "ORDERNOTREADY" => V2ErrCode::OrderNotReady,
            "REFUNDNOTEXIST" => V2ErrCode::RefundNotExist,
            _ => V2ErrCode::Other(printable_code(code)),
        }
    }
}

impl fmt::Display for V2ErrCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

pub(crate) fn printable_code(code: &str) -> String {
    code.chars().filter(char::is_ascii_graphic).take(32).collect()
}
