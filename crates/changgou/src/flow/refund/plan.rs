//! What a refund is for and how much it is. A pure function: what is left of
//! each line and of the money bounds it.

use std::collections::HashMap;

use crate::domain::id::SkuId;
use crate::domain::message::RefundMessage;
use crate::domain::money::Fen;
use crate::domain::refusal::Refusal;
use crate::domain::status::OrderState;
use crate::store::order::{Order, OrderItem};
use crate::store::payment::refund::RefundItem;
use crate::store::payment::refund_total::RefundTotal;

/// What an operator wants to give back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundWant {
    /// All goods that did not come back yet, and the money for them.
    Whole,
    /// These pieces, and the money for them.
    Pieces(Vec<(SkuId, i64)>),
    /// So much money, in fen, and no goods.
    Money(Fen),
}

/// Whether goods that come back can be sold again. Goods that never left always can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restock {
    /// They are in stock again.
    Yes,
    /// They are not.
    No,
}

/// Whether anything of an order stays with the buyer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundExtent {
    /// All of its pieces are back now.
    Whole,
    /// Something stays.
    Part,
}

/// A refund that may be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundPlan {
    /// How much, in fen; positive.
    pub refund_fee: Fen,
    /// For which lines.
    pub items: Vec<RefundItem>,
    /// Lines of which everything is back with this refund.
    pub finished: Vec<String>,
    /// Whether the order is back as a whole with this refund.
    pub extent: RefundExtent,
}

/// What an order was, and what came back of it.
pub struct RefundBasis<'a> {
    /// The order.
    pub order: &'a Order,
    /// Its lines.
    pub items: &'a [OrderItem],
    /// What came back.
    pub returned: &'a [RefundItem],
    /// Its money.
    pub sum: RefundTotal,
}

/// Plans what is wanted, or says why it cannot be.
pub fn plan(standing: &RefundBasis<'_>, want: &RefundWant, restock: Restock) -> Result<RefundPlan, Refusal> {
    let back = back(standing.returned);
    let had = |item: &OrderItem| back.get(item.id.as_str()).copied().unwrap_or(0);
    let pieces = pieces(standing, want, had)?;
    let never_left = standing.order.state == OrderState::AwaitingShipment;
    let items: Vec<RefundItem> = pieces
        .iter()
        .map(|(item, num)| RefundItem {
            item_id: item.id.clone(),
            sku_id: item.sku_id,
            num: *num,
            restocked: if never_left || restock == Restock::Yes { *num } else { 0 },
            refund_fee: Fen(share(item, had(item) + num) - share(item, had(item))),
        })
        .collect();
    let now = |item: &OrderItem| pieces.iter().find(|(one, _)| one.id == item.id).map_or(0, |(_, num)| *num);
    let is_finished = |item: &&OrderItem| now(item) > 0 && had(item) + now(item) == item.num;
    let finished = standing.items.iter().filter(is_finished).map(|item| item.id.clone()).collect();
    let all_back = !pieces.is_empty() && standing.items.iter().all(|item| had(item) + now(item) == item.num);
    let extent = if all_back { RefundExtent::Whole } else { RefundExtent::Part };
    let refund_fee = fee(standing, want, &items, extent);
    if refund_fee <= Fen::ZERO || refund_fee > standing.sum.left() {
        return Err(too_much(standing.sum.left()));
    }
    Ok(RefundPlan { refund_fee, items, finished, extent })
}

/// An order that never left goes back with its postage; one that did without.
fn fee(standing: &RefundBasis<'_>, want: &RefundWant, items: &[RefundItem], extent: RefundExtent) -> Fen {
    let never_left = standing.order.state == OrderState::AwaitingShipment;
    match (want, extent) {
        (RefundWant::Money(fen), _) => *fen,
        (RefundWant::Whole | RefundWant::Pieces(_), RefundExtent::Whole) if never_left => standing.sum.left(),
        (RefundWant::Whole | RefundWant::Pieces(_), RefundExtent::Whole | RefundExtent::Part) => {
            let lines = items.iter().map(|item| item.refund_fee.0).sum::<i64>();
            // Money that went back without goods is not given twice.
            Fen(lines.min(standing.sum.left().0))
        }
    }
}

fn back(returned: &[RefundItem]) -> HashMap<&str, i64> {
    let mut back = HashMap::new();
    for one in returned {
        *back.entry(one.item_id.as_str()).or_insert(0) += one.num;
    }
    back
}

/// What is paid for the first `num` pieces of a line: shares of all pieces sum up to the line.
fn share(item: &OrderItem, num: i64) -> i64 {
    let exact = i128::from(item.pay_money.0) * i128::from(num) / i128::from(item.num.max(1));
    i64::try_from(exact).unwrap_or(item.pay_money.0)
}

/// Which lines come back, and how many pieces of each.
fn pieces<'a>(
    standing: &RefundBasis<'a>,
    want: &RefundWant,
    had: impl Fn(&OrderItem) -> i64,
) -> Result<Vec<(&'a OrderItem, i64)>, Refusal> {
    let left = |item: &'a OrderItem| (item, item.num - had(item));
    match want {
        RefundWant::Money(_) => Ok(Vec::new()),
        RefundWant::Whole => Ok(standing.items.iter().map(left).filter(|(_, num)| *num > 0).collect()),
        RefundWant::Pieces(wanted) => {
            let mut all = Vec::new();
            for (sku_id, num) in wanted {
                let mut missing = *num;
                for (item, free) in standing.items.iter().filter(|item| item.sku_id == *sku_id).map(left) {
                    let taken = free.min(missing).max(0);
                    missing -= taken;
                    if taken > 0 {
                        all.push((item, taken));
                    }
                }
                if missing != 0 || *num <= 0 {
                    return Err(not_there(*sku_id));
                }
            }
            Ok(all)
        }
    }
}

fn not_there(sku_id: SkuId) -> Refusal {
    Refusal::new(RefundMessage::TooManyUnits { sku_id })
}

fn too_much(left: Fen) -> Refusal {
    Refusal::new(RefundMessage::AmountOutOfRange { left })
}
