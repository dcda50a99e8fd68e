//! Granting coupons, within the limits of their templates.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::CouponId;
use super::template::{CouponTemplate, TemplateId};
use crate::domain::clock::UtcMs;
use crate::infra::db::{DbError, Tx, Value, params};

/// A coupon to be granted.
#[derive(Clone, Copy, Debug)]
pub struct CouponGrant<'a> {
    /// The coupon's number.
    pub id: CouponId,
    /// Who gets it.
    pub username: &'a str,
    /// What it is granted for: a paid order, or the number of an operator's
    /// grant. The same buyer is granted only one for it.
    pub reference: &'a str,
}

/// How granting a coupon ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantOutcome {
    /// The buyer has it now.
    Yes,
    /// It was granted for the same reason before.
    Before,
    /// As many as there may be were granted, in all or to this buyer, or
    /// granting has ended, or a coupon granted now would never be good.
    NoMore,
}

/// Grants a coupon of this template, within its limits.
pub async fn grant(
    tx: &mut Tx<'_>,
    template: &CouponTemplate,
    one: CouponGrant<'_>,
    now: UtcMs,
) -> Result<GrantOutcome, DbError> {
    let ended = grant_each(tx, template, &[one], now).await?;
    Ok(ended.first().copied().unwrap_or(GrantOutcome::NoMore))
}

/// Grants coupons of this template as long as its limits allow, the first
/// first; how each ended, in the same order.
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
    let made = make(tx, template, &new, now).await?;
    let end = |grant: &CouponGrant<'_>| match (is_new(grant), made.contains(&grant.id)) {
        (false, _) => GrantOutcome::Before,
        (true, true) => GrantOutcome::Yes,
        (true, false) => GrantOutcome::NoMore,
    };
    Ok(grants.iter().map(end).collect())
}

/// Makes those of the coupons that the limits allow; their numbers.
async fn make(
    tx: &mut Tx<'_>,
    template: &CouponTemplate,
    grants: &[CouponGrant<'_>],
    now: UtcMs,
) -> Result<HashSet<CouponId>, DbError> {
    let Some((from, until)) = template.validity.of(now).filter(|_| !grants.is_empty()) else {
        return Ok(HashSet::new());
    };
    let left = lock(tx, template.id).await?;
    let mut allowed = within_buyers_limits(tx, template, grants).await?;
    allowed.truncate(left);
    count(tx, template, allowed.len()).await?;
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

/// Nobody else is granted one before the end, so that what is counted stays
/// true; how many more may be granted in all.
async fn lock(tx: &mut Tx<'_>, template: TemplateId) -> Result<usize, DbError> {
    let sql = "select total_num, granted_num from coupon_template where id = ? and status = '1' for update";
    let found = tx.row::<(Option<i64>, i64)>(sql, params![template]).await?;
    let left = found.map(|(total, granted)| total.map_or(i64::MAX, |total| total - granted));
    Ok(usize::try_from(left.unwrap_or(0)).unwrap_or(0))
}

/// Whom of these a coupon was granted for the same reason.
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

/// Those that do not give a buyer more than one buyer may have.
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

async fn count(tx: &mut Tx<'_>, template: &CouponTemplate, more: usize) -> Result<(), DbError> {
    let sql = "update coupon_template set granted_num = granted_num + ? where id = ?";
    tx.exec(sql, params![i64::try_from(more).unwrap_or(i64::MAX), template.id]).await.map(drop)
}
