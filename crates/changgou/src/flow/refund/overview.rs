//! What an operator has before them: money that goes back, and who has to see to it.

use std::collections::HashMap;

use super::SHOWN_MAX;
use crate::domain::id::OrderId;
use crate::flow::{App, Error, Outcome};
use crate::infra::db::{DbError, Tx};
use crate::store::order::{self, Order};
use crate::store::payment::flag::{self, PaymentFlag};
use crate::store::payment::refund::{self, Refund, RefundState};
use crate::store::payment::refund_request::{self, RefundRequest};

/// Everything about money that goes back, each list bounded, what is oldest first.
#[derive(Clone, Debug)]
pub struct RefundOverview {
    /// Refunds that need a person.
    pub troubles: Vec<Refund>,
    /// What buyers ask for.
    pub wishes: Vec<RefundRequest>,
    /// Money that came and pays nothing, of which nothing goes back yet.
    pub held: Vec<PaymentFlag>,
    /// Refunds WeChat is or will be asked about.
    pub under_way: Vec<Refund>,
    /// The orders the first two are about.
    pub orders: HashMap<OrderId, Order>,
}

/// All of it, at one moment.
pub async fn load_overview(app: &App) -> Outcome<RefundOverview> {
    app.db
        .read(async move |tx| {
            let troubles = standing(tx, &[RefundState::Abnormal, RefundState::Refused]).await?;
            let under_way = standing(tx, &[RefundState::Opened, RefundState::Processing]).await?;
            let wishes = refund_request::waiting(tx, SHOWN_MAX).await?;
            let mut held = flag::waiting(tx, SHOWN_MAX).await?;
            let goes_back = |flag: &PaymentFlag| {
                troubles.iter().chain(&under_way).any(|refund| refund.out_trade_no == flag.out_trade_no)
            };
            held.retain(|flag| !flag.is_own || !goes_back(flag));
            let about =
                troubles.iter().map(|one| &one.order_id).chain(wishes.iter().map(|one| &one.order_id));
            let orders = order::by_ids(tx, about).await?;
            let orders = orders.into_iter().map(|order| (order.id.clone(), order)).collect();
            Ok::<_, Error>(RefundOverview { troubles, wishes, held, under_way, orders })
        })
        .await
}

/// Up to so many refunds of each of these states, the oldest of all first.
pub(super) async fn standing(tx: &mut Tx<'_>, states: &[RefundState]) -> Result<Vec<Refund>, DbError> {
    let mut all = Vec::new();
    for state in states {
        all.extend(refund::standing(tx, *state, SHOWN_MAX).await?);
    }
    all.sort_by_key(|refund| refund.created);
    Ok(all)
}
