//! Granting coupons, within the limits of their templates.

use super::CouponId;
use super::template::Template;
use crate::ground::db::{DbError, Tx, params};
use crate::values::clock::UtcMs;
use crate::values::id::Id;

/// A coupon to be granted.
#[derive(Clone, Copy, Debug)]
pub struct Grant<'a> {
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
pub enum Granted {
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
    template: &Template,
    grant: Grant<'_>,
    now: UtcMs,
) -> Result<Granted, DbError> {
    if was_granted(tx, template, grant).await? {
        return Ok(Granted::Before);
    }
    let Some((from, until)) = template.validity.of(now) else {
        return Ok(Granted::NoMore);
    };
    lock(tx, template).await?;
    if buyer_has_all(tx, template, grant.username).await? || !count(tx, template).await? {
        return Ok(Granted::NoMore);
    }
    let sql = "insert into coupon (id, template_id, username, ref, from_ms, until_ms, granted_ms) \
               values (?, ?, ?, ?, ?, ?, ?)";
    let Grant { id, username, reference } = grant;
    tx.exec(sql, params![id, template.id, username, reference, from.0, until.0, now.0]).await?;
    Ok(Granted::Yes)
}

/// Nobody else is granted one before the end, so that what is counted stays true.
async fn lock(tx: &mut Tx<'_>, template: &Template) -> Result<(), DbError> {
    let sql = "select id from coupon_template where id = ? for update";
    tx.row::<(Id,)>(sql, params![template.id]).await.map(drop)
}

async fn was_granted(tx: &mut Tx<'_>, template: &Template, grant: Grant<'_>) -> Result<bool, DbError> {
    let sql = "select id from coupon where template_id = ? and username = ? and ref = ?";
    let row = params![template.id, grant.username, grant.reference];
    Ok(tx.row::<(CouponId,)>(sql, row).await?.is_some())
}

/// Whether this buyer was granted as many as one buyer may be.
async fn buyer_has_all(tx: &mut Tx<'_>, template: &Template, username: &str) -> Result<bool, DbError> {
    let Some(most) = template.buyer_num else {
        return Ok(false);
    };
    let sql = "select count(*) from coupon where template_id = ? and username = ?";
    Ok(tx.one::<(i64,)>(sql, params![template.id, username]).await?.0 >= most)
}

/// Counts one more; `false` if there may be no more, whoever asks at the same moment.
async fn count(tx: &mut Tx<'_>, template: &Template) -> Result<bool, DbError> {
    let sql = "update coupon_template set granted_num = granted_num + 1 \
               where id = ? and status = '1' and (total_num is null or granted_num < total_num)";
    Ok(tx.exec(sql, params![template.id]).await? == 1)
}
