//! Limits for everything whose size is decided by others.

use std::time::Duration;

pub const CART_LINES_MAX: usize = 100;

/// Pieces per line of a cart.
pub const LINE_NUM_MAX: i64 = 999;

pub const ADDRESSES_MAX: i64 = 50;

pub const PAGE_SIZE_MAX: i64 = 100;

/// Later pages would be slow, and nobody reads them.
pub const PAGE_MAX: i64 = 10_000;

pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// A body above its limit is read up to this many bytes before it is refused, so that the client gets
/// the answer.
pub const BODY_BYTES_HEARD_MAX: usize = 16 * 1024 * 1024;

/// Body of a request that ships many orders.
pub const PARCELS_BYTES_MAX: usize = 256 * 1024;

/// Orders that may wait to be placed; further ones are answered 503.
pub const PLACE_QUEUE_MAX: usize = 4096;

/// Payments that may wait to be settled; WeChat repeats the notices of further ones.
pub const SETTLE_QUEUE_MAX: usize = 4096;

pub const SETTLE_BATCH_MAX: usize = 2048;

pub const WRITE_BATCH_MAX: usize = 256;

pub const WRITE_QUEUE_MAX: usize = 4096;

/// Tokens looked up by one query.
pub const LOGIN_BATCH_MAX: usize = 256;

/// Attempts whose pinned signature is looked up by one query.
pub const PIN_BATCH_MAX: usize = 256;

/// Entries of the cache of pinned signatures, about 100 bytes each. There are two generations of this
/// size.
pub const PINS_CACHED_MAX: usize = 16_384;

pub const READ_QUEUE_MAX: usize = 4096;

/// Unpaid orders that one payer may have from scans of SKU codes, since they reserve stock.
pub const SCANS_OPEN_MAX: usize = 5;

/// Characters of a refund's reason: WeChat accepts 80 bytes.
pub const REFUND_REASON_MAX: usize = 26;

/// Characters of an operator's note on a refund.
pub const REFUND_WORDS_MAX: usize = 200;

/// Coupons offered at checkout.
pub const COUPONS_SHOWN_MAX: i64 = 100;

pub const COUPON_SCOPE_MAX: usize = 200;

pub const ORDER_LINES_MAX: usize = CART_LINES_MAX;

/// Concurrent password checks; each takes 19 MiB and tens of milliseconds.
pub const PASSWORD_CHECKS_MAX: usize = 2;

/// Logins that may wait for a password check; further ones are answered 503.
pub const PASSWORD_QUEUE_MAX: usize = 100;

pub const LOGIN_FAILURES_PER_USER_MAX: u32 = 5;

pub const LOGIN_FAILURES_PER_ADDRESS_MAX: u32 = 50;

/// The period in which wrong passwords are counted.
pub const LOGIN_WINDOW: Duration = Duration::from_secs(15 * 60);

/// As in the Java shop.
pub const ACCESS_TOKEN_LIFE: Duration = Duration::from_secs(43_200);

pub const REFRESH_TOKEN_LIFE: Duration = Duration::from_secs(30 * 86_400);

/// How long an idempotency key is stored.
pub const KEY_LIFE: Duration = Duration::from_secs(7 * 86_400);

/// Connections of a node; for more, those that wait for their clients are closed.
pub const CONNECTIONS_MAX: usize = 10_000;

/// Connections of one address. Many people may share one, so it is no small number.
pub const CONNECTIONS_PER_ADDRESS_MAX: usize = 1000;

/// Event streams of one address.
pub const STREAMS_PER_ADDRESS_MAX: usize = 500;

/// Event streams of one buyer: payment pages that are open at the same time.
pub const STREAMS_PER_BUYER_MAX: usize = 10;

/// Bytes of a request's head; above that the answer is 431.
pub const HEAD_BYTES_MAX: usize = 16 * 1024;

pub const HEADERS_MAX: usize = 100;

/// A client that reads an answer more slowly, and keeps the shop waiting, is disconnected.
pub const WRITE_BYTES_PER_SECOND_MIN: u64 = 1024;

/// Characters of a caller's text that an answer or a log line repeats.
pub const REPEATED_TEXT_MAX: usize = 40;
