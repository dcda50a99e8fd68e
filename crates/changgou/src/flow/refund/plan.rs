//! Which lines a refund returns and how much it is. A pure function, bounded by what is
//! left of each line and of the payment.

use std::collections::HashMap;

use crate::domain::id::SkuId;
use crate::domain::message::RefundMessage;
use crate::domain::money::Fen;
use crate::domain::refusal::Refusal;
use crate::domain::status::OrderState;
use crate::store::order::{Order, OrderItem};
use crate::store::payment::refund::RefundItem;
use crate::store::payment::refund_total::RefundTotal;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundWant {
    /// All goods that are not returned yet, and the money for them.
    Whole,
    /// These pieces, and the money for them.
    Pieces(Vec<(SkuId, i64)>),
    /// Money in fen, without goods.
    Money(Fen),
}

/// Whether returned goods can be sold again. Goods that were not shipped always can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restock {
    Yes,
    No,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundExtent {
    /// All pieces of the order are returned now.
    Whole,
    /// The buyer keeps something.
    Part,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundPlan {
    /// In fen; positive.
    pub refund_fee: Fen,
    pub items: Vec<RefundItem>,
    /// Ids of the lines that this refund returns completely.
    pub finished: Vec<String>,
    pub extent: RefundExtent,
}

/// An order and what was refunded of it before.
pub struct RefundBasis<'a> {
    pub order: &'a Order,
    pub items: &'a [OrderItem],
    pub returned: &'a [RefundItem],
    pub sum: RefundTotal,
}

/// Plans a refund, or refuses it.
pub fn plan_refund(
    basis: &RefundBasis<'_>,
    want: &RefundWant,
    restock: Restock,
) -> Result<RefundPlan, Refusal> {
    let returned = returned_pieces(basis.returned);
    let had = |item: &OrderItem| returned.get(item.id.as_str()).copied().unwrap_or(0);
    let pieces = choose_pieces(basis, want, had)?;
    let is_unshipped = basis.order.state == OrderState::AwaitingShipment;
    let items: Vec<RefundItem> = pieces
        .iter()
        .map(|(item, num)| RefundItem {
            item_id: item.id.clone(),
            sku_id: item.sku_id,
            num: *num,
            restocked: if is_unshipped || restock == Restock::Yes { *num } else { 0 },
            refund_fee: Fen(share(item, had(item) + num) - share(item, had(item))),
        })
        .collect();
    let now = |item: &OrderItem| pieces.iter().find(|(one, _)| one.id == item.id).map_or(0, |(_, num)| *num);
    let is_finished = |item: &&OrderItem| now(item) > 0 && had(item) + now(item) == item.num;
    let finished = basis.items.iter().filter(is_finished).map(|item| item.id.clone()).collect();
    let all_back = !pieces.is_empty() && basis.items.iter().all(|item| had(item) + now(item) == item.num);
    let extent = if all_back { RefundExtent::Whole } else { RefundExtent::Part };
    let refund_fee = refund_fee(basis, want, &items, extent);
    if refund_fee <= Fen::ZERO || refund_fee > basis.sum.refundable() {
        return Err(too_much(basis.sum.refundable()));
    }
    Ok(RefundPlan { refund_fee, items, finished, extent })
}

/// Postage is refunded only if the order was not shipped.
fn refund_fee(basis: &RefundBasis<'_>, want: &RefundWant, items: &[RefundItem], extent: RefundExtent) -> Fen {
    let is_unshipped = basis.order.state == OrderState::AwaitingShipment;
    match (want, extent) {
        (RefundWant::Money(fen), _) => *fen,
        (RefundWant::Whole | RefundWant::Pieces(_), RefundExtent::Whole) if is_unshipped => {
            basis.sum.refundable()
        }
        (RefundWant::Whole | RefundWant::Pieces(_), RefundExtent::Whole | RefundExtent::Part) => {
            let lines = items.iter().map(|item| item.refund_fee.0).sum::<i64>();
            // Money that was refunded without goods is not refunded again.
            Fen(lines.min(basis.sum.refundable().0))
        }
    }
}

fn returned_pieces(returned: &[RefundItem]) -> HashMap<&str, i64> {
    let mut pieces = HashMap::new();
    for one in returned {
        *pieces.entry(one.item_id.as_str()).or_insert(0) += one.num;
    }
    pieces
}

/// What was paid for the first `num` pieces of a line, so that the shares of all pieces
/// add up to the line.
fn share(item: &OrderItem, num: i64) -> i64 {
    let exact = i128::from(item.pay_money.0) * i128::from(num) / i128::from(item.num.max(1));
    i64::try_from(exact).unwrap_or(item.pay_money.0)
}

/// Which lines are returned, and how many pieces of each.
fn choose_pieces<'a>(
    basis: &RefundBasis<'a>,
    want: &RefundWant,
    had: impl Fn(&OrderItem) -> i64,
) -> Result<Vec<(&'a OrderItem, i64)>, Refusal> {
    let left = |item: &'a OrderItem| (item, item.num - had(item));
    match want {
        RefundWant::Money(_) => Ok(Vec::new()),
        RefundWant::Whole => Ok(basis.items.iter().map(left).filter(|(_, num)| *num > 0).collect()),
        RefundWant::Pieces(wanted) => {
            let mut all = Vec::new();
            for (sku_id, num) in wanted {
                let mut missing = *num;
                for (item, free) in basis.items.iter().filter(|item| item.sku_id == *sku_id).map(left) {
                    let taken = free.min(missing).max(0);
                    missing -= taken;
                    if taken > 0 {
                        all.push((item, taken));
                    }
                }
                if missing != 0 || *num <= 0 {
                    return Err(too_many_pieces(*sku_id));
                }
            }
            Ok(all)
        }
    }
}

fn too_many_pieces(sku_id: SkuId) -> Refusal {
    Refusal::new(RefundMessage::TooManyUnits { sku_id })
}

fn too_much(left: Fen) -> Refusal {
    Refusal::new(RefundMessage::AmountOutOfRange { left })
}
