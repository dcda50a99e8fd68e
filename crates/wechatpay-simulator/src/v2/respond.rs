//! A call from its bytes to its answer, with the fault that befalls it.

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};

use super::answer::{self, Failure, Outcome};
use super::request::{self, Request};
use super::{broken, closeorder, orderquery, pay_notice, refund, refundquery, unifiedorder};
use crate::deeds;
use crate::faults::{AnswerFault, Call, Falsehood};
use crate::trade::book::Which;
use crate::trade::payment::Payer;
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
        None => answer::send(&answer::compose(&request, carry_out(world, call, &request, None))),
        Some(fault) => misbehave(world, call, &request, (fault, &out_trade_no)).await,
    }
}

fn carry_out(world: &World, call: Call, request: &Request, fault: Option<AnswerFault>) -> Outcome {
    if request.merchant.appid != request.fields["appid"] {
        return Err(Failure::AppidMchidNotMatch.into());
    }
    match call {
        Call::Unifiedorder => unifiedorder::place(world, request),
        Call::Orderquery => orderquery::look_up(world, request),
        Call::Closeorder => closeorder::close(world, request),
        Call::Refund => refund::accept(world, request, fault),
        Call::Refundquery => refundquery::look_up(world, request),
        Call::Downloadbill | Call::Downloadfundflow | Call::Shorturl | Call::Certificates => {
            Err(Failure::NoAuth.into())
        }
    }
}

async fn misbehave(
    world: &World,
    call: Call,
    request: &Request,
    (fault, out_trade_no): (AnswerFault, &str),
) -> Response {
    let done = || answer::compose(request, carry_out(world, call, request, Some(fault)));
    match fault {
        AnswerFault::Http500 => {
            plain(StatusCode::INTERNAL_SERVER_ERROR, "<html><body>500 Internal Server Error</body></html>")
        }
        AnswerFault::Http429 => {
            plain(StatusCode::TOO_MANY_REQUESTS, "<html><body>429 Too Many Requests</body></html>")
        }
        AnswerFault::Http202 => StatusCode::ACCEPTED.into_response(),
        AnswerFault::SystemErrorBefore => refused(request, Failure::SystemError),
        AnswerFault::Refuse(failure) => refused(request, failure),
        AnswerFault::SystemErrorAfter => {
            // Done or refused, the merchant does not learn it: that is the fault.
            let _ = done();
            refused(request, Failure::SystemError)
        }
        AnswerFault::DropAnswerAfter => {
            // As above.
            let _ = done();
            broken::response()
        }
        AnswerFault::Hang { seconds } => {
            let fields = done();
            tokio::time::sleep(Duration::from_secs(seconds.into())).await;
            answer::send(&fields)
        }
        AnswerFault::False(falsehood) => falsified(request, done(), falsehood),
        AnswerFault::NoticeBeforePrepayAnswer => {
            let fields = done();
            deeds::pay_and_notify(world, out_trade_no).await;
            answer::send(&fields)
        }
        AnswerFault::PaidMeanwhile => {
            // A trade that cannot be paid any more is none that was paid meanwhile.
            let _ = deeds::pay(world, Which::Number(out_trade_no), &Payer::anybody());
            answer::send(&done())
        }
        AnswerFault::Takes { .. }
        | AnswerFault::EndsAbnormal
        | AnswerFault::EndsClosed
        | AnswerFault::Bill(_) => answer::send(&done()),
    }
}

fn falsified(request: &Request, fields: super::xml::Fields, falsehood: Falsehood) -> Response {
    let mut fields = fields;
    pay_notice::falsify(&mut fields, falsehood, &request.merchant.api_key, request.sign_type);
    answer::send(&fields)
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    (status, Html(text)).into_response()
}

fn refused(request: &Request, failure: Failure) -> Response {
    answer::send(&answer::compose(request, Err(failure.into())))
}

/// The number of the trade a call is about, also where it is named by its transaction or by a refund.
fn subject(world: &World, request: &Request) -> String {
    let book = world.book();
    let by_transaction = || book.by_transaction(request.get("transaction_id")?);
    let by_refund_id = || book.by_refund_id(request.get("refund_id")?).map(|(trade, _)| trade);
    let by_refund =
        || book.refund(&request.merchant.mch_id, request.get("out_refund_no")?).map(|(trade, _)| trade);
    let named = by_transaction().or_else(by_refund_id).map(|trade| trade.order.out_trade_no.clone());
    let own = || request.get("out_trade_no").map(str::to_owned);
    let refunded = || by_refund().map(|trade| trade.order.out_trade_no.clone());
    named.or_else(own).or_else(refunded).unwrap_or_default()
}
