//! Coupons: made by operators, granted by rule when an order is paid or by an
//! operator's word, and looked at by their owners. Using one is part of placing.

use crate::domain::clock::UtcMs;
use crate::domain::coupon_rule::{CouponReduction, CouponScope};
use crate::domain::id::{Id, OrderId};
use crate::domain::limits::COUPON_SCOPE_MAX;
use crate::domain::message::{CouponMessage, FieldMessage, NotFound};
use crate::domain::money::{Fen, ORDER_TOTAL_MAX};
use crate::domain::refusal::Refusal;
use crate::flow::{App, Error, Outcome};
use crate::store::account;
use crate::store::coupon::template::{self, CouponTemplate, TemplateId, TemplateStatus};
use crate::store::coupon::{self, Coupon, CouponFilter, CouponGrant, GrantOutcome};
use crate::store::order::history::{self, HistoryKind};

pub use crate::flow::coupon_reward::GRANTS_MAX;

/// The most days a coupon may be good for.
const DAYS_MAX: i64 = 3660;

pub async fn list_for_buyer(
    app: &App,
    username: String,
    filter: CouponFilter,
    page: i64,
    size: i64,
) -> Outcome<Vec<Coupon>> {
    let now = app.now();
    let found =
        app.db.read(async move |tx| coupon::page_for_user(tx, &username, filter, now, page, size).await);
    Ok(found.await?)
}

/// Names of the coupons that were granted for an order.
pub async fn list_names_granted_for(app: &App, order: &OrderId) -> Outcome<Vec<String>> {
    let order = order.clone();
    Ok(app
        .db
        .read(async move |tx| history::list_details(tx, &order, HistoryKind::CouponGranted).await)
        .await?)
}

/// All templates, the newest first.
pub async fn list_templates(app: &App, page: i64, size: i64) -> Outcome<Vec<CouponTemplate>> {
    Ok(app.db.read(async move |tx| template::page(tx, page, size).await).await?)
}

pub async fn create_template(app: &App, template: CouponTemplate) -> Outcome<CouponTemplate> {
    check_template(&template, app.now())?;
    app.db
        .write(async move |tx| {
            template::insert(tx, &template).await?;
            Ok(template.clone())
        })
        .await
}

/// Refuses a template whose coupons could not be what they promise.
fn check_template(template: &CouponTemplate, now: UtcMs) -> Result<(), Refusal> {
    let CouponTemplate { offer, validity, .. } = template;
    let money = |name: &'static str, amount: Fen, least: i64| {
        let most = ORDER_TOTAL_MAX.0;
        check_range(name, amount.0, least, most)
    };
    match offer.off {
        CouponReduction::Amount(amount) => money("amount", amount, 1)?,
        CouponReduction::Percent { percent, most } => {
            check_range("percent", percent, 1, 100)?;
            money("most", most, 1)?;
        }
    }
    money("minMoney", offer.min_money, 0)?;
    money("grantMinMoney", template.grant_from.unwrap_or(Fen::ZERO), 0)?;
    for (name, number) in [("totalNum", template.total_num), ("buyerNum", template.buyer_num)] {
        check_range(name, number.unwrap_or(1), 1, i64::from(i32::MAX))?;
    }
    check_range("validDays", validity.days.unwrap_or(1), 1, DAYS_MAX)?;
    check_scope(&offer.scope)?;
    if validity.period(now).is_none() {
        return Err(Refusal::new(CouponMessage::ValidityMissing));
    }
    Ok(())
}

fn check_scope(scope: &CouponScope) -> Result<(), Refusal> {
    let named = scope.ids().len();
    let least = if *scope == CouponScope::All { 0 } else { 1 };
    check_range("scopeIds", i64::try_from(named).unwrap_or(i64::MAX), least, COUPON_SCOPE_MAX as i64)
}

fn check_range(name: &'static str, number: i64, least: i64, most: i64) -> Result<(), Refusal> {
    if (least..=most).contains(&number) {
        return Ok(());
    }
    Err(Refusal::new(FieldMessage::NotInRange { field: name.into(), least, most }))
}

/// Begins or ends the granting of a template's coupons.
pub async fn set_template_status(
    app: &App,
    id: TemplateId,
    status: TemplateStatus,
) -> Outcome<CouponTemplate> {
    app.db
        .write(async move |tx| {
            template::set_status(tx, id, status).await?;
            template::find(tx, id).await?.ok_or_else(|| no_template().into())
        })
        .await
}

fn no_template() -> Refusal {
    Refusal::new(NotFound::CouponTemplate)
}

/// Grants somebody a coupon by an operator's word.
pub async fn grant_by_operator(app: &App, id: TemplateId, username: String) -> Outcome<Id> {
    app.write(async move |work| {
        let (coupon_id, now, tx) = (work.next_id(), work.now, &mut *work.tx);
        let template = template::find(tx, id).await?.ok_or_else(no_template)?;
        let account = account::find_entered(tx, &username).await?;
        let username = account.ok_or_else(|| Refusal::new(NotFound::Account))?.username;
        let reference = coupon_id.to_string();
        let grant = CouponGrant { id: coupon_id, username: &username, reference: &reference };
        match coupon::grant(tx, &template, grant, now).await? {
            GrantOutcome::Yes | GrantOutcome::Before => Ok::<_, Error>(coupon_id),
            GrantOutcome::NoMore => Err(no_more_granted().into()),
        }
    })
    .await
}

fn no_more_granted() -> Refusal {
    Refusal::new(CouponMessage::NoMoreGranted)
}
