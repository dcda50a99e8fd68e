//! Coupons and their templates. Owns `coupon` and `coupon_template`.

mod grant;
mod list;
pub mod template;

use crate::domain::clock::UtcMs;
use crate::domain::coupon_rule::CouponRule;
use crate::domain::id::{Id, OrderId};
use crate::infra::db::{DbError, RowChange, Tx, Value, from_row, params};
use template::read_rule;

pub use grant::{CouponGrant, GrantOutcome, grant, grant_each};
pub use list::{CouponFilter, list_usable, page_for_user};

pub type CouponId = Id;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coupon {
    pub id: CouponId,
    pub username: String,
    pub from: UtcMs,
    pub until: UtcMs,
    /// The order that uses it.
    pub order_id: Option<OrderId>,
    pub name: String,
    pub name_en: Option<String>,
    pub offer: CouponRule,
}

const SELECT: &str = "select c.id, c.username, c.from_ms, c.until_ms, c.order_id, t.name, t.name_en, t.kind, t.amount, \
                      t.percent, t.most, t.min_money, t.scope, t.scope_ids \
                      from coupon c join coupon_template t on t.id = c.template_id where";

from_row! {
    Coupon {
        id,
        username,
        from: from_ms,
        until: until_ms,
        order_id,
        name,
        name_en,
        offer: read_rule(kind, amount, percent, most, min_money, scope, scope_ids),
    }
}

pub async fn find_by_ids(
    tx: &mut Tx<'_>,
    ids: impl IntoIterator<Item = CouponId>,
) -> Result<Vec<Coupon>, DbError> {
    tx.rows_in(&format!("{SELECT} c.id"), ids.into_iter().map(Value::from), "").await
}

/// A coupon is used already or does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CouponUnavailable;

/// Uses each coupon for its order. After `CouponUnavailable` the transaction must be rolled back.
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

/// Expires the unused coupons that a buyer was granted for an order: the order was returned, and buying
/// and returning must not pay off.
pub async fn expire_granted(
    tx: &mut Tx<'_>,
    username: &str,
    order: &OrderId,
    now: UtcMs,
) -> Result<(), DbError> {
    let sql =
        "update coupon set until_ms = ? where username = ? and ref = ? and order_id is null and until_ms > ?";
    tx.exec(sql, params![now.0, username, order, now.0]).await.map(drop)
}

/// Makes the coupon of an order usable again; `false` if the order used none.
pub async fn give_back(tx: &mut Tx<'_>, order: &OrderId) -> Result<bool, DbError> {
    let sql = "update coupon set order_id = null, used_ms = null where order_id = ?";
    Ok(tx.exec(sql, params![order]).await? == 1)
}
