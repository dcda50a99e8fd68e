//! Coupons that paid orders are rewarded with.

use crate::domain::money::Fen;
use crate::flow::unit_of_work::{OrderEvent, UnitOfWork};
use crate::infra::db::DbError;
use crate::store::coupon::template::{self, CouponTemplate};
use crate::store::coupon::{self, CouponGrant, GrantOutcome};
use crate::store::order::Order;
use crate::store::order::history::HistoryKind;

/// The most coupons one paid order is granted.
pub const GRANTS_MAX: usize = 8;

struct RewardedOrder<'a> {
    order: &'a Order,
    granted: usize,
}

impl RewardedOrder<'_> {
    fn meets(&self, template: &CouponTemplate) -> bool {
        let paid = self.order.quote.pay_money;
        let is_enough = template.grant_from.is_some_and(|least| least <= paid);
        paid > Fen::ZERO && is_enough && self.granted < GRANTS_MAX
    }
}

/// Grants each paid order a coupon of every template whose rule it meets. Orders that
/// cost nothing get none.
pub async fn grant_rewards(work: &mut UnitOfWork<'_, '_>, paid: &[&Order]) -> Result<(), DbError> {
    let most = paid.iter().map(|order| order.quote.pay_money).max();
    let Some(most) = most.filter(|most| *most > Fen::ZERO) else { return Ok(()) };
    let mut orders: Vec<_> = paid.iter().map(|order| RewardedOrder { order, granted: 0 }).collect();
    let mut events = Vec::new();
    for template in template::list_for_paid_order(work.tx, most, work.now).await? {
        let mut eligible: Vec<_> = orders.iter_mut().filter(|one| one.meets(&template)).collect();
        let grants: Vec<CouponGrant<'_>> = eligible.iter().map(|one| grant(work, one.order)).collect();
        let outcomes = coupon::grant_each(work.tx, &template, &grants, work.now).await?;
        let granted = eligible.iter_mut().zip(outcomes).filter(|(_, is)| *is == GrantOutcome::Yes);
        events.extend(granted.map(|(one, _)| {
            one.granted += 1;
            granted_event(one.order, &template)
        }));
    }
    work.record_all(&events).await
}

fn grant<'a>(work: &UnitOfWork<'_, '_>, order: &'a Order) -> CouponGrant<'a> {
    CouponGrant { id: work.next_id(), username: &order.username, reference: order.id.as_str() }
}

fn granted_event<'a>(order: &'a Order, template: &CouponTemplate) -> OrderEvent<'a> {
    let (kind, detail) = (HistoryKind::CouponGranted, Some(template.name.clone()));
    OrderEvent { order, kind, actor: "shop", detail, payment: None }
}
