//! Why WeChat refused.

use std::fmt;

/// The `code` of an error answer (pay.weixin.qq.com, doc `4012076503`).
///
/// The docs spell several codes with and without underscores; both are understood.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ErrCode {
    /// A parameter is wrong.
    ParamError,
    /// The parameters are not valid, or differ from the first call's.
    InvalidRequest,
    /// Appid and merchant do not belong together.
    AppidMchidNotMatch,
    /// There is no such merchant.
    MchNotExists,
    /// The order is closed already.
    OrderClosed,
    /// The order is paid already.
    OrderPaid,
    /// There is no bill of that day: nothing happened.
    NoStatementExist,
    /// The bill is still being made.
    StatementCreating,
    /// The request's signature is wrong.
    SignError,
    /// The merchant may not do this.
    NoAuth,
    /// The order number is taken by an order with other parameters.
    OutTradeNoUsed,
    /// A rule of the business forbids it.
    RuleLimit,
    /// The trade cannot be made.
    TradeError,
    /// There is not enough money in the account.
    NotEnough,
    /// The payer's account takes no money.
    UserAccountAbnormal,
    /// WeChat has no such order.
    OrderNotExist,
    /// WeChat has no such thing: no refund, no certificate.
    ResourceNotExists,
    /// There is no such payment.
    InvalidTransactionid,
    /// Too many calls.
    FrequencyLimited,
    /// WeChat does not know itself; the call may have taken effect.
    SystemError,
    /// The service is down for now.
    ServiceUnavailable,
    /// A code unknown here: at most 64 printable ASCII characters of it.
    Other(String),
}

impl ErrCode {
    /// The code as v3 spells it.
    pub fn as_str(&self) -> &str {
        match self {
            ErrCode::ParamError => "PARAM_ERROR",
            ErrCode::InvalidRequest => "INVALID_REQUEST",
            ErrCode::AppidMchidNotMatch => "APPID_MCHID_NOT_MATCH",
            ErrCode::MchNotExists => "MCH_NOT_EXISTS",
            ErrCode::OrderClosed => "ORDER_CLOSED",
            ErrCode::OrderPaid => "ORDER_PAID",
            ErrCode::NoStatementExist => "NO_STATEMENT_EXIST",
            ErrCode::StatementCreating => "STATEMENT_CREATING",
            ErrCode::SignError => "SIGN_ERROR",
            ErrCode::NoAuth => "NO_AUTH",
            ErrCode::OutTradeNoUsed => "OUT_TRADE_NO_USED",
            ErrCode::RuleLimit => "RULE_LIMIT",
            ErrCode::TradeError => "TRADE_ERROR",
            ErrCode::NotEnough => "NOT_ENOUGH",
            ErrCode::UserAccountAbnormal => "USER_ACCOUNT_ABNORMAL",
            ErrCode::OrderNotExist => "ORDER_NOT_EXIST",
            ErrCode::ResourceNotExists => "RESOURCE_NOT_EXISTS",
            ErrCode::InvalidTransactionid => "INVALID_TRANSACTIONID",
            ErrCode::FrequencyLimited => "FREQUENCY_LIMITED",
            ErrCode::SystemError => "SYSTEM_ERROR",
            ErrCode::ServiceUnavailable => "SERVICE_UNAVAILABLE",
            ErrCode::Other(code) => code,
        }
    }
}

impl From<&str> for ErrCode {
    fn from(code: &str) -> ErrCode {
        match code.replace('_', "").as_str() {
            "PARAMERROR" => ErrCode::ParamError,
            "INVALIDREQUEST" => ErrCode::InvalidRequest,
            "APPIDMCHIDNOTMATCH" => ErrCode::AppidMchidNotMatch,
            "MCHNOTEXISTS" | "MCHNOTEXIST" => ErrCode::MchNotExists,
            "ORDERCLOSED" => ErrCode::OrderClosed,
            "ORDERPAID" => ErrCode::OrderPaid,
            "NOSTATEMENTEXIST" => ErrCode::NoStatementExist,
            "STATEMENTCREATING" => ErrCode::StatementCreating,
            "SIGNERROR" => ErrCode::SignError,
            "NOAUTH" => ErrCode::NoAuth,
            "OUTTRADENOUSED" => ErrCode::OutTradeNoUsed,
            "RULELIMIT" => ErrCode::RuleLimit,
            "TRADEERROR" => ErrCode::TradeError,
            "NOTENOUGH" => ErrCode::NotEnough,
            "USERACCOUNTABNORMAL" => ErrCode::UserAccountAbnormal,
            "ORDERNOTEXIST" => ErrCode::OrderNotExist,
            "RESOURCENOTEXISTS" | "RESOURCENOTEXIST" => ErrCode::ResourceNotExists,
            "INVALIDTRANSACTIONID" => ErrCode::InvalidTransactionid,
            "FREQUENCYLIMITED" | "FREQUENCYLIMIT" | "RATELIMITEXCEEDED" => ErrCode::FrequencyLimited,
            "SYSTEMERROR" => ErrCode::SystemError,
            "SERVICEUNAVAILABLE" => ErrCode::ServiceUnavailable,
            _ => ErrCode::Other(code.chars().filter(char::is_ascii_graphic).take(64).collect()),
        }
    }
}

impl fmt::Display for ErrCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
