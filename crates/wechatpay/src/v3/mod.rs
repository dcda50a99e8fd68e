//! `APIv3`: JSON, signed with RSA, its notices encrypted with AES (pay.weixin.qq.com, docs
//! `4012365336` and after).
//!
//! Amounts are whole fen in `i64`; times are UTC milliseconds in `i64`.

mod aead;
mod bills;
mod call_error;
mod certificate_download;
mod client;
mod credentials;
mod err_code;
mod json;
mod native_order;
mod notice;
mod notice_error;
mod payment;
mod platform_keys;
mod refund;
mod request;
mod sign;
mod signed_http;
pub mod time;
mod trade;
mod verify;
mod x509;

pub use crate::Clock;
pub use crate::v2::{
    BadBaseUrl, BadField, ClientOptions, Closed, Reason, TradeState, UnknownTradeState, Unsent,
};
pub use aead::open;
pub use bills::BillLink;
pub use call_error::{CallError, Doubt};
pub use certificate_download::Refreshed;
pub use client::Client;
pub use credentials::{ApiV3Key, BadApiV3Key, BadPrivateKey, Merchant, PrivateKey};
pub use err_code::ErrCode;
pub use native_order::NativeOrder;
pub use notice::{ACK_STATUS, Event, MAX_NOTICE, Notice, read_notice, refusal};
pub use notice_error::NoticeError;
pub use payment::Payment;
pub use platform_keys::{BadPlatformKey, PlatformKeys};
pub use refund::{Refund, RefundRecord, RefundStatus, UnknownRefundStatus};
pub use request::Request;
pub use sign::{SCHEMA, answer_to_sign, request_to_sign};
pub use trade::{Prepaid, Trade};
pub use verify::{BadSignature, SignedHeaders, verify};
