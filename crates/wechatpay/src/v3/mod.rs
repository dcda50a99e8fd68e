//! `APIv3`: JSON signed with RSA, and notices encrypted with AES (pay.weixin.qq.com, docs `4012365336`
//! and following).
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
mod platform_key_error;
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
    ClientBuildError, ClientOptions, CloseOutcome, InvalidField, InvalidFieldReason, NotSentReason,
    TradeState, UnknownTradeState,
};
pub use aead::decrypt;
pub use bills::BillLink;
pub use call_error::{V3CallError, V3UnknownReason};
pub use certificate_download::CertificateRefresh;
pub use client::V3Client;
pub use credentials::{ApiV3Key, ApiV3KeyError, PrivateKey, PrivateKeyError, V3Merchant};
pub use err_code::V3ErrCode;
pub use native_order::NativeOrder;
pub use notice::{ACK_STATUS, MAX_NOTICE_BYTES, V3Notice, V3NoticeEvent, read_notice, refusal_body};
pub use notice_error::V3NoticeError;
pub use payment::V3Payment;
pub use platform_key_error::PlatformKeyError;
pub use platform_keys::PlatformKeys;
pub use refund::{V3Refund, V3RefundRecord, V3RefundStatus, V3UnknownRefundStatus};
pub use request::V3Request;
pub use sign::{SCHEMA, answer_to_sign, request_to_sign};
pub use trade::{V3PrepayResponse, V3Trade};
pub use verify::{SignatureHeaders, V3SignatureError, verify};
