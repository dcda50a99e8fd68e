//! The forms of `/admin/refunds`.

use axum::extract::State;
use serde::Deserialize;

use super::super::WebState;
use super::super::extractors::Operator;
use super::super::input::{Form, PathOrder, PathText, text};
use super::super::response::{ApiProblem, status};
use super::flash::{Flash, into_refusal};
use super::page_context::PageContext;
use super::refunds::{PATH, page};
use super::render::{PageResult, see_other};
use crate::domain::id::Id;
use crate::domain::limits::REFUND_WORDS_MAX;
use crate::domain::message::FieldName;
use crate::domain::refusal::Refusal;
use crate::flow;
use crate::flow::refund::Restock;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct RemarkForm {
    reason: String,
}

impl RemarkForm {
    fn remark(&self) -> Result<String, Refusal> {
        text(FieldName::Remark, &self.reason, 1, REFUND_WORDS_MAX)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct GrantForm {
    wish: Id,
    restock: Restocked,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Restocked {
    Yes,
    No,
}

pub(in super::super) async fn retry(
    State(web): State<WebState>,
    Operator(operator): Operator,
    frame: PageContext,
    PathText(number): PathText,
) -> PageResult {
    let asked = flow::refund::retry_by_operator(&web.app, &operator.username, &number).await;
    done(&web, frame, asked.map(|_| "refund-again").map_err(ApiProblem::from)).await
}

/// The buyer was refunded another way.
pub(in super::super) async fn paid_out(
    State(web): State<WebState>,
    Operator(operator): Operator,
    frame: PageContext,
    PathText(number): PathText,
    Form(why): Form<RemarkForm>,
) -> PageResult {
    let noted = async {
        flow::refund::mark_paid_out(&web.app, &operator.username, &number, &why.remark()?).await?;
        Ok("refund-paid-out")
    };
    done(&web, frame, noted.await).await
}

pub(in super::super) async fn grant(
    State(web): State<WebState>,
    Operator(operator): Operator,
    frame: PageContext,
    PathOrder(id): PathOrder,
    Form(GrantForm { wish, restock }): Form<GrantForm>,
) -> PageResult {
    let restock = match restock {
        Restocked::Yes => Restock::Yes,
        Restocked::No => Restock::No,
    };
    let given = flow::refund::grant_request(&web.app, &operator.username, &id, wish, restock).await;
    done(&web, frame, given.map(|_| "refund-granted").map_err(ApiProblem::from)).await
}

pub(in super::super) async fn deny(
    State(web): State<WebState>,
    Operator(operator): Operator,
    frame: PageContext,
    PathOrder(id): PathOrder,
    Form(why): Form<RemarkForm>,
) -> PageResult {
    let denied = async {
        flow::refund::deny_request(&web.app, &operator.username, &id, &why.remark()?).await?;
        Ok("refund-denied")
    };
    done(&web, frame, denied.await).await
}

/// Refunds a payment that belongs to no live order.
pub(in super::super) async fn refund_flagged(
    State(web): State<WebState>,
    Operator(operator): Operator,
    frame: PageContext,
    PathText(number): PathText,
) -> PageResult {
    let given = flow::refund::refund_flagged(&web.app, &operator.username, &number).await;
    done(&web, frame, given.map(|_| "refund-granted").map_err(ApiProblem::from)).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct FlagHandledForm {
    transaction: String,
    reason: String,
}

/// The payment was handled outside the shop.
pub(in super::super) async fn mark_handled(
    State(web): State<WebState>,
    Operator(operator): Operator,
    frame: PageContext,
    PathText(number): PathText,
    Form(FlagHandledForm { transaction, reason }): Form<FlagHandledForm>,
) -> PageResult {
    let noted = async {
        let (money, words) = ((number.as_str(), transaction.as_str()), RemarkForm { reason }.remark()?);
        flow::settle::mark_handled(&web.app, &operator.username, money, &words).await?;
        Ok("payment-seen-to")
    };
    done(&web, frame, noted.await).await
}

async fn done(web: &WebState, frame: PageContext, word: Result<&str, ApiProblem>) -> PageResult {
    match word {
        Ok(word) => Ok(see_other(&format!("{PATH}?done={word}"))),
        Err(problem) => {
            let refusal = into_refusal(problem)?;
            let frame = frame.at_path(PATH);
            let notice = Flash::refused(&refusal, frame.lang);
            page(web, &frame, status(refusal.reason), Some(notice)).await
        }
    }
}
