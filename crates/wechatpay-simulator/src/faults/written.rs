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
    /// Only this trade.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out_trade_no: Option<String>,
    /// `delay`: virtual seconds; `hang`: real seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
    /// `duplicate`: how many copies arrive at once, 2 unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copies: Option<u32>,
    /// `wrong_amount`: the fen to tell; one fen unless told, or two where one would be right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<i64>,
}

/// What a fault befalls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum On {
    /// A delivery of a notice to the merchant.
    Notice,
    /// The answer of `/pay/unifiedorder`.
    Unifiedorder,
    /// The answer of `/pay/orderquery`.
    Orderquery,
    /// The answer of `/pay/closeorder`.
    Closeorder,
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
    BadSignature,
    #[serde(rename = "http_500")]
    Http500,
    Hang,
    SystemErrorBefore,
    SystemErrorAfter,
    DropAnswerAfter,
    NoticeBeforePrepayAnswer,
}
