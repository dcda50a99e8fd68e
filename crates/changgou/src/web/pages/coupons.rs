//! `/coupons`: a buyer's coupons by status.

use askama::Template;
use axum::extract::State;
use serde::Deserialize;

use super::super::WebState;
use super::super::api::coupon::filter;
use super::super::input::{PageOf, Params};
use super::coupon_card::{CouponCard, card};
use super::page_context::{BuyerContext, PageContext};
use super::pager::Pager;
use super::render::{PageResult, show as shown};
use super::tabs::{Tab, tabs};
use crate::domain::id::OrderId;
use crate::domain::lang::Lang;
use crate::flow;
use crate::store::coupon::CouponFilter;

/// Coupons per page.
const SIZE: i64 = 20;

#[derive(Deserialize)]
pub(in super::super) struct CouponsQuery {
    status: Option<String>,
    page: Option<i64>,
}

#[derive(Template)]
#[template(path = "coupons.html")]
struct Coupons<'a> {
    frame: &'a PageContext,
    tabs: Vec<Tab>,
    filter: CouponFilter,
    coupons: Vec<(CouponCard, Option<OrderId>)>,
    pager: Pager,
}

pub(in super::super) async fn show(
    State(web): State<WebState>,
    BuyerContext { username, frame }: BuyerContext,
    Params(asked): Params<CouponsQuery>,
) -> PageResult {
    let (page, size) = PageOf::new(asked.page, Some(SIZE)).bounds()?;
    let which = asked.status.as_deref().filter(|word| !word.is_empty()).unwrap_or("usable");
    let (filter, now) = (filter(Some(which))?, web.app.now());
    let list = flow::coupon::list_for_buyer(&web.app, username, filter, page, size).await?;
    let coupons = Coupons {
        tabs: tabs(filters(frame.lang), which),
        filter,
        pager: Pager::uncounted(page, size, list.len(), |page| {
            format!("/coupons?status={which}&page={page}")
        }),
        coupons: list.into_iter().map(|one| (card(&one, frame.lang, now), one.order_id)).collect(),
        frame: &frame,
    };
    shown(&frame, &coupons)
}

fn filters(lang: Lang) -> [(&'static str, &'static str); 3] {
    [
        ("usable", lang.of("可使用", "Available")),
        ("used", lang.of("已使用", "Used")),
        ("expired", lang.of("已过期", "Expired")),
    ]
}

impl Coupons<'_> {
    /// Shown if there are no coupons.
    fn empty_text(&self) -> &'static str {
        let lang = self.frame.lang;
        match self.filter {
            CouponFilter::Usable => lang.of("暂时没有可用的优惠券", "No available coupons"),
            CouponFilter::Used => lang.of("还没有用过优惠券", "No used coupons"),
            CouponFilter::Expired => lang.of("没有过期的优惠券", "No expired coupons"),
        }
    }
}
