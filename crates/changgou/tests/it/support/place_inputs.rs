//! Random inputs for `decide`: states as a transaction reads them, small enough that requests conflict, and the
//! requests.

use std::collections::{BTreeMap, HashMap};

use changgou::domain::clock::UtcMs;
use changgou::domain::coupon_rule::{CouponReduction, CouponRule, CouponScope};
use changgou::domain::id::{Id, OrderId};
use changgou::domain::money::Fen;
use changgou::domain::status::PayType;
use changgou::flow::place::decide::BatchState;
use changgou::flow::place::{OrderedGoods, PlaceRequest, ReceiverChoice};
use changgou::store::address::{Address, AddressText};
use changgou::store::cart;
use changgou::store::catalog::{SaleWindow, ShelfStatus, Sku, SkuFacts};
use changgou::store::coupon::Coupon;
use changgou::store::order::Receiver;
use changgou::store::order::idempotency::IdempotencyKey;
use changgou::store::purchase_limit::LimitUsage;
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::support::shop::START;

const BUYERS: [&str; 3] = ["ann", "bob", "cid"];
const SKUS: [i64; 4] = [1, 2, 3, 4];
const KEYS: [&str; 4] = ["key:a", "key:b", "token:a", "token:b"];
/// One of each buyer's, and one that may be anybody's.
const COUPONS: i64 = 4;

/// A shop and what is asked of it, first to last.
#[derive(Clone, Debug)]
pub struct Given {
    pub state: BatchState,
    pub requests: Vec<PlaceRequest>,
}

pub fn given() -> impl Strategy<Value = Given> {
    (state(), vec(request(), 1..32)).prop_map(|(state, requests)| {
        let named = |(nth, request): (usize, PlaceRequest)| PlaceRequest {
            order_id: OrderId(format!("NO.{}", 1000 + nth)),
            ..request
        };
        Given { state, requests: requests.into_iter().enumerate().map(named).collect() }
    })
}

/// Within the few hours everything happens in.
fn moment() -> impl Strategy<Value = UtcMs> {
    (0i64..6).prop_map(|hours| UtcMs(START.0 + hours * 3_600_000))
}

fn state() -> impl Strategy<Value = BatchState> {
    let skus = Vec::from(SKUS.map(sku));
    let coupons: Vec<_> = (1..=COUPONS).map(coupon).collect();
    let each = BUYERS.len() * SKUS.len();
    let lines = vec(weighted(0.85, (1i64..6, prop::bool::weighted(0.7))), each);
    let had = vec(weighted(0.2, 1i64..5), each);
    let balances = vec(prop_oneof![0i64..200, 0i64..4000], BUYERS.len());
    let known = (any::<bool>(), any::<bool>());
    (skus, coupons, lines, had, balances, known).prop_map(
        |(skus, coupons, lines, had, balances, (has_default, has_key))| {
            let skus: BTreeMap<_, _> = skus.into_iter().map(|sku| (sku.id, sku)).collect();
            let owners = BUYERS.iter().flat_map(|buyer| SKUS.map(|sku| (*buyer, Id(sku))));
            let mut state = BatchState { coupons: numbered(coupons), ..BatchState::default() };
            for (((buyer, sku_id), line), had) in owners.zip(lines).zip(had) {
                if let Some((num, selected)) = line {
                    let username = buyer.to_owned();
                    let line = cart::CartLine {
                        username,
                        sku_id,
                        num,
                        selected,
                        price_seen: Fen::ZERO,
                        stamp: String::new(),
                    };
                    state.carts.entry(buyer.to_owned()).or_default().push(line);
                }
                if let Some(had) = had {
                    let sale = skus[&sku_id].sale.from.unwrap_or_default();
                    state.limited.insert(LimitUsage { username: buyer.to_owned(), sku_id, sale }, had);
                }
            }
            let balances = BUYERS.iter().zip(balances);
            state.balances = balances.map(|(buyer, points)| ((*buyer).to_owned(), points)).collect();
            let addresses = BUYERS.iter().zip(1..).map(|(buyer, id)| (Id(id), address(buyer, id)));
            state.addresses = addresses.collect();
            let with_default = &BUYERS[..if has_default { 3 } else { 2 }];
            let defaults = with_default.iter().map(|buyer| ((*buyer).to_owned(), address(buyer, 9)));
            state.defaults = defaults.collect();
            if has_key {
                let (username, text) = ("ann".to_owned(), KEYS[0].to_owned());
                let (request_hash, order_id) = ("x".to_owned(), OrderId("NO.7".to_owned()));
                let key =
                    IdempotencyKey { username: username.clone(), text: text.clone(), request_hash, order_id };
                state.keys.insert((username, text), key);
            }
            state.skus = skus;
            state
        },
    )
}

fn numbered(coupons: Vec<Coupon>) -> HashMap<Id, Coupon> {
    coupons.into_iter().map(|coupon| (coupon.id, coupon)).collect()
}

fn sku(id: i64) -> impl Strategy<Value = Sku> {
    let price = prop_oneof![Just(0i64), 1i64..10, 1i64..5000];
    let shelf = prop_oneof![
        18 => Just(ShelfStatus::OnSale), 1 => Just(ShelfStatus::OffShelf), 1 => Just(ShelfStatus::Deleted)
    ];
    let sale = (weighted(0.5, 1i64..7), weighted(0.3, moment()), weighted(0.2, moment()));
    let sale = sale.prop_map(|(buyer_limit, from, to)| SaleWindow { buyer_limit, from, to });
    (price, 0i64..15, shelf, sale, weighted(0.7, 1i64..3)).prop_map(
        move |(price, num, shelf, sale, category_id)| {
            let facts = SkuFacts { name: format!("SKU {id}"), category_id, ..SkuFacts::default() };
            Sku { id: Id(id), price: Fen(price), num, sale_num: 0, shelf, sale, facts }
        },
    )
}

fn coupon(id: i64) -> impl Strategy<Value = Coupon> {
    let until = prop_oneof![6 => Just(UtcMs(i64::MAX)), 1 => moment()];
    let from = prop_oneof![6 => Just(UtcMs(0)), 1 => moment()];
    let owner = select(&BUYERS[..]);
    (owner, from, until, prop::bool::weighted(0.1), offer()).prop_map(
        move |(anybody, from, until, is_used, offer)| Coupon {
            id: Id(id),
            username: (*BUYERS.get(id as usize - 1).unwrap_or(&anybody)).to_owned(),
            from,
            until,
            order_id: is_used.then(|| OrderId("NO.8".to_owned())),
            name: format!("coupon {id}"),
            name_en: None,
            offer,
        },
    )
}

fn offer() -> impl Strategy<Value = CouponRule> {
    let off = prop_oneof![
        (1i64..8000).prop_map(|amount| CouponReduction::Amount(Fen(amount))),
        (1i64..=100, 1i64..3000)
            .prop_map(|(percent, most)| CouponReduction::Percent { percent, most: Fen(most) }),
    ];
    let scope = prop_oneof![
        6 => Just(CouponScope::All),
        1 => subsequence(SKUS.to_vec(), 1..=2).prop_map(|ids| CouponScope::Skus(ids.into_iter().map(Id).collect())),
        1 => Just(CouponScope::Categories(vec![1])),
    ];
    let min_money = prop_oneof![3 => Just(0i64), 1 => 0i64..6000];
    let offer = |(off, min_money, scope)| CouponRule { off, min_money: Fen(min_money), scope };
    (off, min_money, scope).prop_map(offer)
}

fn address(username: &str, id: i64) -> Address {
    let words = AddressText { contact: username.to_owned(), ..AddressText::default() };
    Address { id: Id(id), username: username.to_owned(), words, is_default: true }
}

fn request() -> impl Strategy<Value = PlaceRequest> {
    // Sometimes a SKU that is not there.
    let direct = (1..=SKUS.len() as i64 + 1, 1i64..4);
    let goods = prop_oneof![
        2 => Just(OrderedGoods::Cart(None)),
        6 => subsequence(SKUS.to_vec(), 1..=2)
            .prop_map(|ids| OrderedGoods::Cart(Some(ids.into_iter().map(Id).collect()))),
        3 => direct.prop_map(|(id, num)| OrderedGoods::Direct { sku_id: Id(id), num }),
    ];
    let collected = Receiver { contact: "shop".to_owned(), ..Receiver::default() };
    let receiver = prop_oneof![
        8 => Just(ReceiverChoice::Default),
        3 => Just(ReceiverChoice::DefaultElse(collected)),
        1 => (1i64..5).prop_map(|id| ReceiverChoice::Address(Id(id))),
        2 => Just(ReceiverChoice::Given(Receiver { contact: "dan".to_owned(), ..Receiver::default() })),
    ];
    // Mostly one's own coupon, sometimes another's, or one more than there are.
    let coupon = prop_oneof![4 => Just(None), 5 => Just(Some(0)), 1 => (1..=COUPONS + 1).prop_map(Some)];
    let off = (coupon, prop_oneof![3 => Just(0i64), 3 => 0i64..300, 1 => 0i64..5000]);
    let keys = subsequence(KEYS.to_vec(), 0..=2);
    let asked = (select(&["x", "y"][..]), weighted(0.1, 0i64..5000), any::<bool>());
    (0..BUYERS.len(), goods, receiver, off, keys, asked, moment()).prop_map(
        |(buyer, goods, receiver, (coupon_id, points), keys, (hash, pay_money, online), now)| PlaceRequest {
            username: BUYERS[buyer].to_owned(),
            goods,
            receiver,
            coupon_id: coupon_id.map(|id| Id(if id == 0 { buyer as i64 + 1 } else { id })),
            points,
            pay_type: if online { PayType::Online } else { PayType::OnDelivery },
            buyer_message: None,
            source_type: "1".to_owned(),
            keys: keys.into_iter().map(str::to_owned).collect(),
            hash: hash.to_owned(),
            pay_money: pay_money.map(Fen),
            order_id: OrderId("NO.0".to_owned()),
            now,
        },
    )
}
