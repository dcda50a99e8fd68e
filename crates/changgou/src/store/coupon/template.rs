//! Coupon templates: the discount and the rule by which coupons are granted.

use crate::domain::clock::UtcMs;
use crate::domain::coupon_rule::{CouponReduction, CouponRule, CouponScope};
use crate::domain::id::{Id, SkuId};
use crate::domain::money::Fen;
use crate::domain::words::word_enum;
use crate::infra::db::{DbError, Tx, Value, from_row, params};

pub type TemplateId = Id;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CouponTemplate {
    pub id: TemplateId,
    pub offer: CouponRule,
    pub name: String,
    pub name_en: Option<String>,
    pub validity: CouponValidity,
    /// The limit of all grants.
    pub total_num: Option<i64>,
    /// The limit per buyer.
    pub buyer_num: Option<i64>,
    pub granted_num: i64,
    /// Each paid order of at least this amount in fen is granted one; with `None` only operators grant
    /// them.
    pub grant_from: Option<Fen>,
    pub status: TemplateStatus,
    pub created: UtcMs,
}

/// When coupons are valid: in a period, for some days after the grant, or both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CouponValidity {
    /// Inclusive.
    pub from: Option<UtcMs>,
    /// Exclusive.
    pub until: Option<UtcMs>,
    /// Days after the grant.
    pub days: Option<i64>,
}

word_enum! {
    pub enum TemplateStatus {
        Granted = "1",
        /// No new coupons; granted ones stay valid.
        Ended = "2",
    }
    else Ended
}

word_enum! {
    /// The column `grant_on_paid`.
    pub enum GrantTrigger {
        Operator = "0",
        PaidOrder = "1",
    }
    else Operator
}

impl CouponValidity {
    /// The start and end of a coupon granted `now`; `None` if it would never be valid.
    pub fn period(self, now: UtcMs) -> Option<(UtcMs, UtcMs)> {
        const DAY_MS: i64 = 86_400_000;
        let from = self.from.map_or(now, |from| from.max(now));
        let after_days = self.days.map(|days| UtcMs(now.0.saturating_add(days.saturating_mul(DAY_MS))));
        let until = [self.until, after_days].into_iter().flatten().min()?;
        (from < until).then_some((from, until))
    }
}

const COLUMNS: &str = "id, kind, amount, percent, most, min_money, scope, scope_ids, name, name_en, from_ms, until_ms, \
                       valid_days, total_num, buyer_num, granted_num, grant_on_paid, grant_min_money, status, \
                       created_ms";

from_row! {
    CouponTemplate {
        id,
        offer: read_rule(kind, amount, percent, most, min_money, scope, scope_ids),
        name,
        name_en,
        validity: CouponValidity { from: from_ms, until: until_ms, days: valid_days },
        total_num,
        buyer_num,
        granted_num,
        grant_from: grant_from(grant_on_paid, grant_min_money),
        status,
        created: created_ms,
    }
}

fn grant_from(trigger: GrantTrigger, least: Fen) -> Option<Fen> {
    match trigger {
        GrantTrigger::PaidOrder => Some(least),
        GrantTrigger::Operator => None,
    }
}

/// An unknown kind takes nothing off; an unknown scope covers no SKU.
#[expect(clippy::needless_pass_by_value, reason = "the columns of a row are owned")]
pub(super) fn read_rule(
    kind: String,
    amount: Fen,
    percent: i64,
    most: Fen,
    min_money: Fen,
    scope: String,
    numbers: String,
) -> CouponRule {
    let off = match kind.as_str() {
        "percent" => CouponReduction::Percent { percent, most },
        "amount" => CouponReduction::Amount(amount),
        _ => CouponReduction::Amount(Fen::ZERO),
    };
    let numbers = numbers.split(',').filter_map(|number| number.parse().ok());
    let scope = match scope.as_str() {
        "sku" => CouponScope::Skus(numbers.map(Id).collect::<Vec<SkuId>>()),
        "category" => CouponScope::Categories(numbers.collect()),
        "all" => CouponScope::All,
        _ => CouponScope::Skus(Vec::new()),
    };
    CouponRule { off, min_money, scope }
}

fn offer_values(offer: &CouponRule) -> [Value<'static>; 7] {
    let (kind, amount, percent, most) = match offer.off {
        CouponReduction::Amount(amount) => ("amount", amount, 0, Fen::ZERO),
        CouponReduction::Percent { percent, most } => ("percent", Fen::ZERO, percent, most),
    };
    let scope = match offer.scope {
        CouponScope::All => "all",
        CouponScope::Skus(_) => "sku",
        CouponScope::Categories(_) => "category",
    };
    let numbers: Vec<String> = offer.scope.ids().iter().map(ToString::to_string).collect();
    [
        kind.into(),
        amount.into(),
        percent.into(),
        most.into(),
        offer.min_money.into(),
        scope.into(),
        numbers.join(",").into(),
    ]
}

pub async fn insert(tx: &mut Tx<'_>, template: &CouponTemplate) -> Result<(), DbError> {
    let mut row = vec![Value::from(template.id)];
    row.extend(offer_values(&template.offer));
    row.extend([Value::from(&template.name), template.name_en.as_deref().into()]);
    let ms = |at: Option<UtcMs>| Value::from(at.map(|at| at.0));
    let validity = template.validity;
    row.extend([ms(validity.from), ms(validity.until), validity.days.into()]);
    row.extend([Value::from(template.total_num), template.buyer_num.into(), template.granted_num.into()]);
    let trigger = template.grant_from.map_or(GrantTrigger::Operator, |_least| GrantTrigger::PaidOrder);
    let least = template.grant_from.unwrap_or(Fen::ZERO);
    row.extend([Value::from(trigger.word()), least.into(), template.status.word().into()]);
    row.push(template.created.0.into());
    tx.insert_many(&format!("insert into coupon_template ({COLUMNS})"), &[&row]).await
}

pub async fn find(tx: &mut Tx<'_>, id: TemplateId) -> Result<Option<CouponTemplate>, DbError> {
    tx.row(&format!("select {COLUMNS} from coupon_template where id = ?"), params![id]).await
}

/// The newest first; `page` counts from 1.
pub async fn page(tx: &mut Tx<'_>, page: i64, size: i64) -> Result<Vec<CouponTemplate>, DbError> {
    let sql = format!("select {COLUMNS} from coupon_template order by id desc limit ? offset ?");
    tx.rows(&sql, params![size, (page - 1) * size]).await
}

/// `false` if the template does not exist.
pub async fn set_status(tx: &mut Tx<'_>, id: TemplateId, status: TemplateStatus) -> Result<bool, DbError> {
    let sql = "update coupon_template set status = ? where id = ?";
    Ok(tx.exec(sql, params![status.word(), id]).await? == 1)
}

/// The templates that grant a coupon for an order paid with `money`, without those whose limit is
/// reached.
pub async fn list_for_paid_order(
    tx: &mut Tx<'_>,
    money: Fen,
    now: UtcMs,
) -> Result<Vec<CouponTemplate>, DbError> {
    let sql = format!(
        "select {COLUMNS} from coupon_template where grant_on_paid = '1' and status = '1' and grant_min_money <= ? \
         and (total_num is null or granted_num < total_num) and (until_ms is null or until_ms > ?) order by id"
    );
    tx.rows(&sql, params![money, now.0]).await
}
