//! Money that is set aside: who asks for it, and how it stops waiting.

use crate::domain::id::OrderId;
use crate::domain::message::NotFound;
use crate::domain::refusal::Refusal;
use crate::flow::{App, Outcome};
use crate::store::payment::flag;

/// Flags one list shows.
const FLAGS_SHOWN_MAX: i64 = 500;

/// Money that waits for a person, the longest first.
pub async fn waiting(app: &App) -> Outcome<Vec<flag::PaymentFlag>> {
    Ok(app.db.read(async move |tx| flag::waiting(tx, FLAGS_SHOWN_MAX).await).await?)
}

/// Whether money for this order waits for a person.
pub async fn waits_for(app: &App, order: &OrderId) -> Outcome<bool> {
    let order = order.clone();
    Ok(app.db.read(async move |tx| flag::any_for(tx, &order).await).await?)
}

/// An operator has seen to money that does not fit, and says how: on the merchant
/// platform, where the shop cannot look. All other money goes back by itself.
pub async fn seen_to(
    app: &App,
    operator: &str,
    (out_trade_no, transaction_id): (&str, &str),
    words: &str,
) -> Outcome<()> {
    let (number, transaction) = (out_trade_no.to_owned(), transaction_id.to_owned());
    let (words, now) = (format!("; {operator}: {words}"), app.now());
    let done =
        app.db.write(async move |tx| flag::seen_to(tx, (&number, &transaction), &words, now).await).await?;
    if !done {
        return Err(Refusal::new(NotFound::PendingPayment).into());
    }
    tracing::info!(out_trade_no, transaction_id, operator, "money that did not fit was seen to");
    Ok(())
}
