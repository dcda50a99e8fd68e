//! `APIv3`: JSON, signed with RSA, its notices encrypted with AES (pay.weixin.qq.com, docs
//! `4012365336` and after).
//!
//! Amounts are whole fen in `i64`; times are UTC milliseconds in `i64`.

mod aead;
mod bills;
mod call_error;
mod certificate;
mod certificates;
mod client;
mod err_code;
mod exchange;
mod json;
mod keys;
mod notice;
mod notice_error;
mod order;
mod payment;
mod refund;
mod request;
mod secret;
mod sign;
pub mod time;
mod trade;
mod verify;

pub use crate::Clock;
pub use crate::v2::{
    BadBaseUrl, BadField, ClientOptions, Closed, Reason, TradeState, UnknownTradeState, Unsent,
};
pub use aead::open;
pub use bills::BillLink;
pub use call_error::{CallError, Doubt};
pub use certificates::Refreshed;
pub use client::Client;
pub use err_code::ErrCode;
pub use keys::{BadPlatformKey, PlatformKeys};
pub use notice::{ACK_STATUS, Event, MAX_NOTICE, Notice, read_notice, refusal};
pub use notice_error::NoticeError;
pub use order::NativeOrder;
pub use payment::Payment;
pub use refund::{Refund, RefundRecord, RefundStatus, UnknownRefundStatus};
pub use request::Request;
pub use secret::{ApiV3Key, BadApiV3Key, BadPrivateKey, Merchant, PrivateKey};
pub use sign::{SCHEMA, answer_to_sign, request_to_sign};
pub use trade::{Prepaid, Trade};
pub use verify::{BadSignature, SignedHeaders, verify};
