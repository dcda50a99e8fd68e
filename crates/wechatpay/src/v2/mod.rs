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

pub use crate::field_rules::{BadField, Reason};
pub use crate::options::{BadBaseUrl, ClientOptions};
pub use call_error::{CallError, Doubt, Unsent};
pub use client::Client;
pub use credentials::{ApiKey, BadKey, Merchant};
pub use err_code::ErrCode;
pub use mutual_tls::{BadIdentity, MoneyOut};
pub use native_mode_one::{NativeCallback, NativeReply, native_link, native_reply, read_native_callback};
pub use notice::{ACK, Notice, Unproven, out_trade_no_claimed, read_notice, refusal};
pub use notice_error::NoticeError;
pub use payment::Payment;
pub use refund::{
    Refund, RefundAccepted, RefundNotice, RefundRecord, RefundStatus, UnknownRefundStatus, is_refund_notice,
    read_refund_notice,
};
pub use request::Request;
pub use sign::{BadSignature, Fields, sign, string_to_sign, verify};
pub use sign_type::{SignType, UnknownSignType};
pub use trade::{Closed, Prepaid, Trade};
pub use trade_state::{TradeState, UnknownTradeState};
pub use unified_order::UnifiedOrder;
pub use xml::XmlError;
