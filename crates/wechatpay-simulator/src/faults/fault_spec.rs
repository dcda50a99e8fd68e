//! Faults as the control interface writes them.

use serde::{Deserialize, Serialize};

/// The body of `PUT /sim/faults`; `{}` clears.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// In order: the first that matches a call or a delivery is applied to it, alone.
    #[serde(default)]
    pub faults: Vec<Written>,
}

/// One fault.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// What it befalls.
    pub on: On,
    /// What happens.
    pub kind: Kind,
    /// How many calls or deliveries it befalls; nothing means all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// Only this trade; for the faults of a bill, the row to spoil.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out_trade_no: Option<String>,
    /// `delay` and `takes`: virtual seconds; `hang`: real seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
    /// `duplicate`: how many copies arrive at once, 2 unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copies: Option<u32>,
    /// `wrong_amount`: the fen to tell; one fen unless told, or two where one would be right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<i64>,
    /// `refuse`: the `err_code`, such as `NOTENOUGH`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// `trade_state`: the state to tell, such as `USERPAYING`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// What a fault befalls: a call under either version of the protocol, or a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum On {
    /// A delivery of any notice to the merchant.
    Notice,
    /// A delivery of the notice of a payment.
    PayNotice,
    /// A delivery of the notice of a refund.
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

/// What happens, by its name on the wire; `effect` says what each does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
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
