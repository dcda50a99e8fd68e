//! `/order`: the checkout page (结算页).

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use super::super::WebState;
use super::super::input::Params;
use super::super::url::percent_encoded;
use super::cart::{CartRow, cart_row};
use super::checkout_choices::{self, CheckoutChoices, joined, load_checkout};
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
use crate::infra::settings::OnDelivery;
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

/// The status and notice the page is sent with.
pub(super) struct PageReply {
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
    /// The address that is selected.
    to: Option<AddressId>,
    lines: Vec<CartRow>,
    coupons: Coupons,
    points: Points,
    quote: Quote,
    discount: OrderDiscount,
    /// This page's path and query, percent-encoded.
    from: String,
    on_delivery: OnDelivery,
}

struct Coupons {
    /// Those that apply to this order, the best first.
    usable: Vec<Usable>,
    /// The others, each with the reason why it does not apply.
    others: Vec<(CouponCard, String)>,
    best: Option<CouponId>,
}

struct Usable {
    card: CouponCard,
    saves: Fen,
}

struct Points {
    balance: i64,
    /// The most that can be spent on this order.
    usable: i64,
    /// Earned by this order.
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
    page(&web, frame, username, choices, PageReply { status: StatusCode::OK, notice }).await
}

/// The checkout page with these choices, without those that the shop refuses.
pub(super) async fn page(
    web: &WebState,
    frame: PageContext,
    username: String,
    mut choices: CheckoutChoices,
    answered: PageReply,
) -> PageResult {
    let (settled, why) = load_checkout(web, &username, &mut choices).await?;
    let (rules, now) = (web.app.settings.rules, web.app.now());
    let here = choices.here();
    let (from, frame) = (percent_encoded(&here), frame.at_path(here));
    let page = CheckoutPage {
        frame: &frame,
        notice: answered.notice.or(why.map(|why| Flash::refused(&why, frame.lang))),
        token: choices.token.clone().unwrap_or(settled.token),
        to: receiver(&settled.addresses, choices.address_id),
        addresses: settled.addresses,
        lines: settled.items.iter().map(|seen| cart_row(seen, &frame, now)).collect(),
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
        on_delivery: rules.on_delivery,
    };
    show_as(answered.status, &frame, &page)
}

fn coupons(offered: &[flow::checkout::OfferedCoupon], frame: &PageContext, now: UtcMs) -> Coupons {
    let best = flow::checkout::best_offer(offered).map(|best| best.coupon.id);
    let (mut usable, mut others) = (Vec::new(), Vec::new());
    for one in offered {
        let card = card(&one.coupon, frame.lang, now);
        match &one.saves {
            Ok(saves) => usable.push(Usable { card, saves: *saves }),
            Err(why) => others.push((card, why.text(frame.lang).into_owned())),
        }
    }
    Coupons { usable, others, best }
}

/// The address chosen if it is the buyer's, else the first.
fn receiver(addresses: &[Address], picked: Option<AddressId>) -> Option<AddressId> {
    let own = addresses.iter().find(|address| Some(address.id) == picked);
    own.or(addresses.first()).map(|address| address.id)
}

impl CheckoutPage<'_> {
    /// Whether this order may be paid on delivery.
    fn offers_delivery(&self) -> bool {
        match self.on_delivery {
            OnDelivery::Off => false,
            OnDelivery::UpTo { amount, .. } => self.quote.pay_money <= amount,
        }
    }

    fn can_submit(&self) -> bool {
        let all_sold = self.lines.iter().all(|line| line.is_buyable() && !line.is_over_limit());
        !self.lines.is_empty() && !self.addresses.is_empty() && all_sold
    }

    /// Why the order cannot be placed.
    fn blocked_reason(&self) -> &'static str {
        let lang = self.frame.lang;
        if self.addresses.is_empty() {
            return lang.of("添加收货地址后即可提交", "Add an address to place the order");
        }
        if self.lines.iter().any(CartRow::is_upcoming) {
            return lang.of("有商品尚未开售，开售后即可提交", "Some items are not on sale yet");
        }
        lang.of(
            "部分商品暂时无法购买，请先在购物车中修改",
            "Some items cannot be bought; please edit your cart first",
        )
    }

    /// The lines that are shown, so that the order has exactly these.
    fn sku_ids(&self) -> String {
        let ids: Vec<SkuId> = self.lines.iter().map(|line| line.id).collect();
        joined(&ids)
    }

    fn item_count(&self) -> String {
        labels::item_count(self.quote.total_num, self.frame.lang)
    }
}

impl Points {
    fn money(&self, points: &i64) -> Fen {
        self.worth.money(*points)
    }
}
