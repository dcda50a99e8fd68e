//! Why WeChat does not do what it was asked to: the `err_code`s of API v2.

/// A business failure; [`Failure::told`] says what each tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
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

impl Failure {
    /// `err_code` and `err_code_des`.
    pub fn told(self) -> (&'static str, &'static str) {
        match self {
            Failure::AppidMchidNotMatch => ("APPID_MCHID_NOT_MATCH", "appid和mch_id不匹配"),
            Failure::BizErrNeedRetry => ("BIZERR_NEED_RETRY", "退款业务流程错误，需要商户触发重试来解决"),
            Failure::CertError => ("CERT_ERROR", "证书校验错误"),
            Failure::Error => ("ERROR", "业务错误"),
            Failure::FrequencyLimited => ("FREQUENCY_LIMITED", "频率限制"),
            Failure::InvalidRequest(why) => ("INVALID_REQUEST", why),
            Failure::InvalidReqTooMuch => ("INVALID_REQ_TOO_MUCH", "无效请求过多"),
            Failure::InvalidTransactionId => ("INVALID_TRANSACTIONID", "无效transaction_id"),
            Failure::NoAuth => ("NOAUTH", "商户无此接口权限"),
            Failure::NotEnough => ("NOTENOUGH", "基本账户余额不足，请充值后重新发起"),
            Failure::OrderClosed => ("ORDERCLOSED", "该订单已关闭"),
            Failure::OrderNotExist => ("ORDERNOTEXIST", "订单不存在"),
            Failure::OrderNotReady => ("ORDER_NOT_READY", "订单处理中，暂时无法退款，请稍后再试"),
            Failure::OrderPaid => ("ORDERPAID", "该订单已支付"),
            Failure::OutTradeNoUsed => ("OUT_TRADE_NO_USED", "商户订单号重复"),
            Failure::ParamError(why) => ("PARAM_ERROR", why),
            Failure::RefundFeeMismatch => {
                ("REFUND_FEE_MISMATCH", "订单金额或退款金额与之前请求不一致，请核实后再试")
            }
            Failure::RefundNotExist => ("REFUNDNOTEXIST", "退款订单查询失败"),
            Failure::SystemError => ("SYSTEMERROR", "系统繁忙，请稍后重试"),
            Failure::TradeOverdue => ("TRADE_OVERDUE", "订单已经超过退款期限"),
            Failure::TradeStateError => {
                ("TRADE_STATE_ERROR", "订单生成后不能马上调用关单接口，最短间隔5分钟")
            }
            Failure::UserAccountAbnormal => ("USER_ACCOUNT_ABNORMAL", "退款请求失败，用户帐号注销"),
        }
    }

    /// The failure of this `err_code`, for the fault `refuse`.
    pub fn named(code: &str) -> Option<Self> {
        let all = [
            Failure::AppidMchidNotMatch,
            Failure::BizErrNeedRetry,
            Failure::CertError,
            Failure::Error,
            Failure::FrequencyLimited,
            Failure::InvalidRequest("参数错误"),
            Failure::InvalidReqTooMuch,
            Failure::InvalidTransactionId,
            Failure::NoAuth,
            Failure::NotEnough,
            Failure::OrderClosed,
            Failure::OrderNotExist,
            Failure::OrderNotReady,
            Failure::OrderPaid,
            Failure::OutTradeNoUsed,
            Failure::ParamError("参数错误"),
            Failure::RefundFeeMismatch,
            Failure::RefundNotExist,
            Failure::SystemError,
            Failure::TradeOverdue,
            Failure::TradeStateError,
            Failure::UserAccountAbnormal,
        ];
        all.into_iter().find(|failure| failure.told().0 == code)
    }
}
