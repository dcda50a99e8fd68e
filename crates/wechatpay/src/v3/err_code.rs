//! The error codes of WeChat.

use std::fmt;

/// The `code` of an error answer (pay.weixin.qq.com, doc `4012076503`).
///
/// The docs spell several codes with and without underscores. Both are recognized.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum V3ErrCode {
    /// A parameter is wrong.
    ParamError,
    /// The parameters are not valid, or differ from the first call's.
    InvalidRequest,
    /// The appid does not belong to the merchant.
    AppidMchidNotMatch,
    /// The merchant does not exist.
    MchNotExists,
    /// The order is closed already.
    OrderClosed,
    /// The order is paid already.
    OrderPaid,
    /// There is no bill for that day.
    NoStatementExist,
    /// The bill is not ready yet.
    StatementCreating,
    /// The request's signature is wrong.
    SignError,
    /// The merchant has no permission.
    NoAuth,
    /// The order number belongs to an order with other parameters.
    OutTradeNoUsed,
    /// A business rule forbids the call.
    RuleLimit,
    /// The trade failed.
    TradeError,
    /// The balance of the merchant is too low.
    NotEnough,
    /// The account of the payer cannot receive money.
    UserAccountAbnormal,
    /// The order does not exist.
    OrderNotExist,
    /// The resource does not exist: no such refund, no certificate.
    ResourceNotExists,
    /// The payment does not exist.
    InvalidTransactionid,
    /// Too many calls.
    FrequencyLimited,
    /// WeChat does not know the outcome; the call may have taken effect.
    SystemError,
    /// The service is temporarily unavailable.
    ServiceUnavailable,
    /// An unknown code: its first 64 printable ASCII characters.
    Other(String),
}

impl V3ErrCode {
    /// The code as v3 spells it.
    pub fn as_str(&self) -> &str {
        match self {
            V3ErrCode::ParamError => "PARAM_ERROR",
            V3ErrCode::InvalidRequest => "INVALID_REQUEST",
            V3ErrCode::AppidMchidNotMatch => "APPID_MCHID_NOT_MATCH",
            V3ErrCode::MchNotExists => "MCH_NOT_EXISTS",
            V3ErrCode::OrderClosed => "ORDER_CLOSED",
            V3ErrCode::OrderPaid => "ORDER_PAID",
            V3ErrCode::NoStatementExist => "NO_STATEMENT_EXIST",
            V3ErrCode::StatementCreating => "STATEMENT_CREATING",
            V3ErrCode::SignError => "SIGN_ERROR",
            V3ErrCode::NoAuth => "NO_AUTH",
            V3ErrCode::OutTradeNoUsed => "OUT_TRADE_NO_USED",
            V3ErrCode::RuleLimit => "RULE_LIMIT",
            V3ErrCode::TradeError => "TRADE_ERROR",
            V3ErrCode::NotEnough => "NOT_ENOUGH",
            V3ErrCode::UserAccountAbnormal => "USER_ACCOUNT_ABNORMAL",
            V3ErrCode::OrderNotExist => "ORDER_NOT_EXIST",
            V3ErrCode::ResourceNotExists => "RESOURCE_NOT_EXISTS",
            V3ErrCode::InvalidTransactionid => "INVALID_TRANSACTIONID",
            V3ErrCode::FrequencyLimited => "FREQUENCY_LIMITED",
            V3ErrCode::SystemError => "SYSTEM_ERROR",
            V3ErrCode::ServiceUnavailable => "SERVICE_UNAVAILABLE",
            V3ErrCode::Other(code) => code,
        }
    }
}

impl From<&str> for V3ErrCode {
    fn from(code: &str) -> V3ErrCode {
        match code.replace('_', "").as_str() {
            "PARAMERROR" => V3ErrCode::ParamError,
            "INVALIDREQUEST" => V3ErrCode::InvalidRequest,
            "APPIDMCHIDNOTMATCH" => V3ErrCode::AppidMchidNotMatch,
            "MCHNOTEXISTS" | "MCHNOTEXIST" => V3ErrCode::MchNotExists,
            "ORDERCLOSED" => V3ErrCode::OrderClosed,
            "ORDERPAID" => V3ErrCode::OrderPaid,
            "NOSTATEMENTEXIST" => V3ErrCode::NoStatementExist,
            "STATEMENTCREATING" => V3ErrCode::StatementCreating,
            "SIGNERROR" => V3ErrCode::SignError,
            "NOAUTH" => V3ErrCode::NoAuth,
            "OUTTRADENOUSED" => V3ErrCode::OutTradeNoUsed,
            "RULELIMIT" => V3ErrCode::RuleLimit,
            "TRADEERROR" => V3ErrCode::TradeError,
            "NOTENOUGH" => V3ErrCode::NotEnough,
            "USERACCOUNTABNORMAL" => V3ErrCode::UserAccountAbnormal,
            "ORDERNOTEXIST" => V3ErrCode::OrderNotExist,
            "RESOURCENOTEXISTS" | "RESOURCENOTEXIST" => V3ErrCode::ResourceNotExists,
            "INVALIDTRANSACTIONID" => V3ErrCode::InvalidTransactionid,
            "FREQUENCYLIMITED" | "FREQUENCYLIMIT" | "RATELIMITEXCEEDED" => V3ErrCode::FrequencyLimited,
            "SYSTEMERROR" => V3ErrCode::SystemError,
            "SERVICEUNAVAILABLE" => V3ErrCode::ServiceUnavailable,
            _ => V3ErrCode::Other(code.chars().filter(char::is_ascii_graphic).take(64).collect()),
        }
    }
}

impl fmt::Display for V3ErrCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
