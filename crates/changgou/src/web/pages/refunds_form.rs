//! What an operator decides about money that goes back.

use axum::extract::{Path, State};
use serde::Deserialize;

use super::super::WebState;
use super::super::extractors::Operator;
use super::super::input::{Form, PathOrder, text};
use super::super::response::{ApiProblem, status};
use super::flash::{Flash, tellable};
use super::page_context::PageContext;
use super::refunds::{HERE, page};
use super::render::{PageResult, see_other};
use crate::domain::id::Id;
use crate::domain::limits::REFUND_WORDS_MAX;
use crate::domain::refusal::Refusal;
use crate::flow;
use crate::flow::refund::Restock;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct DenyForm {
    reason: String,
}

impl DenyForm {
    fn words(&self) -> Result<String, Refusal> {
        text("原因 / Reason", &self.reason, 1, REFUND_WORDS_MAX)
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

/// WeChat is asked once more.
pub(in super::super) async fn again(
    State(web): State<WebState>,
    Operator(operator): Operator,
    frame: PageContext,
    Path(number): Path<String>,
) -> PageResult {
    let asked = flow::refund::again(&web.app, &operator.username, &number).await;
    done(&web, frame, asked.map(|_| "refund-again").map_err(ApiProblem::from)).await
}

/// The buyer has the money by other means.
pub(in super::super) async fn paid_out(
    State(web): State<WebState>,
    Operator(operator): Operator,
    frame: PageContext,
    Path(number): Path<String>,
    Form(why): Form<DenyForm>,
) -> PageResult {
    let noted = async {
        flow::refund::paid_out(&web.app, &operator.username, &number, &why.words()?).await?;
        Ok("refund-paid-out")
    };
    done(&web, frame, noted.await).await
}

/// The buyer gets what they asked for.
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
    let given = flow::refund::grant(&web.app, &operator.username, &id, wish, restock).await;
    done(&web, frame, given.map(|_| "refund-granted").map_err(ApiProblem::from)).await
}

/// The buyer does not.
pub(in super::super) async fn deny(
    State(web): State<WebState>,
    Operator(operator): Operator,
    frame: PageContext,
    PathOrder(id): PathOrder,
    Form(why): Form<DenyForm>,
) -> PageResult {
    let denied = async {
        flow::refund::deny(&web.app, &operator.username, &id, &why.words()?).await?;
        Ok("refund-denied")
    };
    done(&web, frame, denied.await).await
}

/// Money that pays nothing goes back.
pub(in super::super) async fn held(
    State(web): State<WebState>,
    Operator(operator): Operator,
    frame: PageContext,
    Path(number): Path<String>,
) -> PageResult {
    let given = flow::refund::of_flag(&web.app, &operator.username, &number).await;
    done(&web, frame, given.map(|_| "refund-granted").map_err(ApiProblem::from)).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct FlagSeenForm {
    transaction: String,
    reason: String,
}

/// It was seen to where the shop cannot look.
pub(in super::super) async fn seen_to(
    State(web): State<WebState>,
    Operator(operator): Operator,
    frame: PageContext,
    Path(number): Path<String>,
    Form(FlagSeenForm { transaction, reason }): Form<FlagSeenForm>,
) -> PageResult {
    let noted = async {
        let (money, words) = ((number.as_str(), transaction.as_str()), DenyForm { reason }.words()?);
        flow::settle::seen_to(&web.app, &operator.username, money, &words).await?;
        Ok("payment-seen-to")
    };
    done(&web, frame, noted.await).await
}

async fn done(web: &WebState, frame: PageContext, word: Result<&str, ApiProblem>) -> PageResult {
    match word {
        Ok(word) => Ok(see_other(&format!("{HERE}?done={word}"))),
        Err(problem) => {
            let refusal = tellable(problem)?;
            let frame = frame.at(HERE);
            let notice = Flash::refused(&refusal, frame.lang);
            page(web, &frame, status(refusal.reason), Some(notice)).await
        }
    }
}
