//! Placing orders: one transaction for many.
//!
//! Requests queue at the [`PlaceQueue`]; all that wait are placed together: what
//! they need is read as sets, [`decide_batch`](decide::decide_batch) gives each its outcome
//! in the order of arrival, and what was decided is written as sets. One
//! order's refusal never hurts its neighbour.

mod batch_queue;
mod batch_state;
mod batch_worker;
pub mod decide;
mod draft;
mod lines;
mod place_order;
mod placed_order;
mod read;
mod write;

use std::collections::BTreeSet;

use crate::domain::clock::UtcMs;
use crate::domain::id::{AddressId, OrderId, SkuId};
use crate::domain::limits::{LINE_NUM_MAX, ORDER_LINES_MAX};
use crate::domain::message::{CartMessage, OrderMessage};
use crate::domain::money::Fen;
use crate::domain::refusal::Refusal;
use crate::domain::status::PayType;
use crate::flow::discount::points_invalid;
use crate::store::coupon::CouponId;
use crate::store::order::Receiver;

pub use batch_worker::{BatchWorker, PlaceQueue};
pub use place_order::{PlacedResult, Replayed, place_order};
pub(in crate::flow) use write::{SkusSold, write_orders};

/// What a buyer asks for. Prices are not part of it.
#[derive(Clone, Debug)]
pub struct PlaceRequest {
    /// Who asks.
    pub username: String,
    /// What to buy.
    pub goods: OrderedGoods,
    /// Where it goes.
    pub receiver: ReceiverChoice,
    /// The coupon to use.
    pub coupon_id: Option<CouponId>,
    /// Points to pay with; not negative.
    pub points: i64,
    /// How it is paid.
    pub pay_type: PayType,
    /// What the buyer wrote.
    pub buyer_message: Option<String>,
    /// Where it came from: 1 web, 2 app, 3 公众号, 4 小程序, 5 H5.
    pub source_type: String,
    /// Names of this request: whichever was used before gives the same order.
    pub keys: Vec<String>,
    /// Hash of all that was asked, to tell a repeat from another request.
    pub hash: String,
    /// The total the buyer saw, in fen; the order is refused if it is another.
    pub pay_money: Option<Fen>,
    /// The order's name if it is placed.
    pub order_id: OrderId,
    /// When it was asked.
    pub now: UtcMs,
}

impl PlaceRequest {
    /// Refuses what no cart could make right, before anything waits for it.
    fn check(&self) -> Result<(), Refusal> {
        self.goods.check()?;
        if self.points < 0 {
            return Err(points_invalid());
        }
        Ok(())
    }
}

/// What is to be bought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderedGoods {
    /// Cart lines, which leave the cart; `None` means those that are selected.
    Cart(Option<Vec<SkuId>>),
    /// Pieces of one SKU, whatever is in the cart, which stays as it is. They have to cost something.
    Direct {
        /// The SKU.
        sku_id: SkuId,
        /// How many.
        num: i64,
    },
}

impl OrderedGoods {
    /// The cart lines that are named, if any are.
    pub(super) fn named_skus(&self) -> Option<&[SkuId]> {
        match self {
            OrderedGoods::Cart(named) => named.as_deref(),
            OrderedGoods::Direct { .. } => None,
        }
    }

    /// The SKU that is bought without a cart.
    pub(super) fn direct_sku(&self) -> Option<SkuId> {
        match self {
            OrderedGoods::Cart(_) => None,
            OrderedGoods::Direct { sku_id, .. } => Some(*sku_id),
        }
    }

    /// Where they are taken from.
    pub(super) fn origin(&self) -> OrderOrigin {
        match self {
            OrderedGoods::Cart(_) => OrderOrigin::Cart,
            OrderedGoods::Direct { .. } => OrderOrigin::Shelf,
        }
    }

    fn check(&self) -> Result<(), Refusal> {
        let named = match self {
            OrderedGoods::Cart(named) => named.as_deref(),
            OrderedGoods::Direct { num, .. } if (1..=LINE_NUM_MAX).contains(num) => return Ok(()),
            OrderedGoods::Direct { .. } => {
                return Err(Refusal::new(OrderMessage::QuantityOutOfRange { max: LINE_NUM_MAX }));
            }
        };
        if named.is_some_and(<[SkuId]>::is_empty) {
            return Err(Refusal::new(CartMessage::NoSkusNamed));
        }
        if named.is_some_and(|ids| ids.len() > ORDER_LINES_MAX) {
            return Err(Refusal::new(OrderMessage::TooManyLines { max: ORDER_LINES_MAX }));
        }
        if let Some(duplicate) = named.and_then(find_duplicate) {
            return Err(Refusal::new(OrderMessage::DuplicateSku { sku_id: duplicate }));
        }
        Ok(())
    }
}

/// Where the lines of an order come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderOrigin {
    /// From the buyer's cart, which they leave.
    Cart,
    /// From the shelf: no cart is touched.
    Shelf,
}

fn find_duplicate(ids: &[SkuId]) -> Option<SkuId> {
    let mut seen = BTreeSet::new();
    ids.iter().copied().find(|id| !seen.insert(*id))
}

/// Where an order goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReceiverChoice {
    /// To the buyer's default address.
    Default,
    /// To the default address; a buyer without one collects it, as these words
    /// say, and pays no postage.
    DefaultElse(Receiver),
    /// To one of the buyer's addresses.
    Address(AddressId),
    /// To somebody named in the request.
    Given(Receiver),
}
