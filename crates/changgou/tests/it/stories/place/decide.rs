//! Property tests of `decide`, the function that accepts or refuses an order.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::slice::from_ref;

use changgou::domain::money::Fen;
use changgou::domain::refusal::{Reason, Refusal};
use changgou::flow::place::decide::{BatchState, CartAccess, PlaceDecision, PlacedOrder, decide_batch};
use changgou::flow::place::{OrderOrigin, OrderedGoods, PlaceRequest, ReceiverChoice};
use changgou::infra::settings::{Settings, ShopRules};
use changgou::store::catalog::SalePhase;
use changgou::store::purchase_limit::LimitUsage;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::place_inputs::given;

type Outcome = Result<PlaceDecision, Refusal>;

fn rules() -> ShopRules {
    Settings::defaults().rules
}

fn step(state: &mut BatchState, request: &PlaceRequest) -> Outcome {
    decide_batch(state, rules(), from_ref(request)).pop().expect("a request has an outcome")
}

fn placed(outcome: &Outcome) -> Option<&PlacedOrder> {
    match outcome {
        Ok(PlaceDecision::Placed(placed)) => Some(placed),
        Ok(PlaceDecision::Repeat(_)) | Err(_) => None,
    }
}

fn reason(outcome: &Outcome) -> Option<Reason> {
    outcome.as_ref().err().map(|refusal| refusal.reason)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn stock_never_falls_below_zero_and_loses_what_is_sold(given in given()) {
        let (mut state, mut sold) = (given.state.clone(), BTreeMap::new());
        for request in &given.requests {
            let outcome = step(&mut state, request);
            for item in placed(&outcome).iter().flat_map(|placed| &placed.items) {
                prop_assert!(item.num > 0);
                *sold.entry(item.sku_id).or_insert(0) += item.num;
            }
            prop_assert!(state.skus.values().all(|sku| sku.num >= 0), "{:?}", state.skus);
        }
        for (id, sku) in &state.skus {
            let before = given.state.skus[id].num;
            prop_assert_eq!(before - sku.num, sold.get(id).copied().unwrap_or(0));
        }
    }

    #[test]
    fn the_lines_add_up_to_the_order_to_the_fen(given in given()) {
        let mut state = given.state.clone();
        let outcomes = decide_batch(&mut state, rules(), &given.requests);
        for PlacedOrder { order, items, .. } in outcomes.iter().filter_map(placed) {
            let (quote, discount) = (order.quote, order.discount);
            for item in items {
                let sku = &given.state.skus[&item.sku_id];
                prop_assert_eq!((item.price, item.money), (sku.price, Fen(sku.price.0 * item.num)));
                prop_assert!(Fen::ZERO <= item.pay_money && item.pay_money <= item.money, "{:?}", item);
            }
            let sum = |of: fn(&changgou::store::order::OrderItem) -> i64| items.iter().map(of).sum::<i64>();
            prop_assert_eq!(sum(|item| item.num), quote.total_num);
            prop_assert_eq!(sum(|item| item.money.0), quote.total_money.0);
            prop_assert_eq!(sum(|item| item.pay_money.0), quote.total_money.0 - quote.pre_money.0);
            prop_assert_eq!(quote.pay_money.0, quote.total_money.0 - quote.pre_money.0 + quote.post_fee.0);
            prop_assert!(quote.pay_money >= Fen::ZERO && quote.post_fee >= Fen::ZERO);
            prop_assert_eq!(quote.pre_money.0, discount.coupon_money.0 + discount.points_money.0);
            prop_assert_eq!(rules().points.money(discount.points_used), discount.points_money);
            let goods = Fen(quote.total_money.0 - discount.coupon_money.0);
            prop_assert!(discount.points_money <= goods.percent(rules().points.share_max));
        }
    }

    #[test]
    fn a_refusal_changes_nothing_for_anybody(given in given()) {
        let mut state = given.state.clone();
        let (mut outcomes, mut others) = (Vec::new(), Vec::new());
        for request in &given.requests {
            let before = state.clone();
            let outcome = step(&mut state, request);
            if placed(&outcome).is_none() {
                prop_assert_eq!(&before, &state, "{:?}", outcome);
            }
            if outcome.is_ok() {
                others.push(request.clone());
                outcomes.push(outcome);
            }
        }
        let mut without = given.state.clone();
        prop_assert_eq!(decide_batch(&mut without, rules(), &others), outcomes);
        prop_assert_eq!(without, state);
    }

    #[test]
    fn a_key_stands_for_the_first_request_that_was_placed_with_it(given in given()) {
        let mut state = given.state.clone();
        let known = state.keys.values().map(|key| {
            ((key.username.clone(), key.text.clone()), (key.request_hash.clone(), key.order_id.clone()))
        });
        let mut known: HashMap<_, _> = known.collect();
        for request in &given.requests {
            let outcome = step(&mut state, request);
            let name = |text: &String| (request.username.clone(), text.clone());
            match request.keys.iter().find_map(|text| known.get(&name(text))) {
                Some((hash, order)) if *hash == request.hash => {
                    prop_assert_eq!(outcome, Ok(PlaceDecision::Repeat(order.clone())));
                }
                Some(_) => prop_assert_eq!(reason(&outcome), Some(Reason::KeyReused)),
                None => {
                    prop_assert!(!matches!(outcome, Ok(PlaceDecision::Repeat(_))));
                    prop_assert_ne!(reason(&outcome), Some(Reason::KeyReused));
                    if placed(&outcome).is_some() {
                        let stands_for = (request.hash.clone(), request.order_id.clone());
                        known.extend(request.keys.iter().map(|text| (name(text), stands_for.clone())));
                    }
                }
            }
        }
    }

    #[test]
    fn any_split_into_batches_decides_the_same(given in given(), cuts in vec(any::<bool>(), 32)) {
        let mut whole = given.state.clone();
        let at_once = decide_batch(&mut whole, rules(), &given.requests);
        let (mut state, mut outcomes, mut batch) = (given.state.clone(), Vec::new(), Vec::new());
        for (request, cut) in given.requests.iter().zip(cuts) {
            batch.push(request.clone());
            if cut {
                outcomes.extend(decide_batch(&mut state, rules(), &std::mem::take(&mut batch)));
            }
        }
        outcomes.extend(decide_batch(&mut state, rules(), &batch));
        prop_assert_eq!(outcomes, at_once);
        prop_assert_eq!(state, whole);
    }

    #[test]
    fn a_coupon_is_used_once_by_its_owner_while_it_is_good(given in given()) {
        let (mut state, mut used) = (given.state.clone(), BTreeSet::new());
        for request in &given.requests {
            let outcome = step(&mut state, request);
            let Some(placed) = placed(&outcome) else { continue };
            prop_assert_eq!(placed.order.discount.coupon_id, request.coupon_id);
            let Some(id) = request.coupon_id else { continue };
            let coupon = &given.state.coupons[&id];
            prop_assert!(used.insert(id) && coupon.order_id.is_none(), "{:?} is used twice", id);
            prop_assert_eq!(&coupon.username, &request.username);
            prop_assert!(coupon.from <= request.now && request.now < coupon.until);
            prop_assert!(placed.order.quote.total_money >= coupon.offer.min_money);
        }
    }

    #[test]
    fn balances_and_limits_hold_however_often_carts_are_filled(given in given()) {
        let (mut state, mut had) = (given.state.clone(), given.state.limited.clone());
        for request in &given.requests {
            state.carts.clone_from(&given.state.carts);
            let balance = state.balances[&request.username];
            let outcome = step(&mut state, request);
            let Some(placed) = placed(&outcome) else { continue };
            let used = placed.order.discount.points_used;
            prop_assert!(0 <= used && used <= balance, "{} of {}", used, balance);
            // Points earned by an order that brought no money yet cannot be spent.
            prop_assert_eq!(state.balances[&request.username], balance - used);
            for item in &placed.items {
                let sale = state.skus[&item.sku_id].sale;
                prop_assert_eq!(sale.phase_at(request.now), SalePhase::During);
                let Some(limit) = sale.buyer_limit else { continue };
                let (username, sale) = (request.username.clone(), sale.from.unwrap_or_default());
                let pieces = had.entry(LimitUsage { username, sku_id: item.sku_id, sale }).or_insert(0);
                *pieces += item.num;
                prop_assert!(*pieces <= limit, "{} of {}", pieces, limit);
            }
            prop_assert_eq!(&state.limited, &had);
        }
    }

    #[test]
    fn a_purchase_without_a_cart_needs_none_and_costs_something(given in given()) {
        let mut state = given.state.clone();
        for request in &given.requests {
            let mut without = BatchState { carts: HashMap::new(), reach: CartAccess::Away, ..state.clone() };
            let carts = state.carts.clone();
            let outcome = step(&mut state, request);
            let OrderedGoods::Direct { sku_id, num } = request.goods else { continue };
            prop_assert_eq!(&step(&mut without, request), &outcome);
            prop_assert_eq!(&state.carts, &carts, "a cart is as it was");
            let Some(placed) = placed(&outcome) else { continue };
            prop_assert_eq!((placed.origin, placed.taken.len(), placed.items.len()), (OrderOrigin::Shelf, 0, 1));
            prop_assert_eq!((placed.items[0].sku_id, placed.items[0].num), (sku_id, num));
            prop_assert!(placed.order.quote.pay_money > Fen::ZERO);
        }
    }

    #[test]
    fn an_order_that_is_not_sent_costs_no_postage(given in given()) {
        let mut state = given.state.clone();
        for request in &given.requests {
            let outcome = step(&mut state, request);
            let (Some(placed), ReceiverChoice::DefaultElse(words)) = (placed(&outcome), &request.receiver) else {
                continue;
            };
            let order = &placed.order;
            if let Some(address) = state.defaults.get(&request.username) {
                prop_assert_eq!(&order.receiver.contact, &address.words.contact);
                continue;
            }
            prop_assert_eq!((&order.receiver, order.quote.post_fee), (words, Fen::ZERO));
        }
    }

    #[test]
    fn the_buyer_pays_the_price_shown_or_the_order_is_refused(given in given()) {
        let mut state = given.state.clone();
        for request in &given.requests {
            let mut before = state.clone();
            let outcome = step(&mut state, request);
            let Some(placed) = placed(&outcome) else { continue };
            let sum = placed.order.quote.pay_money;
            let seen = |sum| PlaceRequest { pay_money: Some(sum), ..request.clone() };
            let refused = step(&mut before, &seen(Fen(sum.0 + 1)));
            prop_assert_eq!(reason(&refused), Some(Reason::PriceChanged));
            prop_assert_eq!(&step(&mut before, &seen(sum)), &outcome);
        }
    }
}
