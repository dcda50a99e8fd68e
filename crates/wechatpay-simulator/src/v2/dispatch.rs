//! A call from its bytes to its answer, with the fault that befalls it.

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};

use super::request::{self, Request};
use super::response::{self, Failure};
use super::xml::Fields;
use super::{
    bill, closeorder, dropped_connection, orderquery, pay_notice, refund, refundquery, shorturl, unifiedorder,
};
use crate::actions;
use crate::faults::{AnswerFault, Call, Falsehood};
use crate::state::World;
use crate::tls::Peer;
use crate::trade::payment::Payer;
use crate::trade::store::Which;

/// What is sent.
enum Reply {
    Fields(Fields),
    /// A bill, or why there is none.
    File(Response),
}

impl Reply {
    fn send(self) -> Response {
        match self {
            Self::Fields(fields) => response::send(&fields),
            Self::File(response) => response,
        }
    }
}

/// Answers a call.
pub async fn respond(world: &World, call: Call, (peer, body): (Option<Peer>, &[u8])) -> Response {
    let request = match request::read(world, body) {
        Ok(request) => request,
        Err(malformed) => return response::malformed(&malformed),
    };
    if peer.is_some_and(|peer| is_another(call, &peer, &request)) {
        return response::send(&response::compose(&request, Err(Failure::CertError.into())));
    }
    let out_trade_no = subject(world, &request);
    let fault = world.faults().take_answer(call, &out_trade_no);
    match fault {
        None => carry_out(world, call, &request, None).send(),
        Some(fault) => misbehave(world, call, &request, (fault, &out_trade_no)).await,
    }
}

/// Money is given away only over a connection that showed the certificate of who asks.
fn is_another(call: Call, peer: &Peer, request: &Request) -> bool {
    let is_money = matches!(call, Call::Refund | Call::Downloadfundflow);
    let is_he = matches!(peer, Peer::Merchant(mch_id) if *mch_id == request.merchant.mch_id);
    is_money && !is_he
}

fn carry_out(world: &World, call: Call, request: &Request, fault: Option<AnswerFault>) -> Reply {
    let fields = |outcome| Reply::Fields(response::compose(request, outcome));
    if request.merchant.appid != request.fields["appid"] {
        return fields(Err(Failure::AppidMchidNotMatch.into()));
    }
    match call {
        Call::Unifiedorder => fields(unifiedorder::place(world, request)),
        Call::Orderquery => fields(orderquery::look_up(world, request)),
        Call::Closeorder => fields(closeorder::close(world, request)),
        Call::Refund => fields(refund::accept(world, request, fault)),
        Call::Refundquery => fields(refundquery::look_up(world, request)),
        Call::Shorturl => fields(shorturl::shorten(world, request)),
        Call::Downloadbill => file(bill::trades(world, request)),
        Call::Downloadfundflow => file(bill::fund_flow(world, request)),
        Call::Certificates => fields(Err(Failure::NoAuth.into())),
    }
}

fn file(bill: Result<Response, bill::Refused>) -> Reply {
    Reply::File(bill.unwrap_or_else(|refused| bill::refusal(&refused)))
}

async fn misbehave(
    world: &World,
    call: Call,
    request: &Request,
    (fault, out_trade_no): (AnswerFault, &str),
) -> Response {
    let done = || carry_out(world, call, request, Some(fault));
    match fault {
        AnswerFault::Http500 => {
            plain(StatusCode::INTERNAL_SERVER_ERROR, "<html><body>500 Internal Server Error</body></html>")
        }
        AnswerFault::Http429 => {
            plain(StatusCode::TOO_MANY_REQUESTS, "<html><body>429 Too Many Requests</body></html>")
        }
        AnswerFault::Http202 => StatusCode::ACCEPTED.into_response(),
        AnswerFault::SystemErrorBefore => refused(call, request, Failure::SystemError),
        AnswerFault::Refuse(failure) => refused(call, request, failure),
        AnswerFault::SystemErrorAfter => {
            // Done or refused, the merchant does not learn it: that is the fault.
            let _ = done();
            refused(call, request, Failure::SystemError)
        }
        AnswerFault::DropAnswerAfter => {
            // As above.
            let _ = done();
            dropped_connection::response()
        }
        AnswerFault::Hang { seconds } => {
            let reply = done();
            tokio::time::sleep(Duration::from_secs(seconds.into())).await;
            reply.send()
        }
        AnswerFault::False(falsehood) => falsified(request, done(), falsehood),
        AnswerFault::NoticeBeforePrepayAnswer => {
            let reply = done();
            actions::pay_and_notify(world, out_trade_no).await;
            reply.send()
        }
        AnswerFault::NoticeBeforeRefundAnswer => {
            let reply = done();
            actions::notify_refund_now(world, out_trade_no).await;
            reply.send()
        }
        AnswerFault::PaidMeanwhile => {
            // A trade that cannot be paid any more is none that was paid meanwhile.
            let _ = actions::pay(world, Which::Number(out_trade_no), &Payer::anybody());
            done().send()
        }
        AnswerFault::Takes { .. }
        | AnswerFault::EndsAbnormal
        | AnswerFault::EndsClosed
        | AnswerFault::Bill(_) => done().send(),
    }
}

/// A bill has no signature to break.
fn falsified(request: &Request, reply: Reply, falsehood: Falsehood) -> Response {
    match reply {
        Reply::Fields(mut fields) => {
            let key = &request.merchant.api_key;
            pay_notice::falsify(&mut fields, falsehood, key, request.sign_type);
            response::send(&fields)
        }
        Reply::File(response) => response,
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    (status, Html(text)).into_response()
}

fn refused(call: Call, request: &Request, failure: Failure) -> Response {
    match call {
        Call::Downloadbill | Call::Downloadfundflow => bill::refusal(&bill::SYSTEM_ERROR),
        Call::Unifiedorder
        | Call::Orderquery
        | Call::Closeorder
        | Call::Refund
        | Call::Refundquery
        | Call::Shorturl
        | Call::Certificates => response::send(&response::compose(request, Err(failure.into()))),
    }
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
