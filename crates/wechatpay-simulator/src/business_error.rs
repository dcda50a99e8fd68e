//! The business errors: the `err_code`s of API v2.

/// A business error; see [`BusinessError::code_and_message`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BusinessError {
    AppidMchidNotMatch,
    BizErrNeedRetry,
    CertError,
    Error,
    FrequencyLimited,
    InvalidRequest(&'static str),
    InvalidReqTooMuch,
    InvalidTransactionId,
    NoAuth,
    NotEnough,
    OrderClosed,
    OrderNotExist,
    OrderNotReady,
    OrderPaid,
    OutTradeNoUsed,
    ParamError(&'static str),
    RefundFeeMismatch,
    RefundNotExist,
    SystemError,
    TradeOverdue,
    TradeStateError,
    UserAccountAbnormal,
}

impl BusinessError {
    /// Returns `err_code` and `err_code_des`.
    pub fn code_and_message(self) -> (&'static str, &'static str) {
        match self {
            BusinessError::AppidMchidNotMatch => ("APPID_MCHID_NOT_MATCH", "appid和mch_id不匹配"),
            BusinessError::BizErrNeedRetry => {
                ("BIZERR_NEED_RETRY", "退款业务流程错误，需要商户触发重试来解决")
            }
            BusinessError::CertError => ("CERT_ERROR", "证书校验错误"),
            BusinessError::Error => ("ERROR", "业务错误"),
            BusinessError::FrequencyLimited => ("FREQUENCY_LIMITED", "频率限制"),
            BusinessError::InvalidRequest(why) => ("INVALID_REQUEST", why),
            BusinessError::InvalidReqTooMuch => ("INVALID_REQ_TOO_MUCH", "无效请求过多"),
            BusinessError::InvalidTransactionId => ("INVALID_TRANSACTIONID", "无效transaction_id"),
            BusinessError::NoAuth => ("NOAUTH", "商户无此接口权限"),
            BusinessError::NotEnough => ("NOTENOUGH", "基本账户余额不足，请充值后重新发起"),
            BusinessError::OrderClosed => ("ORDERCLOSED", "该订单已关闭"),
            BusinessError::OrderNotExist => ("ORDERNOTEXIST", "订单不存在"),
            BusinessError::OrderNotReady => ("ORDER_NOT_READY", "订单处理中，暂时无法退款，请稍后再试"),
            BusinessError::OrderPaid => ("ORDERPAID", "该订单已支付"),
            BusinessError::OutTradeNoUsed => ("OUT_TRADE_NO_USED", "商户订单号重复"),
            BusinessError::ParamError(why) => ("PARAM_ERROR", why),
            BusinessError::RefundFeeMismatch => {
                ("REFUND_FEE_MISMATCH", "订单金额或退款金额与之前请求不一致，请核实后再试")
            }
            BusinessError::RefundNotExist => ("REFUNDNOTEXIST", "退款订单查询失败"),
            BusinessError::SystemError => ("SYSTEMERROR", "系统繁忙，请稍后重试"),
            BusinessError::TradeOverdue => ("TRADE_OVERDUE", "订单已经超过退款期限"),
            BusinessError::TradeStateError => {
                ("TRADE_STATE_ERROR", "订单生成后不能马上调用关单接口，最短间隔5分钟")
            }
            BusinessError::UserAccountAbnormal => ("USER_ACCOUNT_ABNORMAL", "退款请求失败，用户帐号注销"),
        }
    }

    /// Finds the error with this `err_code`, for the fault `refuse`.
    pub fn from_code(code: &str) -> Option<Self> {
        let all = [
            BusinessError::AppidMchidNotMatch,
            BusinessError::BizErrNeedRetry,
            BusinessError::CertError,
            BusinessError::Error,
            BusinessError::FrequencyLimited,
            BusinessError::InvalidRequest("参数错误"),
            BusinessError::InvalidReqTooMuch,
            BusinessError::InvalidTransactionId,
            BusinessError::NoAuth,
            BusinessError::NotEnough,
            BusinessError::OrderClosed,
            BusinessError::OrderNotExist,
            BusinessError::OrderNotReady,
            BusinessError::OrderPaid,
            BusinessError::OutTradeNoUsed,
            BusinessError::ParamError("参数错误"),
            BusinessError::RefundFeeMismatch,
            BusinessError::RefundNotExist,
            BusinessError::SystemError,
            BusinessError::TradeOverdue,
            BusinessError::TradeStateError,
            BusinessError::UserAccountAbnormal,
        ];
        all.into_iter().find(|failure| failure.code_and_message().0 == code)
    }
}
