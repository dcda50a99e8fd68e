//! Coupons, purchase limits and sales of the demonstration shop.

use std::time::Duration;

use crate::domain::clock::UtcMs;
use crate::domain::coupon_rule::{CouponReduction, CouponRule, CouponScope};
use crate::domain::id::{Id, SkuId};
use crate::domain::money::Fen;
use crate::flow::{App, Error, Outcome};
use crate::store::catalog::SaleWindow;
use crate::store::coupon::template::{self, CouponTemplate, CouponValidity, TemplateStatus};
use crate::store::coupon::{self, CouponGrant};

/// One buyer may buy two pieces of it.
const LIMITED: SkuId = Id(100_000_006_862);

/// Its sale begins [`OPENS_AFTER`] it was added.
const OPENS_SOON: SkuId = Id(100_000_011_529);

const OPENS_AFTER: Duration = Duration::from_secs(600);

/// The category of books.
const BOOKS: i64 = 1009;

/// The sale window of a SKU that is added now.
pub(super) fn sale_window(id: SkuId, now: UtcMs) -> SaleWindow {
    match id {
        LIMITED => SaleWindow { buyer_limit: Some(2), ..SaleWindow::default() },
        OPENS_SOON => SaleWindow { from: Some(now.plus(OPENS_AFTER)), ..SaleWindow::default() },
        Id(_) => SaleWindow::default(),
    }
}

/// Adds missing templates, and grants the buyer one coupon of each.
pub(super) async fn make_coupons(app: &App, buyer: &'static str) -> Outcome<()> {
    let now = app.now();
    let templates = [after_each_order(now), books(now)].map(|template| (template, app.id()));
    app.db
        .write(async move |tx| {
            for (template, coupon_id) in &templates {
                if template::find(tx, template.id).await?.is_none() {
                    template::insert(tx, template).await?;
                    let grant = CouponGrant { id: *coupon_id, username: buyer, reference: "demo" };
                    coupon::grant(tx, template, grant, now).await?;
                }
            }
            Ok::<_, Error>(())
        })
        .await
}

/// 下单返券: granted for every paid order.
fn after_each_order(now: UtcMs) -> CouponTemplate {
    let offer = CouponRule {
        off: CouponReduction::Amount(Fen(1000)),
        min_money: Fen(10_000),
        scope: CouponScope::All,
    };
    let granted = CouponTemplate { grant_from: Some(Fen::ZERO), ..template(Id(1), offer, now) };
    with_names(granted, "下单返券", "Thank-you coupon")
}

fn books(now: UtcMs) -> CouponTemplate {
    let off = CouponReduction::Percent { percent: 10, most: Fen(2000) };
    let offer = CouponRule { off, min_money: Fen::ZERO, scope: CouponScope::Categories(vec![BOOKS]) };
    with_names(template(Id(2), offer, now), "图书九折券", "Book lover's coupon")
}

fn with_names(template: CouponTemplate, zh: &str, en: &str) -> CouponTemplate {
    CouponTemplate { name: zh.to_owned(), name_en: Some(en.to_owned()), ..template }
}

fn template(id: Id, offer: CouponRule, now: UtcMs) -> CouponTemplate {
    CouponTemplate {
        id,
        offer,
        name: String::new(),
        name_en: None,
        validity: CouponValidity { days: Some(30), ..CouponValidity::default() },
        total_num: None,
        buyer_num: None,
        granted_num: 0,
        grant_from: None,
        status: TemplateStatus::Granted,
        created: now,
    }
}
