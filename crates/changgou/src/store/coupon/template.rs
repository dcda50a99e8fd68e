//! Templates: what coupons of a kind promise, and by which rule they are granted.

use crate::domain::clock::UtcMs;
use crate::domain::coupon_rule::{CouponReduction, CouponRule, CouponScope};
use crate::domain::id::{Id, SkuId};
use crate::domain::money::Fen;
use crate::infra::db::{DbError, FromRow, Row, Tx, Value, params};

/// The number of a template.
pub type TemplateId = Id;

/// A kind of coupon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CouponTemplate {
    /// Its number.
    pub id: TemplateId,
    /// What its coupons promise.
    pub offer: CouponRule,
    /// Its Chinese name.
    pub name: String,
    /// Its English name.
    pub name_en: Option<String>,
    /// When its coupons are good.
    pub validity: CouponValidity,
    /// How many are granted at most, in all.
    pub total_num: Option<i64>,
    /// How many are granted to one buyer at most.
    pub buyer_num: Option<i64>,
    /// How many were granted.
    pub granted_num: i64,
    /// Paid orders of at least this much, in fen, are granted one; `None`: only operators grant them.
    pub grant_from: Option<Fen>,
    /// Whether any more are granted.
    pub status: TemplateStatus,
    /// When it was made.
    pub created: UtcMs,
}

/// When coupons are good: in a window, for days after they are granted, or both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CouponValidity {
    /// Not before.
    pub from: Option<UtcMs>,
    /// Not from this moment on.
    pub until: Option<UtcMs>,
    /// Days after it was granted.
    pub days: Option<i64>,
}

/// Whether coupons of a template are granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateStatus {
    /// They are.
    Granted,
    /// No more; those that were stay good.
    Ended,
}

impl TemplateStatus {
    /// The letter of the column.
    pub fn letter(self) -> &'static str {
        match self {
            TemplateStatus::Granted => "1",
            TemplateStatus::Ended => "2",
        }
    }

    /// What a letter means, if it means anything.
    pub fn read(letter: &str) -> Option<TemplateStatus> {
        [TemplateStatus::Granted, TemplateStatus::Ended].into_iter().find(|status| status.letter() == letter)
    }
}

impl CouponValidity {
    /// From when until when a coupon granted `now` is good; `None` if never.
    pub fn of(self, now: UtcMs) -> Option<(UtcMs, UtcMs)> {
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

impl FromRow for CouponTemplate {
    fn from_row(row: &mut Row<'_>) -> Result<CouponTemplate, DbError> {
        let (id, offer) = (row.take()?, read_offer(row)?);
        let (name, name_en) = (row.take()?, row.take()?);
        let validity = CouponValidity { from: row.take()?, until: row.take()?, days: row.take()? };
        let (total_num, buyer_num, granted_num) = (row.take()?, row.take()?, row.take()?);
        let (granted_on_paid, least): (String, Fen) = (row.take()?, row.take()?);
        let status = TemplateStatus::read(&row.take::<String>()?).unwrap_or(TemplateStatus::Ended);
        let grant_from = (granted_on_paid == "1").then_some(least);
        let created = row.take()?;
        Ok(CouponTemplate {
            id,
            offer,
            name,
            name_en,
            validity,
            total_num,
            buyer_num,
            granted_num,
            grant_from,
            status,
            created,
        })
    }
}

/// Reads the columns from `kind` to `scope_ids`. Words that nobody here wrote
/// promise nothing: an offer of no fen, or about no SKU.
pub(super) fn read_offer(row: &mut Row<'_>) -> Result<CouponRule, DbError> {
    let (kind, amount, percent, most): (String, Fen, i64, Fen) =
        (row.take()?, row.take()?, row.take()?, row.take()?);
    let (min_money, scope, numbers): (Fen, String, String) = (row.take()?, row.take()?, row.take()?);
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
    Ok(CouponRule { off, min_money, scope })
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
    let numbers: Vec<String> = offer.scope.numbers().iter().map(ToString::to_string).collect();
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

/// Writes a fresh template down.
pub async fn insert(tx: &mut Tx<'_>, template: &CouponTemplate) -> Result<(), DbError> {
    let mut row = vec![Value::from(template.id)];
    row.extend(offer_values(&template.offer));
    row.extend([Value::from(&template.name), template.name_en.as_deref().into()]);
    let ms = |at: Option<UtcMs>| Value::from(at.map(|at| at.0));
    let validity = template.validity;
    row.extend([ms(validity.from), ms(validity.until), validity.days.into()]);
    row.extend([Value::from(template.total_num), template.buyer_num.into(), template.granted_num.into()]);
    let on_paid = if template.grant_from.is_some() { "1" } else { "0" };
    let least = template.grant_from.unwrap_or(Fen::ZERO);
    row.extend([Value::from(on_paid), least.into(), template.status.letter().into()]);
    row.push(template.created.0.into());
    tx.insert_many(&format!("insert into coupon_template ({COLUMNS})"), &[&row]).await
}

/// The template of this number.
pub async fn find(tx: &mut Tx<'_>, id: TemplateId) -> Result<Option<CouponTemplate>, DbError> {
    tx.row(&format!("select {COLUMNS} from coupon_template where id = ?"), params![id]).await
}

/// A page of all templates, the newest first; `page` counts from 1.
pub async fn page_of(tx: &mut Tx<'_>, page: i64, size: i64) -> Result<Vec<CouponTemplate>, DbError> {
    let sql = format!("select {COLUMNS} from coupon_template order by id desc limit ? offset ?");
    tx.rows(&sql, params![size, (page - 1) * size]).await
}

/// Begins or ends the granting of a template's coupons; `false` if there is no such template.
pub async fn set_status(tx: &mut Tx<'_>, id: TemplateId, status: TemplateStatus) -> Result<bool, DbError> {
    let sql = "update coupon_template set status = ? where id = ?";
    Ok(tx.exec(sql, params![status.letter(), id]).await? == 1)
}

/// The templates by whose rule an order that was paid with `money` is granted a
/// coupon now, without those of which there are no more.
pub async fn granted_for(tx: &mut Tx<'_>, money: Fen, now: UtcMs) -> Result<Vec<CouponTemplate>, DbError> {
    let sql = format!(
        "select {COLUMNS} from coupon_template where grant_on_paid = '1' and status = '1' and grant_min_money <= ? \
         and (total_num is null or granted_num < total_num) and (until_ms is null or until_ms > ?) order by id"
    );
    tx.rows(&sql, params![money, now.0]).await
}
