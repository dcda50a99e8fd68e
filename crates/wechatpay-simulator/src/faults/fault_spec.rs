//! Faults in the JSON of the control API.

use serde::{Deserialize, Serialize};

/// The body of `PUT /sim/faults`; `{}` clears.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultPlan {
    /// The faults in order. Only the first match applies to a call or a delivery.
    #[serde(default)]
    pub faults: Vec<FaultSpec>,
}

/// One fault.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultSpec {
    /// The call or notice that it applies to.
    pub on: FaultTarget,
    /// What happens.
    pub kind: FaultKind,
    /// How many calls or deliveries it applies to. Default: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// Limits the fault to one trade; for faults of a bill, the affected row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out_trade_no: Option<String>,
    /// `delay` and `takes`: virtual seconds; `hang`: real seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
    /// `duplicate`: how many copies arrive at once. Default: 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copies: Option<u32>,
    /// `wrong_amount`: the amount in fen. Default: 1, or 2 if 1 is the right amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<i64>,
    /// `refuse`: the `err_code`, such as `NOTENOUGH`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// `trade_state`: the state, such as `USERPAYING`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// The target of a fault: an API call of either version, or a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultTarget {
    /// The delivery of any notice.
    Notice,
    /// The delivery of a payment notice.
    PayNotice,
    /// The delivery of a refund notice.
    RefundNotice,
    /// `/pay/unifiedorder`, `/v3/pay/transactions/native`.
    #[serde(alias = "prepay")]
    Unifiedorder,
    /// `/pay/orderquery`, `/v3/pay/transactions/{id,out-trade-no}/…`.
    #[serde(alias = "query")]
    Orderquery,
    /// `/pay/closeorder`, `/v3/pay/transactions/out-trade-no/…/close`.
    #[serde(alias = "close")]
    Closeorder,
    /// `/secapi/pay/refund`, `/v3/refund/domestic/refunds`.
    Refund,
    /// `/pay/refundquery`, `/v3/refund/domestic/refunds/…`.
    #[serde(alias = "refund_query")]
    Refundquery,
    /// `/pay/downloadbill`, `/v3/bill/tradebill`.
    #[serde(alias = "trade_bill")]
    Downloadbill,
    /// `/pay/downloadfundflow`, `/v3/bill/fundflowbill`.
    #[serde(alias = "fund_flow_bill")]
    Downloadfundflow,
    /// `/tools/shorturl`.
    Shorturl,
    /// `/v3/certificates`.
    Certificates,
}

/// What happens. `effect.rs` describes each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    Drop,
    Delay,
    Duplicate,
    Reorder,
    WrongAmount,
    WrongCurrency,
    ForeignMerchant,
    ForeignAppid,
    ForeignTrade,
    ForeignTransaction,
    ForeignTradeType,
    NotPaid,
    TradeState,
    BadSignature,
    BadCiphertext,
    WrongSerial,
    StaleTimestamp,
    SignTest,
    #[serde(rename = "http_500")]
    Http500,
    #[serde(rename = "http_429")]
    Http429,
    #[serde(rename = "http_202")]
    Http202,
    Hang,
    SystemErrorBefore,
    SystemErrorAfter,
    DropAnswerAfter,
    Refuse,
    NoticeBeforePrepayAnswer,
    NoticeBeforeRefundAnswer,
    PaidMeanwhile,
    Takes,
    EndsAbnormal,
    EndsClosed,
    BillRowMissing,
    BillRowExtra,
    BillRowTwice,
    BillWrongAmount,
    BillWrongSummary,
    BillWrongHash,
    BillTruncated,
    BillCreating,
    BillColumnsReordered,
}
