//! `APIv2`: flat XML, signed with MD5 or HMAC-SHA256 (pay.weixin.qq.com, Native, chapters 4 and 9).
//!
//! Amounts are whole fen in `i64`; times are UTC milliseconds in `i64`.

mod answer;
mod ask;
mod bills;
mod call_error;
mod client;
mod err_code;
mod fields;
mod money_out;
mod native;
mod notice;
mod notice_error;
mod order;
mod payment;
mod post;
mod refund;
mod request;
mod secret;
mod short_url;
mod sign;
mod sign_type;
pub mod time;
mod trade;
mod trade_state;
pub mod xml;

pub use crate::options::{BadBaseUrl, ClientOptions};
pub use crate::rules::{BadField, Reason};
pub use call_error::{CallError, Doubt, Unsent};
pub use client::Client;
pub use err_code::ErrCode;
pub use money_out::{BadIdentity, MoneyOut};
pub use native::{NativeCallback, NativeReply, native_link, native_reply, read_native_callback};
pub use notice::{ACK, Notice, Unproven, out_trade_no_claimed, read_notice, refusal};
pub use notice_error::NoticeError;
pub use order::UnifiedOrder;
pub use payment::Payment;
pub use refund::{
    Refund, RefundAccepted, RefundNotice, RefundRecord, RefundStatus, UnknownRefundStatus, is_refund_notice,
    read_refund_notice,
};
pub use request::Request;
pub use secret::{ApiKey, BadKey, Merchant};
pub use sign::{BadSignature, Fields, sign, string_to_sign, verify};
pub use sign_type::{SignType, UnknownSignType};
pub use trade::{Closed, Prepaid, Trade};
pub use trade_state::{TradeState, UnknownTradeState};
pub use xml::XmlError;
