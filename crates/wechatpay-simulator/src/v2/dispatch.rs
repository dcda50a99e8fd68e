//! Handling a call from the request to the response, with its fault.

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};

use super::request::{self, V2IncomingRequest};
use super::response;
use super::xml::XmlFields;
use super::{
    bill, closeorder, dropped_connection, orderquery, pay_notice, refund, refundquery, shorturl, unifiedorder,
};
use crate::actions;
use crate::business_error::BusinessError;
use crate::faults::{AnswerFault, ApiCall, Falsification};
use crate::state::SimulatorState;
use crate::tls::TlsPeer;
use crate::trade::payment::Payer;
use crate::trade::store::TradeSelector;

/// A response.
enum V2Reply {
    Fields(XmlFields),
    /// A bill or an error.
    File(Response),
}

impl V2Reply {
    fn send(self) -> Response {
        match self {
            Self::Fields(fields) => response::send(&fields),
            Self::File(response) => response,
        }
    }
}

/// Answers a call.
pub async fn respond(
    state: &SimulatorState,
    call: ApiCall,
    (peer, body): (Option<TlsPeer>, &[u8]),
) -> Response {
    let request = match request::read(state, body) {
        Ok(request) => request,
        Err(malformed) => return response::malformed(&malformed),
    };
    if peer.is_some_and(|peer| is_another(call, &peer, &request)) {
        return response::send(&response::compose(&request, Err(BusinessError::CertError.into())));
    }
    let out_trade_no = trade_number_of(state, &request);
    let fault = state.faults().take_answer(call, &out_trade_no);
    match fault {
        None => execute(state, call, &request, None).send(),
        Some(fault) => answer_with_fault(state, call, &request, (fault, &out_trade_no)).await,
    }
}

/// Calls that take money out need a connection with the merchant's own certificate.
fn is_another(call: ApiCall, peer: &TlsPeer, request: &V2IncomingRequest) -> bool {
    let is_money = matches!(call, ApiCall::Refund | ApiCall::Downloadfundflow);
    let is_match = matches!(peer, TlsPeer::Merchant(mch_id) if *mch_id == request.merchant.mch_id);
    is_money && !is_match
}

fn execute(
    state: &SimulatorState,
    call: ApiCall,
    request: &V2IncomingRequest,
    fault: Option<AnswerFault>,
) -> V2Reply {
    let fields = |outcome| V2Reply::Fields(response::compose(request, outcome));
    if request.merchant.appid != request.fields["appid"] {
        return fields(Err(BusinessError::AppidMchidNotMatch.into()));
    }
    match call {
        ApiCall::Unifiedorder => fields(unifiedorder::place(state, request)),
        ApiCall::Orderquery => fields(orderquery::query(state, request)),
        ApiCall::Closeorder => fields(closeorder::close(state, request)),
        ApiCall::Refund => fields(refund::accept(state, request, fault)),
        ApiCall::Refundquery => fields(refundquery::query(state, request)),
        ApiCall::Shorturl => fields(shorturl::shorten(state, request)),
        ApiCall::Downloadbill => file(bill::trades(state, request)),
        ApiCall::Downloadfundflow => file(bill::fund_flow(state, request)),
        ApiCall::Certificates => fields(Err(BusinessError::NoAuth.into())),
    }
}

fn file(bill: Result<Response, bill::BillRefusal>) -> V2Reply {
    V2Reply::File(bill.unwrap_or_else(|refused| bill::refusal(&refused)))
}

async fn answer_with_fault(
    state: &SimulatorState,
    call: ApiCall,
    request: &V2IncomingRequest,
    (fault, out_trade_no): (AnswerFault, &str),
) -> Response {
    let done = || execute(state, call, request, Some(fault));
    match fault {
        AnswerFault::Http500 => {
            plain(StatusCode::INTERNAL_SERVER_ERROR, "<html><body>500 Internal Server Error</body></html>")
        }
        AnswerFault::Http429 => {
            plain(StatusCode::TOO_MANY_REQUESTS, "<html><body>429 Too Many Requests</body></html>")
        }
        AnswerFault::Http202 => StatusCode::ACCEPTED.into_response(),
        AnswerFault::SystemErrorBefore => refused(call, request, BusinessError::SystemError),
        AnswerFault::Refuse(failure) => refused(call, request, failure),
        AnswerFault::SystemErrorAfter => {
            // The result is hidden from the merchant on purpose.
            let _ = done();
            refused(call, request, BusinessError::SystemError)
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
        AnswerFault::False(falsification) => falsified(request, done(), falsification),
        AnswerFault::NoticeBeforePrepayAnswer => {
            let reply = done();
            actions::pay_and_notify(state, out_trade_no).await;
            reply.send()
        }
        AnswerFault::NoticeBeforeRefundAnswer => {
            let reply = done();
            actions::notify_refund_now(state, out_trade_no).await;
            reply.send()
        }
        AnswerFault::PaidMeanwhile => {
            // A trade that can no longer be paid stays as it is.
            let _ = actions::pay(state, TradeSelector::Number(out_trade_no), &Payer::demo());
            done().send()
        }
        AnswerFault::Takes { .. }
        | AnswerFault::EndsAbnormal
        | AnswerFault::EndsClosed
        | AnswerFault::Bill(_) => done().send(),
    }
}

/// A bill is not signed, so it cannot be falsified this way.
fn falsified(request: &V2IncomingRequest, reply: V2Reply, falsification: Falsification) -> Response {
    match reply {
        V2Reply::Fields(mut fields) => {
            let key = &request.merchant.api_key;
            pay_notice::falsify(&mut fields, falsification, key, request.sign_type);
            response::send(&fields)
        }
        V2Reply::File(response) => response,
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    (status, Html(text)).into_response()
}

fn refused(call: ApiCall, request: &V2IncomingRequest, failure: BusinessError) -> Response {
    match call {
        ApiCall::Downloadbill | ApiCall::Downloadfundflow => bill::refusal(&bill::SYSTEM_ERROR),
        ApiCall::Unifiedorder
        | ApiCall::Orderquery
        | ApiCall::Closeorder
        | ApiCall::Refund
        | ApiCall::Refundquery
        | ApiCall::Shorturl
        | ApiCall::Certificates => response::send(&response::compose(request, Err(failure.into()))),
    }
}

/// The order number of a call, also if the call names a transaction or a refund.
fn trade_number_of(state: &SimulatorState, request: &V2IncomingRequest) -> String {
    let trades = state.trades();
    let by_transaction_id = || trades.by_transaction_id(request.get("transaction_id")?);
    let by_refund_id = || trades.by_refund_id(request.get("refund_id")?).map(|(trade, _)| trade);
    let by_refund =
        || trades.refund(&request.merchant.mch_id, request.get("out_refund_no")?).map(|(trade, _)| trade);
    let named = by_transaction_id().or_else(by_refund_id).map(|trade| trade.order.out_trade_no.clone());
    let own = || request.get("out_trade_no").map(str::to_owned);
    let refunded = || by_refund().map(|trade| trade.order.out_trade_no.clone());
    named.or_else(own).or_else(refunded).unwrap_or_default()
}
