//! `/api/coupon` and `/api/admin/coupon`: a buyer's coupons, and an operator's templates.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::WebState;
use super::super::extractors::{Buyer, Operator};
use super::super::input::{Json, PageOf, Params, PathId, moment, text};
use super::super::openapi::refusals;
use super::super::openapi::schemas::{self, CouponKind, CouponScopeKind, CouponTab, IdIn, Time};
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

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct CouponListQuery {
    /// 不给则为可用的 / Without it, those that can be used
    #[param(value_type = Option<CouponTab>, example = "usable")]
    status: Option<String>,
    /// 第几页，从 1 起 / Which page, from 1
    #[param(minimum = 1, maximum = 10_000, default = 1, example = 1)]
    page: Option<i64>,
    /// 每页条数 / Rows of a page
    #[param(minimum = 1, maximum = 100, default = 20, example = 20)]
    size: Option<i64>,
}

/// 我的优惠券 / My coupons
///
/// 可用的按先到期在前，已用的新的在前，过期的后到期在前 / Usable: the first to end first; used: the newest order first; expired: the last to end first
#[utoipa::path(
    get, path = "/api/coupon/user/list", operation_id = "listCoupons", tag = "订单 / Orders",
    params(CouponListQuery),
    responses((status = 200, body = Vec<CouponView>), refusals::Input, refusals::Login, refusals::Failure),
    security(("bearer" = ["buyer"]), ("cookie" = ["buyer"])),
)]
pub(in super::super) async fn list(
    State(web): State<WebState>,
    Buyer(login): Buyer,
    Params(which): Params<CouponListQuery>,
) -> ApiResult {
    let (page, size) = PageOf::new(which.page, which.size).bounds()?;
    let filter = filter(which.status.as_deref())?;
    let list = flow::coupon::list_for_buyer(&web.app, login.username, filter, page, size).await?;
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

/// 优惠券模板 / Coupon templates
///
/// 新的在前 / Newest first
#[utoipa::path(
    get, path = "/api/admin/coupon", operation_id = "listCouponTemplates", tag = "运营 / Operator",
    params(PageOf),
    responses((status = 200, body = Vec<TemplateView>), refusals::Input, refusals::Access, refusals::Failure),
    security(("bearer" = ["operator"]), ("cookie" = ["operator"])),
)]
pub(in super::super) async fn templates(
    State(web): State<WebState>,
    _by: Operator,
    Params(page): Params<PageOf>,
) -> ApiResult {
    let (page, size) = page.bounds()?;
    let list = flow::coupon::list_templates(&web.app, page, size).await?;
    let list: Vec<TemplateView> = list.into_iter().map(template).collect();
    Ok(ok("查询成功", "Here you are", list))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = NewCouponTemplate)]
pub(in super::super) struct NewTemplate {
    #[schema(min_length = 1, max_length = 100, pattern = "TEXT")]
    name: String,
    #[schema(min_length = 1, max_length = 100, pattern = "TEXT")]
    name_en: Option<String>,
    /// amount 只配 amount；percent 配 percent 与 most / amount goes with amount alone, percent with percent and most
    #[schema(value_type = CouponKind)]
    kind: CouponKindInput,
    /// 减多少，分 / What is taken off, in fen
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 2_147_483_647)]
    amount: Option<Fen>,
    /// 减百分之几 / Hundredths taken off
    #[schema(minimum = 1, maximum = 100)]
    percent: Option<i64>,
    /// 最多减多少，分 / The most that is taken off, in fen
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 2_147_483_647)]
    most: Option<Fen>,
    /// 适用商品须满多少，分 / What its items must cost at least, in fen
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 2_147_483_647)]
    min_money: Option<Fen>,
    /// 默认全部 / All items without it
    #[schema(value_type = Option<CouponScopeKind>)]
    scope: Option<ScopeKind>,
    /// 只配 sku 或 category，至少一个 / With sku or category only, and then at least one
    #[schema(value_type = Option<Vec<IdIn>>, max_items = 200)]
    scope_ids: Option<Vec<Id>>,
    /// 从此刻起有效 / Good from this moment on
    #[schema(value_type = Option<Time>)]
    valid_from: Option<String>,
    /// 到此刻为止；与 validDays 至少给一个 / And before this moment; this or validDays must be there
    #[schema(value_type = Option<Time>)]
    valid_to: Option<String>,
    /// 发放后多少天内有效 / Days it is good for after it was granted
    #[schema(minimum = 1, maximum = 3660)]
    valid_days: Option<i64>,
    /// 总共最多发多少张 / How many are granted at most
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    total_num: Option<i64>,
    /// 每人最多多少张 / How many one buyer is granted at most
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    buyer_num: Option<i64>,
    /// 订单支付后自动发放 / Granted when an order is paid
    #[serde(default)]
    #[schema(default = false)]
    grant_on_paid: bool,
    /// 实付满多少才发，分；须配合 grantOnPaid / Only for orders of at least this much, in fen; goes with grantOnPaid
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 2_147_483_647)]
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

/// 新建优惠券模板 / Make a coupon template
///
/// grantOnPaid 的模板在订单支付后自动发券，其余由运营发放 / Coupons of a template with grantOnPaid are granted when an order is paid, others by an operator
#[utoipa::path(
    post, path = "/api/admin/coupon", operation_id = "addCouponTemplate", tag = "运营 / Operator",
    request_body = NewTemplate,
    responses((status = 200, body = TemplateView), refusals::Body, refusals::Access, refusals::Failure),
    security(("bearer" = ["operator"]), ("cookie" = ["operator"])),
)]
pub(in super::super) async fn make(
    State(web): State<WebState>,
    _by: Operator,
    Json(new): Json<NewTemplate>,
) -> ApiResult {
    let made = flow::coupon::create_template(&web.app, read(&web, new)?).await?;
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

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CouponTemplateChange)]
pub(in super::super) struct TemplateChange {
    /// 1 发放，2 停发 / 1 granted, 2 no longer granted
    #[schema(value_type = TemplateStatus)]
    status: String,
}

/// 开始或停止发放 / Begin or end granting
///
/// 已发的券不受影响 / Coupons that were granted stay good
#[utoipa::path(
    put, path = "/api/admin/coupon/{id}", operation_id = "changeCouponTemplate", tag = "运营 / Operator",
    params(schemas::TemplateIdPath),
    request_body = TemplateChange,
    responses(
        (status = 200, body = TemplateView),
        refusals::Body, refusals::Access, refusals::NotFound, refusals::Failure,
    ),
    security(("bearer" = ["operator"]), ("cookie" = ["operator"])),
)]
pub(in super::super) async fn change(
    State(web): State<WebState>,
    _by: Operator,
    PathId(id): PathId,
    Json(change): Json<TemplateChange>,
) -> ApiResult {
    let wrong = || Refusal::new(FieldMessage::TemplateStatusInvalid);
    let status = TemplateStatus::parse(&change.status).ok_or_else(wrong)?;
    let changed = flow::coupon::set_template_status(&web.app, id, status).await?;
    Ok(ok("修改成功", "Changed", template(changed)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CouponFor)]
pub(in super::super) struct GrantInput {
    /// 发给谁 / Who gets it
    #[schema(min_length = 1, max_length = 50, pattern = "TEXT")]
    username: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = GrantedCoupon)]
struct GrantedOut {
    id: Id,
}

/// 给某人发券 / Grant somebody a coupon
#[utoipa::path(
    post, path = "/api/admin/coupon/{id}/grant", operation_id = "grantCoupon", tag = "运营 / Operator",
    params(schemas::TemplateIdPath),
    request_body = GrantInput,
    responses(
        (status = 200, body = GrantedOut),
        refusals::Body, refusals::Access, refusals::NotFound, refusals::CouponExhausted, refusals::Failure,
    ),
    security(("bearer" = ["operator"]), ("cookie" = ["operator"])),
)]
pub(in super::super) async fn grant(
    State(web): State<WebState>,
    _by: Operator,
    PathId(id): PathId,
    Json(to): Json<GrantInput>,
) -> ApiResult {
    let username = text("username", &to.username, 1, 50)?;
    let id = flow::coupon::grant_by_operator(&web.app, id, username).await?;
    Ok(ok("发放成功", "Granted", GrantedOut { id }))
}
