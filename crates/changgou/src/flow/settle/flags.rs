//! Money that was set aside: lists of it, and the operator's decision.

use crate::domain::id::OrderId;
use crate::domain::message::NotFound;
use crate::domain::refusal::Refusal;
use crate::flow::{App, Outcome};
use crate::store::payment::flag::{self, PaymentFlag};

/// Flags one list shows.
const FLAGS_SHOWN_MAX: i64 = 500;

/// Money that waits for an operator, the oldest first.
pub async fn list_open_flags(app: &App) -> Outcome<Vec<PaymentFlag>> {
    Ok(app.db.read(async move |tx| flag::list_open(tx, FLAGS_SHOWN_MAX).await).await?)
}

/// Whether money for this order waits for an operator.
pub async fn has_open_flag(app: &App, order: &OrderId) -> Outcome<bool> {
    let order = order.clone();
    Ok(app.db.read(async move |tx| flag::has_open(tx, &order).await).await?)
}

/// Notes that an operator has handled a mismatched payment on the merchant platform,
/// where the shop cannot see it, and how. All other flagged money is refunded
/// automatically.
pub async fn mark_handled(
    app: &App,
    operator: &str,
    (out_trade_no, transaction_id): (&str, &str),
    words: &str,
) -> Outcome<()> {
    let (number, transaction) = (out_trade_no.to_owned(), transaction_id.to_owned());
    let words = format!("; {operator}: {words}");
    let is_handled = app.write(async move |work| {
        flag::resolve_by_operator(work.tx, (&number, &transaction), &words, work.now).await
    });
    if !is_handled.await? {
        return Err(Refusal::new(NotFound::PendingPayment).into());
    }
    tracing::info!(out_trade_no, transaction_id, operator, "an operator handled a mismatched payment");
    Ok(())
}
