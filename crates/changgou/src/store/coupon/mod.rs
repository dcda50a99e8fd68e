//! Coupons in buyers' hands, and the templates they are made from. Owns
//! `coupon` and `coupon_template`.

mod grant;
mod list;
pub mod template;

use crate::domain::clock::UtcMs;
use crate::domain::coupon_rule::CouponRule;
use crate::domain::id::{Id, OrderId};
use crate::infra::db::{DbError, FromRow, Row, RowChange, Tx, Value, params};

pub use grant::{CouponGrant, GrantOutcome, grant, grant_each};
pub use list::{CouponFilter, page_of, usable_by};

/// The number of a coupon.
pub type CouponId = Id;

/// A coupon, with what it promises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coupon {
    /// Its number.
    pub id: CouponId,
    /// Whose it is.
    pub username: String,
    /// From when on it is good.
    pub from: UtcMs,
    /// Until when it is good.
    pub until: UtcMs,
    /// The order it is used by.
    pub order_id: Option<OrderId>,
    /// Its Chinese name.
    pub name: String,
    /// Its English name.
    pub name_en: Option<String>,
    /// What it promises.
    pub offer: CouponRule,
}

const SELECT: &str = "select c.id, c.username, c.from_ms, c.until_ms, c.order_id, t.name, t.name_en, t.kind, t.amount, \
                      t.percent, t.most, t.min_money, t.scope, t.scope_ids \
                      from coupon c join coupon_template t on t.id = c.template_id where";

impl FromRow for Coupon {
    fn from_row(row: &mut Row<'_>) -> Result<Coupon, DbError> {
        Ok(Coupon {
            id: row.take()?,
            username: row.take()?,
            from: row.take()?,
            until: row.take()?,
            order_id: row.take()?,
            name: row.take()?,
            name_en: row.take()?,
            offer: template::read_offer(row)?,
        })
    }
}

/// The coupons of these numbers that exist, whoever they belong to.
pub async fn by_ids(
    tx: &mut Tx<'_>,
    ids: impl IntoIterator<Item = CouponId>,
) -> Result<Vec<Coupon>, DbError> {
    tx.rows_in(&format!("{SELECT} c.id"), ids.into_iter().map(Value::from), "").await
}

/// A coupon was used or gone already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CouponUnavailable;

/// Uses each coupon for its order. If one was used or gone already, nothing of
/// this may stay.
pub async fn redeem(
    tx: &mut Tx<'_>,
    uses: &[(CouponId, &OrderId)],
    now: UtcMs,
) -> Result<Result<(), CouponUnavailable>, DbError> {
    let change = RowChange {
        table: "coupon",
        given: &["coupon", "used_by", "now"],
        set: "order_id = :used_by, used_ms = :now",
        guard: "id = :coupon and order_id is null",
    };
    let rows: Vec<[Value<'_>; 3]> =
        uses.iter().map(|(coupon, order)| [(*coupon).into(), (*order).into(), now.0.into()]).collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 3]>::as_slice).collect();
    let used = tx.change_each(&change, &rows).await?;
    Ok(if used == rows.len() as u64 { Ok(()) } else { Err(CouponUnavailable) })
}

/// Ends the coupons a buyer was granted for an order, as far as they are unused:
/// the order came back, and nobody shall earn by buying and giving back.
pub async fn end_granted(
    tx: &mut Tx<'_>,
    username: &str,
    order: &OrderId,
    now: UtcMs,
) -> Result<(), DbError> {
    let sql =
        "update coupon set until_ms = ? where username = ? and ref = ? and order_id is null and until_ms > ?";
    tx.exec(sql, params![now.0, username, order, now.0]).await.map(drop)
}

/// Gives the coupon an order used back to its buyer; `false` if it used none.
pub async fn give_back(tx: &mut Tx<'_>, order: &OrderId) -> Result<bool, DbError> {
    let sql = "update coupon set order_id = null, used_ms = null where order_id = ?";
    Ok(tx.exec(sql, params![order]).await? == 1)
}
