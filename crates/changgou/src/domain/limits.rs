//! A limit for everything that somebody else decides the size of.

use std::time::Duration;

/// Lines a cart may hold.
pub const CART_LINES_MAX: usize = 100;

/// Pieces of one SKU in a cart.
pub const LINE_NUM_MAX: i64 = 999;

/// Addresses a buyer may keep.
pub const ADDRESSES_MAX: i64 = 50;

/// Rows of a page of a list.
pub const PAGE_SIZE_MAX: i64 = 100;

/// The last page that can be asked for: deeper ones read what nobody looks at.
pub const PAGE_MAX: i64 = 10_000;

/// Bytes of a JSON or form body.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// Bytes of a body that is refused for its length and heard out all the same.
pub const BODY_BYTES_HEARD_MAX: usize = 16 * 1024 * 1024;

/// Bytes of a body that ships many parcels at once.
pub const PARCELS_BYTES_MAX: usize = 256 * 1024;

/// Orders that may wait to be placed; more are told to come back.
pub const PLACE_QUEUE_MAX: usize = 4096;

/// Payments that may wait to be settled; what WeChat tells beyond that it tells again.
pub const SETTLE_QUEUE_MAX: usize = 4096;

/// Payments that are settled in one transaction.
pub const SETTLED_TOGETHER_MAX: usize = 2048;

/// Write jobs that one transaction commits.
pub const WRITE_BATCH_MAX: usize = 256;

/// Write jobs that may wait for the writer.
pub const WRITE_QUEUE_MAX: usize = 4096;

/// Tokens that are looked up with one question.
pub const LOGINS_TOGETHER_MAX: usize = 256;

/// Attempts whose signature is looked up with one question.
pub const PINS_TOGETHER_MAX: usize = 256;

/// Signatures of attempts that a node remembers, twice at most: some 100 bytes each.
pub const PINS_KEPT_MAX: usize = 16_384;

/// Reads that may wait for a reader.
pub const READ_QUEUE_MAX: usize = 4096;

/// Orders one payer may have waiting that were made by scanning SKUs' codes: they hold stock.
pub const SCANS_OPEN_MAX: usize = 5;

/// Letters of the reason of a refund: WeChat takes 80 bytes.
pub const REFUND_REASON_MAX: usize = 26;

/// Letters by which an operator tells why money does not go back, or how it was paid out.
pub const REFUND_WORDS_MAX: usize = 200;

/// Coupons a settlement shows.
pub const COUPONS_SHOWN_MAX: i64 = 100;

/// SKUs or categories a coupon may name.
pub const COUPON_SCOPE_MAX: usize = 200;

/// Lines an order may have.
pub const ORDER_LINES_MAX: usize = CART_LINES_MAX;

/// Passwords checked at once; each takes 19 MiB and tens of milliseconds.
pub const PASSWORD_CHECKS_MAX: usize = 2;

/// Callers who may wait for their password to be checked; more are told to come back.
pub const PASSWORD_QUEUE_MAX: usize = 100;

/// Wrong passwords for one username within [`LOGIN_WINDOW`].
pub const LOGIN_FAILURES_PER_USER_MAX: u32 = 5;

/// Wrong passwords from one address within [`LOGIN_WINDOW`].
pub const LOGIN_FAILURES_PER_ADDRESS_MAX: u32 = 50;

/// How long wrong passwords are remembered.
pub const LOGIN_WINDOW: Duration = Duration::from_secs(15 * 60);

/// How long an access token is good: the original's 43,200 s.
pub const ACCESS_TOKEN_LIFE: Duration = Duration::from_secs(43_200);

/// How long a refresh token is good.
pub const REFRESH_TOKEN_LIFE: Duration = Duration::from_secs(30 * 86_400);

/// How long the answer to an idempotency key is kept.
pub const KEY_LIFE: Duration = Duration::from_secs(7 * 86_400);
