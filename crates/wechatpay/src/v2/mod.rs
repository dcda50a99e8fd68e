//! `APIv2`: flat XML, signed with MD5 or HMAC-SHA256 (pay.weixin.qq.com, Native, chapters 4 and 9).
//!
//! Amounts are whole fen in `i64`; times are UTC milliseconds in `i64`.

mod bills;
mod call_error;
mod client;
mod credentials;
mod err_code;
mod fields;
mod http_post;
mod mutual_tls;
mod native_mode_one;
mod notice;
mod notice_error;
mod payment;
mod refund;
mod request;
mod response;
mod short_url;
mod sign;
mod sign_type;
mod stored_request;
pub mod time;
mod trade;
mod trade_state;
mod unified_order;
pub mod xml;

pub use crate::field_rules::{InvalidField, InvalidFieldReason};
pub use crate::options::{ClientBuildError, ClientOptions};
pub use call_error::{NotSentReason, V2CallError, V2UnknownReason};
pub use client::V2Client;
pub use credentials::{ApiKey, ApiKeyError, V2Merchant};
pub use err_code::V2ErrCode;
pub use fields::Fields;
pub use mutual_tls::{MutualTls, MutualTlsError};
pub use native_mode_one::{NativeCallback, NativeReply, native_link, native_reply, read_native_callback};
pub use notice::{ACK, UnverifiedNotice, V2Notice, claimed_out_trade_no, read_notice, refusal_body};
pub use notice_error::V2NoticeError;
pub use payment::V2Payment;
pub use refund::{
    V2Refund, V2RefundAccepted, V2RefundNotice, V2RefundRecord, V2RefundStatus, V2UnknownRefundStatus,
    is_refund_notice, read_refund_notice,
};
pub use request::V2Request;
pub use sign::{V2SignatureError, sign, string_to_sign, verify};
pub use sign_type::{SignType, UnknownSignType};
pub use trade::{CloseOutcome, V2PrepayResponse, V2Trade};
pub use trade_state::{TradeState, UnknownTradeState};
pub use unified_order::UnifiedOrder;
pub use xml::XmlError;
