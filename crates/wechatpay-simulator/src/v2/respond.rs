//! A call from its bytes to its answer, with the fault that befalls it.

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};

use super::answer::{self, Failure, Outcome};
use super::request::{self, Request};
use super::{broken, closeorder, orderquery, pay_notice, sign, unifiedorder};
use crate::faults::{AnswerFault, Call};
use crate::notice::Letter;
use crate::notice::deliver::deliver;
use crate::trade::book::Which;
use crate::trade::payment::{DEFAULT_OPENID, Payer};
use crate::world::World;

/// Answers a call.
pub async fn respond(world: &World, call: Call, body: &[u8]) -> Response {
    let request = match request::read(world, body) {
        Ok(request) => request,
        Err(malformed) => return answer::malformed(&malformed),
    };
    let out_trade_no = subject(world, &request);
    let fault = world.faults().take_answer(call, &out_trade_no);
    match fault {
        None => answer::send(&answer::compose(&request, carry_out(world, call, &request))),
        Some(fault) => misbehave(world, call, &request, fault).await,
    }
}

fn carry_out(world: &World, call: Call, request: &Request) -> Outcome {
    if request.merchant.appid != request.fields["appid"] {
        return Err(Failure::AppidMchidNotMatch.into());
    }
    match call {
        Call::Unifiedorder => unifiedorder::place(world, request),
        Call::Orderquery => orderquery::look_up(world, request),
        Call::Closeorder => closeorder::close(world, request),
    }
}

async fn misbehave(world: &World, call: Call, request: &Request, fault: AnswerFault) -> Response {
    match fault {
        AnswerFault::Http500 => http_500(),
        AnswerFault::SystemErrorBefore => system_error(request),
        AnswerFault::SystemErrorAfter => {
            // Done or refused, the merchant does not learn it: that is the fault.
            let _ = carry_out(world, call, request);
            system_error(request)
        }
        AnswerFault::DropAnswerAfter => {
            // As above.
            let _ = carry_out(world, call, request);
            broken::response()
        }
        AnswerFault::Hang { seconds } => {
            let fields = answer::compose(request, carry_out(world, call, request));
            tokio::time::sleep(Duration::from_secs(seconds.into())).await;
            answer::send(&fields)
        }
        AnswerFault::BadSignature => {
            let mut fields = answer::compose(request, carry_out(world, call, request));
            sign::break_signature(&mut fields);
            answer::send(&fields)
        }
        AnswerFault::NoticeBeforePrepayAnswer => {
            let fields = answer::compose(request, carry_out(world, call, request));
            pay_and_notify(world, request.get("out_trade_no").unwrap_or_default()).await;
            answer::send(&fields)
        }
    }
}

/// An order that was not placed cannot be paid, and then there is nothing to notify.
async fn pay_and_notify(world: &World, out_trade_no: &str) {
    let payer = Payer { openid: DEFAULT_OPENID.to_owned(), amount: None };
    let paid = world.book().pay(Which::Number(out_trade_no), &payer, world.clock().now());
    let notice = paid.ok().as_ref().and_then(pay_notice::compose);
    if let Some(notice) = notice {
        deliver(world, Letter::first(notice)).await;
    }
}

fn http_500() -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, Html("<html><body>500 Internal Server Error</body></html>"))
        .into_response()
}

fn system_error(request: &Request) -> Response {
    answer::send(&answer::compose(request, Err(Failure::SystemError.into())))
}

/// The number of the trade a call is about, also where it is named by its transaction.
fn subject(world: &World, request: &Request) -> String {
    let by_transaction = request
        .get("transaction_id")
        .and_then(|id| world.book().by_transaction(id).map(|trade| trade.order.out_trade_no.clone()));
    by_transaction.unwrap_or_else(|| request.get("out_trade_no").unwrap_or_default().to_owned())
}
