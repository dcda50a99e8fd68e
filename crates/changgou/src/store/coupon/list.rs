//! A buyer's coupons.

use super::{Coupon, SELECT};
use crate::domain::clock::UtcMs;
use crate::domain::limits::COUPONS_SHOWN_MAX;
use crate::infra::db::{DbError, Tx, params};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CouponFilter {
    /// Neither used nor expired, the first to expire first.
    Usable,
    /// Used, the newest order first.
    Used,
    /// Expired unused, the last to expire first.
    Expired,
}

/// `page` counts from 1.
pub async fn page_for_user(
    tx: &mut Tx<'_>,
    username: &str,
    filter: CouponFilter,
    now: UtcMs,
    page: i64,
    size: i64,
) -> Result<Vec<Coupon>, DbError> {
    let from = (page - 1) * size;
    match filter {
        CouponFilter::Usable => {
            let sql = format!(
                "{SELECT} c.username = ? and c.order_id is null and c.until_ms > ? order by c.until_ms limit ? offset ?"
            );
            tx.rows(&sql, params![username, now.0, size, from]).await
        }
        CouponFilter::Expired => {
            let sql = format!(
                "{SELECT} c.username = ? and c.order_id is null and c.until_ms <= ? order by c.until_ms desc limit ? offset ?"
            );
            tx.rows(&sql, params![username, now.0, size, from]).await
        }
        CouponFilter::Used => {
            let sql = format!(
                "{SELECT} c.username = ? and c.order_id is not null order by c.order_id desc limit ? offset ?"
            );
            tx.rows(&sql, params![username, size, from]).await
        }
    }
}

/// A bounded number of usable coupons, the first to expire first.
pub async fn list_usable(tx: &mut Tx<'_>, username: &str, now: UtcMs) -> Result<Vec<Coupon>, DbError> {
    page_for_user(tx, username, CouponFilter::Usable, now, 1, COUPONS_SHOWN_MAX).await
}
