//! Whether an attempt is over.

use crate::flow::{App, Error, Outcome};
use crate::infra::db::DbError;
use crate::store::due_work::{self, DueKind};
use crate::store::payment::attempt::{self, Attempt};

/// Whether an attempt can still be paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptEnd {
    /// It can no longer be paid, or its money is settled. Whether that paid the
    /// order, the order says: the amount may have been another.
    Over,
    /// Not known: it may still be paid.
    Unclear,
}

/// Whether settling ended the attempt. It stays live if another attempt already
/// has this payment; then it may still be paid.
pub(super) async fn end_after_settling(app: &App, number: &str) -> Outcome<AttemptEnd> {
    let number = number.to_owned();
    let attempt = app.db.read(async move |tx| attempt::find(tx, &number).await).await?;
    let is_live = attempt.is_some_and(|attempt| attempt.state.is_live());
    Ok(if is_live { AttemptEnd::Unclear } else { AttemptEnd::Over })
}

/// Closes the attempt, unless its money has arrived in the meantime or another
/// caller has just started to ask WeChat for its code.
pub(super) async fn end(app: &App, attempt: &Attempt) -> Outcome<AttemptEnd> {
    let (number, asked) = (attempt.out_trade_no.clone(), attempt.asked);
    app.write(async move |work| {
        let tx = &mut *work.tx;
        let current = attempt::lock(tx, &number).await?.ok_or(DbError::NoRow)?;
        if !current.state.is_live() {
            return Ok(AttemptEnd::Over);
        }
        if current.asked != asked {
            return Ok(AttemptEnd::Unclear);
        }
        attempt::close(tx, &number).await?;
        due_work::delete(tx, DueKind::QueryPayment, &number).await?;
        Ok::<_, Error>(AttemptEnd::Over)
    })
    .await
}
