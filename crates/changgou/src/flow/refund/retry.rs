//! Refunds that did not come to a good end.

use super::job::{find, finish, stop};
use super::{RefundIds, RefundOpening, write_down};
use crate::domain::message::{NotFound, RefundMessage};
use crate::domain::refusal::Refusal;
use crate::flow::{App, Error, Outcome};
use crate::infra::db::{DbError, Tx};
use crate::store::due_work;
use crate::store::order;
use crate::store::order::history::HistoryKind;
use crate::store::payment::refund::{self, Refund, RefundCause, RefundMove, RefundState};

/// How many refunds of one payment may come to nothing before a person looks.
const CLOSED_MAX: usize = 3;

/// A refund that WeChat closed is asked for under a new number; after some, a
/// person looks.
pub(super) async fn anew(app: &App, refund: &Refund) -> Outcome<()> {
    let (number, order) = (refund.out_trade_no.clone(), refund.order_id.clone());
    let all = app.db.read(async move |tx| Ok::<_, Error>(refund::of(tx, &order).await?)).await?;
    let closed =
        all.iter().filter(|one| one.out_trade_no == number && one.state == RefundState::Closed).count();
    if closed + 1 >= CLOSED_MAX {
        return stop(app, refund, RefundState::Refused, "WeChat closed it again and again").await;
    }
    replace_now(app, refund, "shop").await.map(drop)
}

/// Asks again, under a new number, for a refund that needs a person.
pub async fn again(app: &App, operator: &str, number: &str) -> Outcome<Refund> {
    replace_now(app, &troubled(app, number).await?, operator).await
}

/// A person has paid the money out by other means, and says how.
pub async fn paid_out(app: &App, operator: &str, number: &str, words: &str) -> Outcome<()> {
    let refund = troubled(app, number).await?;
    let key = successor(&refund);
    let replaced = app.db.read(async move |tx| Ok::<_, Error>(refund::by_key(tx, &key).await?)).await?;
    if replaced.is_some() {
        return Err(no_trouble().into());
    }
    let to =
        RefundMove { state: RefundState::Done, refund_id: None, told: Some(words), arrived: Some(app.now()) };
    finish(app, &refund, to, HistoryKind::Refunded, operator).await
}

async fn troubled(app: &App, number: &str) -> Outcome<Refund> {
    let found = find(app, number).await?.ok_or_else(|| Refusal::new(NotFound::Refund))?;
    match found.state {
        RefundState::Closed | RefundState::Abnormal | RefundState::Refused => Ok(found),
        RefundState::Opened | RefundState::Processing | RefundState::Done => Err(no_trouble().into()),
    }
}

/// The name of the refund that takes another's place: it has one at most.
fn successor(refund: &Refund) -> String {
    format!("again:{}", refund.out_refund_no)
}

async fn replace_now(app: &App, refund: &Refund, actor: &str) -> Outcome<Refund> {
    let (old, actor, numbers) = (refund.clone(), actor.to_owned(), RefundIds::of(app));
    let (outlet, now) = (app.outlet.clone(), app.now());
    let fresh = app
        .db
        .write(async move |tx| {
            let opening = RefundOpening { outlet: &outlet, actor: &actor, numbers, now };
            replace(tx, &old, &opening).await
        })
        .await?;
    app.outlet.wake();
    app.changed(&refund.order_id);
    Ok(fresh)
}

/// The money stays set aside; only the number is another.
async fn replace(tx: &mut Tx<'_>, old: &Refund, opening: &RefundOpening<'_>) -> Outcome<Refund> {
    let order = order::lock(tx, &old.order_id).await?.ok_or(DbError::NoRow)?;
    if let Some(before) = refund::by_key(tx, &successor(old)).await? {
        return Ok(before);
    }
    let to = RefundMove { state: RefundState::Closed, refund_id: None, told: None, arrived: None };
    if !refund::advance(tx, old, &to).await? {
        return Err(tx.raced(format!("{} moved while it was replaced", old.out_refund_no)).into());
    }
    due_work::done(tx, due_work::DueKind::Refund, &old.out_refund_no).await?;
    let fresh = Refund {
        out_refund_no: opening.numbers.out_refund_no(),
        cause: RefundCause::Again,
        state: RefundState::Opened,
        request: String::new(),
        asked: 0,
        refund_id: None,
        told: None,
        actor: opening.actor.to_owned(),
        request_key: Some(successor(old)),
        arrived: None,
        created: opening.now,
        ..old.clone()
    };
    write_down(tx, &order, &fresh, opening).await?;
    Ok(fresh)
}

fn no_trouble() -> Refusal {
    Refusal::new(RefundMessage::NoActionNeeded)
}
