//! What a demonstration shows of coupons, limits and sales.

use std::time::Duration;

use crate::domain::clock::UtcMs;
use crate::domain::coupon_rule::{Off, Offer, Scope};
use crate::domain::id::{Id, SkuId};
use crate::domain::money::Fen;
use crate::flow::{App, Error, Outcome};
use crate::store::catalog::Sale;
use crate::store::coupon::template::{self, Status, Template, Validity};
use crate::store::coupon::{self, Grant};

/// One buyer may have two of it.
const LIMITED: SkuId = Id(100_000_006_862);

/// It can be bought [`OPENS_AFTER`] it was put up.
const OPENS_SOON: SkuId = Id(100_000_011_529);

const OPENS_AFTER: Duration = Duration::from_secs(600);

/// The category of books.
const BOOKS: i64 = 1009;

/// When a SKU of the demonstration that is put up now is sold, and to whom.
pub(super) fn sale(id: SkuId, now: UtcMs) -> Sale {
    match id {
        LIMITED => Sale { buyer_limit: Some(2), ..Sale::default() },
        OPENS_SOON => Sale { from: Some(now.plus(OPENS_AFTER)), ..Sale::default() },
        Id(_) => Sale::default(),
    }
}

/// Makes the templates that are not there, and grants the buyer one coupon of each.
pub(super) async fn make_coupons(app: &App, buyer: &'static str) -> Outcome<()> {
    let now = app.now();
    let templates = [after_each_order(now), books(now)].map(|template| (template, app.id()));
    app.db
        .write(async move |tx| {
            for (template, coupon_id) in &templates {
                if template::find(tx, template.id).await?.is_none() {
                    template::insert(tx, template).await?;
                    let grant = Grant { id: *coupon_id, username: buyer, reference: "demo" };
                    coupon::grant(tx, template, grant, now).await?;
                }
            }
            Ok::<_, Error>(())
        })
        .await
}

/// 下单返券: whoever has paid an order is granted one.
fn after_each_order(now: UtcMs) -> Template {
    let offer = Offer { off: Off::Amount(Fen(1000)), min_money: Fen(10_000), scope: Scope::All };
    let granted = Template { grant_from: Some(Fen::ZERO), ..template(Id(1), offer, now) };
    named(granted, "下单返券", "Thank-you coupon")
}

fn books(now: UtcMs) -> Template {
    let off = Off::Percent { percent: 10, most: Fen(2000) };
    let offer = Offer { off, min_money: Fen::ZERO, scope: Scope::Categories(vec![BOOKS]) };
    named(template(Id(2), offer, now), "图书九折券", "Book lover's coupon")
}

fn named(template: Template, zh: &str, en: &str) -> Template {
    Template { name: zh.to_owned(), name_en: Some(en.to_owned()), ..template }
}

fn template(id: Id, offer: Offer, now: UtcMs) -> Template {
    Template {
        id,
        offer,
        name: String::new(),
        name_en: None,
        validity: Validity { days: Some(30), ..Validity::default() },
        total_num: None,
        buyer_num: None,
        granted_num: 0,
        grant_from: None,
        status: Status::Granted,
        created: now,
    }
}
