//! `/order`: the settlement page (结算页), where everything is checked once more.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use super::super::WebState;
use super::super::input::Params;
use super::super::url::percent_encoded;
use super::cart::{CartRow, line};
use super::checkout_choices::{self, CheckoutChoices, joined, nearest};
use super::coupon_card::{CouponCard, card};
use super::flash::Flash;
use super::labels;
use super::page_context::{BuyerContext, PageContext};
use super::render::{PageResult, show_as};
use crate::domain::clock::UtcMs;
use crate::domain::id::{AddressId, SkuId};
use crate::domain::money::Fen;
use crate::domain::pricing::{PointsWorth, Quote};
use crate::domain::status::PayType;
use crate::flow;
use crate::store::address::Address;
use crate::store::coupon::CouponId;
use crate::store::order::OrderDiscount;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct CheckoutQuery {
    sku_ids: Option<String>,
    address_id: Option<AddressId>,
    coupon_id: Option<String>,
    points: Option<String>,
}

/// How the page came to be.
pub(super) struct CheckoutOutcome {
    pub status: StatusCode,
    pub notice: Option<Flash>,
}

#[derive(Template)]
#[template(path = "checkout.html")]
struct CheckoutPage<'a> {
    frame: &'a PageContext,
    notice: Option<Flash>,
    choices: CheckoutChoices,
    token: String,
    addresses: Vec<Address>,
    /// The address the order goes to unless another is picked.
    to: Option<AddressId>,
    lines: Vec<CartRow>,
    coupons: Coupons,
    points: Points,
    quote: Quote,
    discount: OrderDiscount,
    /// This page in the query of another.
    from: String,
}

/// The buyer's coupons.
struct Coupons {
    /// Those that take something off, the best first.
    usable: Vec<Usable>,
    /// The others, each with the reason.
    others: Vec<(CouponCard, String)>,
    best: Option<CouponId>,
}

/// A coupon that can be chosen.
struct Usable {
    card: CouponCard,
    saves: Fen,
}

/// The buyer's points.
struct Points {
    balance: i64,
    /// The most that may be spent here.
    usable: i64,
    /// Earned with this order.
    earned: i64,
    worth: PointsWorth,
}

pub(in super::super) async fn show(
    State(web): State<WebState>,
    BuyerContext { username, frame }: BuyerContext,
    Params(asked): Params<CheckoutQuery>,
) -> PageResult {
    let points = checkout_choices::points(asked.points.as_deref());
    let notice = points.as_ref().err().map(|refusal| Flash::refused(refusal, frame.lang));
    let choices = CheckoutChoices {
        sku_ids: checkout_choices::sku_ids(asked.sku_ids.as_deref())?,
        address_id: asked.address_id,
        coupon: checkout_choices::coupon(asked.coupon_id.as_deref())?,
        points: points.unwrap_or_default(),
        pay_type: PayType::Online,
        message: String::new(),
        token: None,
    };
    page(&web, frame, username, choices, CheckoutOutcome { status: StatusCode::OK, notice }).await
}

/// The settlement page with what was chosen, or what comes nearest to it.
pub(super) async fn page(
    web: &WebState,
    frame: PageContext,
    username: String,
    mut choices: CheckoutChoices,
    answered: CheckoutOutcome,
) -> PageResult {
    let (settled, why) = nearest(web, &username, &mut choices).await?;
    let (rules, now) = (web.app.settings.rules, web.app.now());
    let here = choices.here();
    let (from, frame) = (percent_encoded(&here), frame.at(here));
    let page = CheckoutPage {
        frame: &frame,
        notice: answered.notice.or(why.map(|why| Flash::refused(&why, frame.lang))),
        token: choices.token.clone().unwrap_or(settled.token),
        to: receiver(&settled.addresses, choices.address_id),
        addresses: settled.addresses,
        lines: settled.items.iter().map(|seen| line(seen, &frame, now)).collect(),
        coupons: coupons(&settled.coupons, &frame, now),
        points: Points {
            balance: settled.points,
            usable: settled.points_usable,
            earned: rules.points_per_order,
            worth: rules.points,
        },
        quote: settled.quote,
        discount: settled.discount,
        choices,
        from,
    };
    show_as(answered.status, &frame, &page)
}

fn coupons(offered: &[flow::checkout::OfferedCoupon], frame: &PageContext, now: UtcMs) -> Coupons {
    let best = flow::checkout::best(offered).map(|best| best.coupon.id);
    let (mut usable, mut others) = (Vec::new(), Vec::new());
    for one in offered {
        let card = card(&one.coupon, frame.lang, now);
        match &one.saves {
            Ok(saves) => usable.push(Usable { card, saves: *saves }),
            Err(why) => others.push((card, why.text.of(frame.lang).to_owned())),
        }
    }
    Coupons { usable, others, best }
}

/// The address picked if it is the buyer's, else the suggested one.
fn receiver(addresses: &[Address], picked: Option<AddressId>) -> Option<AddressId> {
    let own = addresses.iter().find(|address| Some(address.id) == picked);
    own.or(addresses.first()).map(|address| address.id)
}

impl CheckoutPage<'_> {
    fn can_submit(&self) -> bool {
        let all_sold = self.lines.iter().all(|line| line.is_sold() && !line.is_over_limit());
        !self.lines.is_empty() && !self.addresses.is_empty() && all_sold
    }

    /// Why it cannot be submitted.
    fn why_not(&self) -> &'static str {
        let lang = self.frame.lang;
        if self.addresses.is_empty() {
            return lang.of("添加收货地址后即可提交", "Add an address to go on");
        }
        if self.lines.iter().any(CartRow::is_soon) {
            return lang.of("有商品尚未开售，开售后即可提交", "Some of this is not on sale yet");
        }
        lang.of("请先在购物车修改不能购买的商品", "First change in the cart what cannot be bought")
    }

    /// The lines that are shown, so that exactly these are bought.
    fn sku_ids(&self) -> String {
        let ids: Vec<SkuId> = self.lines.iter().map(|line| line.id).collect();
        joined(&ids)
    }

    fn pieces(&self) -> String {
        labels::pieces(self.quote.total_num, self.frame.lang)
    }
}

impl Points {
    /// What so many points take off.
    fn money(&self, points: &i64) -> Fen {
        self.worth.money(*points)
    }
}
