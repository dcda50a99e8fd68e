//! `/api/coupon` and `/api/admin/coupon`: a buyer's coupons, and an operator's templates.

use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::super::WebState;
use super::super::extract::{Buyer, Operator};
use super::super::input::{Json, PageOf, Params, PathId, moment, text};
use super::super::response::{ApiResult, ok};
use super::coupon_views::{CouponView, TemplateView, coupon, template};
use crate::domain::coupon_rule::{CouponReduction, CouponRule, CouponScope};
use crate::domain::id::Id;
use crate::domain::message::{CouponMessage, FieldMessage};
use crate::domain::money::Fen;
use crate::domain::refusal::Refusal;
use crate::flow;
use crate::store::coupon::CouponFilter;
use crate::store::coupon::template::{CouponTemplate, CouponValidity, TemplateStatus};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct CouponListQuery {
    status: Option<String>,
    page: Option<i64>,
    size: Option<i64>,
}

pub(in super::super) async fn list(
    State(web): State<WebState>,
    Buyer(login): Buyer,
    Params(which): Params<CouponListQuery>,
) -> ApiResult {
    let (page, size) = PageOf::new(which.page, which.size).bounds()?;
    let filter = filter(which.status.as_deref())?;
    let list = flow::coupon::of_buyer(&web.app, login.username, filter, page, size).await?;
    let list: Vec<CouponView> = list.into_iter().map(coupon).collect();
    Ok(ok("查询成功", "Here you are", list))
}

/// The tabs of a buyer's coupons.
pub(in super::super) fn filter(word: Option<&str>) -> Result<CouponFilter, Refusal> {
    match word {
        None | Some("usable") => Ok(CouponFilter::Usable),
        Some("used") => Ok(CouponFilter::Used),
        Some("expired") => Ok(CouponFilter::Expired),
        Some(_) => Err(Refusal::new(FieldMessage::NotOneOf {
            field: "status".into(),
            allowed: &["usable", "used", "expired"],
        })),
    }
}

pub(in super::super) async fn templates(
    State(web): State<WebState>,
    _by: Operator,
    Params(page): Params<PageOf>,
) -> ApiResult {
    let (page, size) = page.bounds()?;
    let list = flow::coupon::templates(&web.app, page, size).await?;
    let list: Vec<TemplateView> = list.into_iter().map(template).collect();
    Ok(ok("查询成功", "Here you are", list))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in super::super) struct NewTemplate {
    name: String,
    name_en: Option<String>,
    kind: CouponKindInput,
    amount: Option<Fen>,
    percent: Option<i64>,
    most: Option<Fen>,
    min_money: Option<Fen>,
    scope: Option<ScopeKind>,
    scope_ids: Option<Vec<Id>>,
    valid_from: Option<String>,
    valid_to: Option<String>,
    valid_days: Option<i64>,
    total_num: Option<i64>,
    buyer_num: Option<i64>,
    #[serde(default)]
    grant_on_paid: bool,
    grant_min_money: Option<Fen>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum CouponKindInput {
    Amount,
    Percent,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum ScopeKind {
    All,
    Sku,
    Category,
}

pub(in super::super) async fn make(
    State(web): State<WebState>,
    _by: Operator,
    Json(new): Json<NewTemplate>,
) -> ApiResult {
    let made = flow::coupon::make(&web.app, read(&web, new)?).await?;
    Ok(ok("添加成功", "Added", template(made)))
}

fn read(web: &WebState, new: NewTemplate) -> Result<CouponTemplate, Refusal> {
    let english = new.name_en.as_deref().map(|name| text("nameEn", name, 1, 100)).transpose()?;
    Ok(CouponTemplate {
        id: web.app.id(),
        name: text("name", &new.name, 1, 100)?,
        name_en: english,
        validity: validity(&new)?,
        total_num: new.total_num,
        buyer_num: new.buyer_num,
        granted_num: 0,
        grant_from: grant_from(&new)?,
        status: TemplateStatus::Granted,
        created: web.app.now(),
        offer: offer(new)?,
    })
}

/// From which sum on a paid order is granted one, if it is by rule.
fn grant_from(new: &NewTemplate) -> Result<Option<Fen>, Refusal> {
    if new.grant_min_money.is_some() && !new.grant_on_paid {
        return Err(Refusal::new(CouponMessage::GrantMinMoneyUnused));
    }
    Ok(new.grant_on_paid.then(|| new.grant_min_money.unwrap_or_default()))
}

fn validity(new: &NewTemplate) -> Result<CouponValidity, Refusal> {
    let read = |name, text: &Option<String>| text.as_deref().map(|text| moment(name, text)).transpose();
    Ok(CouponValidity {
        from: read("validFrom", &new.valid_from)?,
        until: read("validTo", &new.valid_to)?,
        days: new.valid_days,
    })
}

fn offer(new: NewTemplate) -> Result<CouponRule, Refusal> {
    let off = match (new.kind, new.amount, new.percent, new.most) {
        (CouponKindInput::Amount, Some(amount), None, None) => CouponReduction::Amount(amount),
        (CouponKindInput::Percent, None, Some(percent), Some(most)) => {
            CouponReduction::Percent { percent, most }
        }
        (CouponKindInput::Amount | CouponKindInput::Percent, _, _, _) => {
            return Err(Refusal::new(CouponMessage::KindFieldsMismatch));
        }
    };
    let numbers = new.scope_ids.unwrap_or_default();
    let scope = match new.scope.unwrap_or(ScopeKind::All) {
        ScopeKind::All if numbers.is_empty() => CouponScope::All,
        ScopeKind::All => {
            return Err(Refusal::new(CouponMessage::ScopeIdsUnused));
        }
        ScopeKind::Sku => CouponScope::Skus(numbers),
        ScopeKind::Category => CouponScope::Categories(numbers.into_iter().map(|id| id.0).collect()),
    };
    Ok(CouponRule { off, min_money: new.min_money.unwrap_or_default(), scope })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct TemplateChange {
    status: String,
}

pub(in super::super) async fn change(
    State(web): State<WebState>,
    _by: Operator,
    PathId(id): PathId,
    Json(change): Json<TemplateChange>,
) -> ApiResult {
    let wrong = || Refusal::new(FieldMessage::TemplateStatusInvalid);
    let status = TemplateStatus::parse(&change.status).ok_or_else(wrong)?;
    let changed = flow::coupon::set_status(&web.app, id, status).await?;
    Ok(ok("修改成功", "Changed", template(changed)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct GrantInput {
    username: String,
}

#[derive(Serialize)]
struct GrantedOut {
    id: Id,
}

pub(in super::super) async fn grant(
    State(web): State<WebState>,
    _by: Operator,
    PathId(id): PathId,
    Json(to): Json<GrantInput>,
) -> ApiResult {
    let username = text("username", &to.username, 1, 50)?;
    let id = flow::coupon::grant(&web.app, id, username).await?;
    Ok(ok("发放成功", "Granted", GrantedOut { id }))
}
