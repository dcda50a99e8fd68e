//! Refunds that failed: they are requested again or paid out by other means.

use super::advance::{change_state, find_refund, mark_failed};
use super::open::{new_refund_no, write_opened};
use crate::domain::message::{NotFound, RefundMessage};
use crate::domain::refusal::Refusal;
use crate::flow::unit_of_work::UnitOfWork;
use crate::flow::{App, Error, Outcome};
use crate::infra::db::DbError;
use crate::store::due_work::{self, DueKind};
use crate::store::order;
use crate::store::order::history::HistoryKind;
use crate::store::payment::refund::{self, Refund, RefundCause, RefundMove, RefundState};

/// How many refunds of one payment WeChat may close before an operator has to look.
const CLOSED_MAX: usize = 3;

/// Requests a refund that WeChat closed again under a new number, or stops it if that
/// happened too often.
pub(super) async fn retry_closed(app: &App, refund: &Refund) -> Outcome<()> {
    let (number, order) = (refund.out_trade_no.clone(), refund.order_id.clone());
    let all = app.db.read(async move |tx| Ok::<_, Error>(refund::list_for_order(tx, &order).await?)).await?;
    let closed =
        all.iter().filter(|one| one.out_trade_no == number && one.state == RefundState::Closed).count();
    if closed + 1 >= CLOSED_MAX {
        return mark_failed(app, refund, RefundState::Refused, "WeChat closed it again and again").await;
    }
    replace_refund(app, refund, "shop").await.map(drop)
}

/// An operator has a failed refund requested again, under a new number.
pub async fn retry_by_operator(app: &App, operator: &str, number: &str) -> Outcome<Refund> {
    replace_refund(app, &find_failed(app, number).await?, operator).await
}

/// An operator has paid the money out by other means, and says how.
pub async fn mark_paid_out(app: &App, operator: &str, number: &str, words: &str) -> Outcome<()> {
    let refund = find_failed(app, number).await?;
    let key = successor_key(&refund);
    let replaced =
        app.db.read(async move |tx| Ok::<_, Error>(refund::find_by_request_key(tx, &key).await?)).await?;
    if replaced.is_some() {
        return Err(not_failed().into());
    }
    let to =
        RefundMove { state: RefundState::Done, refund_id: None, told: Some(words), arrived: Some(app.now()) };
    change_state(app, &refund, to, HistoryKind::Refunded, operator).await
}

async fn find_failed(app: &App, number: &str) -> Outcome<Refund> {
    let found = find_refund(app, number).await?.ok_or_else(|| Refusal::new(NotFound::Refund))?;
    match found.state {
        RefundState::Closed | RefundState::Abnormal | RefundState::Refused => Ok(found),
        RefundState::Opened | RefundState::Processing | RefundState::Done => Err(not_failed().into()),
    }
}

/// The key of the refund that replaces this one. The key is unique, so there is at
/// most one.
fn successor_key(refund: &Refund) -> String {
    format!("again:{}", refund.out_refund_no)
}

async fn replace_refund(app: &App, refund: &Refund, actor: &str) -> Outcome<Refund> {
    let (old, actor) = (refund.clone(), actor.to_owned());
    app.write(async move |work| replace_in_tx(work, &old, &actor).await).await
}

/// The money stays reserved; only the number changes.
async fn replace_in_tx(work: &mut UnitOfWork<'_, '_>, old: &Refund, actor: &str) -> Outcome<Refund> {
    let order = order::lock(work.tx, &old.order_id).await?.ok_or(DbError::NoRow)?;
    if let Some(earlier) = refund::find_by_request_key(work.tx, &successor_key(old)).await? {
        return Ok(earlier);
    }
    let to = RefundMove { state: RefundState::Closed, refund_id: None, told: None, arrived: None };
    if !refund::change_state(work.tx, old, &to).await? {
        return Err(work
            .tx
            .race_error(format!("{} changed while it was replaced", old.out_refund_no))
            .into());
    }
    due_work::delete(work.tx, DueKind::Refund, &old.out_refund_no).await?;
    let refund = Refund {
        out_refund_no: new_refund_no(work),
        cause: RefundCause::Again,
        state: RefundState::Opened,
        request: String::new(),
        asked: 0,
        refund_id: None,
        told: None,
        actor: actor.to_owned(),
        request_key: Some(successor_key(old)),
        arrived: None,
        created: work.now,
        ..old.clone()
    };
    write_opened(work, &order, &refund).await?;
    Ok(refund)
}

fn not_failed() -> Refusal {
    Refusal::new(RefundMessage::NoActionNeeded)
}
