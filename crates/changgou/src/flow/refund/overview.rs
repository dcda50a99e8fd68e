//! An operator's view of all refunds, and of what needs a decision.

use std::collections::HashMap;

use super::SHOWN_MAX;
use crate::domain::id::OrderId;
use crate::flow::{App, Error, Outcome};
use crate::infra::db::{DbError, Tx};
use crate::store::order::{self, Order};
use crate::store::payment::flag::{self, PaymentFlag};
use crate::store::payment::refund::{self, Refund, RefundState};
use crate::store::payment::refund_request::{self, RefundRequest};

/// Each list is bounded and begins with the oldest.
#[derive(Clone, Debug)]
pub struct RefundOverview {
    /// Refunds that need an operator.
    pub troubles: Vec<Refund>,
    /// Requests of buyers that wait for a decision.
    pub wishes: Vec<RefundRequest>,
    /// Money that pays no order and is not being refunded.
    pub held: Vec<PaymentFlag>,
    /// Refunds that WeChat is, or will be, asked for.
    pub under_way: Vec<Refund>,
    /// The orders of the first two lists.
    pub orders: HashMap<OrderId, Order>,
}

/// Reads all lists in one snapshot.
pub async fn load_overview(app: &App) -> Outcome<RefundOverview> {
    app.db
        .read(async move |tx| {
            let troubles = refunds_in(tx, &[RefundState::Abnormal, RefundState::Refused]).await?;
            let under_way = refunds_in(tx, &[RefundState::Opened, RefundState::Processing]).await?;
            let wishes = refund_request::list_open(tx, SHOWN_MAX).await?;
            let mut held = flag::list_open(tx, SHOWN_MAX).await?;
            let is_refunded = |flag: &PaymentFlag| {
                troubles.iter().chain(&under_way).any(|refund| refund.out_trade_no == flag.out_trade_no)
            };
            held.retain(|flag| !flag.is_own || !is_refunded(flag));
            let ids = troubles.iter().map(|one| &one.order_id).chain(wishes.iter().map(|one| &one.order_id));
            let orders = order::find_by_ids(tx, ids).await?;
            let orders = orders.into_iter().map(|order| (order.id.clone(), order)).collect();
            Ok::<_, Error>(RefundOverview { troubles, wishes, held, under_way, orders })
        })
        .await
}

/// Up to [`SHOWN_MAX`] refunds in each of these states, the oldest first.
pub(super) async fn refunds_in(tx: &mut Tx<'_>, states: &[RefundState]) -> Result<Vec<Refund>, DbError> {
    let mut all = Vec::new();
    for state in states {
        all.extend(refund::list_in_state(tx, *state, SHOWN_MAX).await?);
    }
    all.sort_by_key(|refund| refund.created);
    Ok(all)
}
