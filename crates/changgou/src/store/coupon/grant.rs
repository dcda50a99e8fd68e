//! Granting coupons within the limits of their templates.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::CouponId;
use super::template::{CouponTemplate, TemplateId};
use crate::domain::clock::UtcMs;
use crate::infra::db::{DbError, Tx, Value, params};

#[derive(Clone, Copy, Debug)]
pub struct CouponGrant<'a> {
    /// The id of the new coupon.
    pub id: CouponId,
    pub username: &'a str,
    /// The reason: a paid order or the id of an operator's grant. A buyer gets one coupon per template
    /// and reference.
    pub reference: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantOutcome {
    /// The coupon was granted.
    Yes,
    /// It was granted for the same reference before.
    Before,
    /// The total or the buyer's limit is reached, granting has ended, or the coupon would never be
    /// valid.
    NoMore,
}

/// Grants a coupon within the limits of its template.
pub async fn grant(
    tx: &mut Tx<'_>,
    template: &CouponTemplate,
    one: CouponGrant<'_>,
    now: UtcMs,
) -> Result<GrantOutcome, DbError> {
    let ended = grant_each(tx, template, &[one], now).await?;
    Ok(ended.first().copied().unwrap_or(GrantOutcome::NoMore))
}

/// Grants coupons in the given order while the template's limits allow it. Returns the outcomes in the
/// same order.
pub async fn grant_each(
    tx: &mut Tx<'_>,
    template: &CouponTemplate,
    grants: &[CouponGrant<'_>],
    now: UtcMs,
) -> Result<Vec<GrantOutcome>, DbError> {
    let before = granted_before(tx, template, grants).await?;
    let is_new =
        |grant: &CouponGrant<'_>| !before.contains(&(grant.username.to_owned(), grant.reference.to_owned()));
    let new: Vec<CouponGrant<'_>> = grants.iter().copied().filter(is_new).collect();
    let made = insert_allowed(tx, template, &new, now).await?;
    let end = |grant: &CouponGrant<'_>| match (is_new(grant), made.contains(&grant.id)) {
        (false, _) => GrantOutcome::Before,
        (true, true) => GrantOutcome::Yes,
        (true, false) => GrantOutcome::NoMore,
    };
    Ok(grants.iter().map(end).collect())
}

/// Inserts the coupons that the limits allow and returns their ids.
async fn insert_allowed(
    tx: &mut Tx<'_>,
    template: &CouponTemplate,
    grants: &[CouponGrant<'_>],
    now: UtcMs,
) -> Result<HashSet<CouponId>, DbError> {
    let Some((from, until)) = template.validity.period(now).filter(|_| !grants.is_empty()) else {
        return Ok(HashSet::new());
    };
    let left = lock_template(tx, template.id).await?;
    let mut allowed = within_buyers_limits(tx, template, grants).await?;
    allowed.truncate(left);
    add_to_granted_num(tx, template, allowed.len()).await?;
    let rows: Vec<[Value<'_>; 7]> =
        allowed.iter().map(|grant| row(template, grant, (from, until), now)).collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 7]>::as_slice).collect();
    let head = "insert into coupon (id, template_id, username, ref, from_ms, until_ms, granted_ms)";
    tx.insert_many(head, &rows).await?;
    Ok(allowed.iter().map(|grant| grant.id).collect())
}

fn row<'a>(
    template: &CouponTemplate,
    grant: &CouponGrant<'a>,
    (from, until): (UtcMs, UtcMs),
    now: UtcMs,
) -> [Value<'a>; 7] {
    let CouponGrant { id, username, reference } = *grant;
    [
        id.into(),
        template.id.into(),
        username.into(),
        reference.into(),
        from.0.into(),
        until.0.into(),
        now.0.into(),
    ]
}

/// Locks the template, so that the count stays valid until the end of the transaction. Returns how many
/// more coupons may be granted in all.
async fn lock_template(tx: &mut Tx<'_>, template: TemplateId) -> Result<usize, DbError> {
    let sql = "select total_num, granted_num from coupon_template where id = ? and status = '1' for update";
    let found = tx.row::<(Option<i64>, i64)>(sql, params![template]).await?;
    let left = found.map(|(total, granted)| total.map_or(i64::MAX, |total| total - granted));
    Ok(usize::try_from(left.unwrap_or(0)).unwrap_or(0))
}

/// The pairs of username and reference that have a coupon already.
async fn granted_before<'g>(
    tx: &mut Tx<'_>,
    template: &CouponTemplate,
    grants: &[CouponGrant<'g>],
) -> Result<HashSet<(String, String)>, DbError> {
    let key = |grant: &CouponGrant<'g>| [template.id.into(), grant.username.into(), grant.reference.into()];
    let keys: Vec<[Value<'g>; 3]> = grants.iter().map(key).collect();
    let keys: Vec<&[Value<'_>]> = keys.iter().map(<[_; 3]>::as_slice).collect();
    let head = "select username, ref from coupon where";
    Ok(tx.rows_any(head, "template_id = ? and username = ? and ref = ?", &keys).await?.into_iter().collect())
}

/// The grants that stay within the limit per buyer.
async fn within_buyers_limits<'g>(
    tx: &mut Tx<'_>,
    template: &CouponTemplate,
    grants: &[CouponGrant<'g>],
) -> Result<Vec<CouponGrant<'g>>, DbError> {
    let Some(most) = template.buyer_num else {
        return Ok(grants.to_vec());
    };
    let buyers: BTreeSet<&str> = grants.iter().map(|grant| grant.username).collect();
    let keys: Vec<[Value<'_>; 2]> = buyers.iter().map(|name| [template.id.into(), (*name).into()]).collect();
    let keys: Vec<&[Value<'_>]> = keys.iter().map(<[_; 2]>::as_slice).collect();
    let head = "select username from coupon where";
    let mut has: BTreeMap<String, i64> = BTreeMap::new();
    for (username,) in tx.rows_any::<(String,)>(head, "template_id = ? and username = ?", &keys).await? {
        *has.entry(username).or_default() += 1;
    }
    let allowed = grants.iter().copied().filter(|grant| {
        let count = has.entry(grant.username.to_owned()).or_default();
        *count += 1;
        *count <= most
    });
    Ok(allowed.collect())
}

async fn add_to_granted_num(tx: &mut Tx<'_>, template: &CouponTemplate, more: usize) -> Result<(), DbError> {
    let sql = "update coupon_template set granted_num = granted_num + ? where id = ?";
    tx.exec(sql, params![i64::try_from(more).unwrap_or(i64::MAX), template.id]).await.map(drop)
}
