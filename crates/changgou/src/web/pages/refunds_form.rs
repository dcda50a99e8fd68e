//! What an operator decides about money that goes back.

use axum::extract::{Path, State};
use serde::Deserialize;

use super::super::Web;
use super::super::extract::Operator;
use super::super::input::{Form, PathOrder, text};
use super::super::response::{Problem, status};
use super::flash::{Notice, tellable};
use super::page_context::Frame;
use super::refunds::{HERE, page};
use super::render::{Shown, see_other};
use crate::domain::id::Id;
use crate::domain::limits::REFUND_WORDS_MAX;
use crate::domain::refusal::Refusal;
use crate::flow;
use crate::flow::refund::Restock;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Why {
    reason: String,
}

impl Why {
    fn words(&self) -> Result<String, Refusal> {
        text("原因 / Reason", &self.reason, 1, REFUND_WORDS_MAX)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Granted {
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
    State(web): State<Web>,
    Operator(operator): Operator,
    frame: Frame,
    Path(number): Path<String>,
) -> Shown {
    let asked = flow::refund::again(&web.app, &operator.username, &number).await;
    done(&web, frame, asked.map(|_| "refund-again").map_err(Problem::from)).await
}

/// The buyer has the money by other means.
pub(in super::super) async fn paid_out(
    State(web): State<Web>,
    Operator(operator): Operator,
    frame: Frame,
    Path(number): Path<String>,
    Form(why): Form<Why>,
) -> Shown {
    let noted = async {
        flow::refund::paid_out(&web.app, &operator.username, &number, &why.words()?).await?;
        Ok("refund-paid-out")
    };
    done(&web, frame, noted.await).await
}

/// The buyer gets what they asked for.
pub(in super::super) async fn grant(
    State(web): State<Web>,
    Operator(operator): Operator,
    frame: Frame,
    PathOrder(id): PathOrder,
    Form(Granted { wish, restock }): Form<Granted>,
) -> Shown {
    let restock = match restock {
        Restocked::Yes => Restock::Yes,
        Restocked::No => Restock::No,
    };
    let given = flow::refund::grant(&web.app, &operator.username, &id, wish, restock).await;
    done(&web, frame, given.map(|_| "refund-granted").map_err(Problem::from)).await
}

/// The buyer does not.
pub(in super::super) async fn deny(
    State(web): State<Web>,
    Operator(operator): Operator,
    frame: Frame,
    PathOrder(id): PathOrder,
    Form(why): Form<Why>,
) -> Shown {
    let denied = async {
        flow::refund::deny(&web.app, &operator.username, &id, &why.words()?).await?;
        Ok("refund-denied")
    };
    done(&web, frame, denied.await).await
}

/// Money that pays nothing goes back.
pub(in super::super) async fn held(
    State(web): State<Web>,
    Operator(operator): Operator,
    frame: Frame,
    Path(number): Path<String>,
) -> Shown {
    let given = flow::refund::of_flag(&web.app, &operator.username, &number).await;
    done(&web, frame, given.map(|_| "refund-granted").map_err(Problem::from)).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct SeenTo {
    transaction: String,
    reason: String,
}

/// It was seen to where the shop cannot look.
pub(in super::super) async fn seen_to(
    State(web): State<Web>,
    Operator(operator): Operator,
    frame: Frame,
    Path(number): Path<String>,
    Form(SeenTo { transaction, reason }): Form<SeenTo>,
) -> Shown {
    let noted = async {
        let (money, words) = ((number.as_str(), transaction.as_str()), Why { reason }.words()?);
        flow::settle::seen_to(&web.app, &operator.username, money, &words).await?;
        Ok("payment-seen-to")
    };
    done(&web, frame, noted.await).await
}

async fn done(web: &Web, frame: Frame, word: Result<&str, Problem>) -> Shown {
    match word {
        Ok(word) => Ok(see_other(&format!("{HERE}?done={word}"))),
        Err(problem) => {
            let refusal = tellable(problem)?;
            let frame = frame.at(HERE);
            let notice = Notice::refused(&refusal, frame.lang);
            page(web, &frame, status(refusal.reason), Some(notice)).await
        }
    }
}
