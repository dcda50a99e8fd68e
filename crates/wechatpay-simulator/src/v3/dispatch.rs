//! Handling a call from the request to the response, with its fault.

use std::time::Duration;

use axum::response::Response;

use super::request::{self, RawRequest, V3IncomingRequest};
use super::response::{self, V3CallResult, V3Error, V3ResponseBody};
use super::{bill, certificates, close, native, query, refund, refund_query};
use crate::actions;
use crate::business_error::BusinessError;
use crate::faults::{AnswerFault, ApiCall, Falsification};
use crate::state::SimulatorState;
use crate::trade::Trade;
use crate::trade::payment::Payer;
use crate::trade::store::TradeSelector;
use crate::v2::dropped_connection;

/// A call of API v3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum V3Call {
    Native,
    QueryByNumber,
    QueryById,
    Close,
    Refund,
    RefundQuery,
    AbnormalRefund,
    Certificates,
    TradeBill,
    FundFlowBill,
    BillFile,
}

impl V3Call {
    /// Whether it is a GET.
    pub fn is_read(self) -> bool {
        match self {
            Self::QueryByNumber
            | Self::QueryById
            | Self::RefundQuery
            | Self::Certificates
            | Self::TradeBill
            | Self::FundFlowBill
            | Self::BillFile => true,
            Self::Native | Self::Close | Self::Refund | Self::AbnormalRefund => false,
        }
    }

    /// The name of the call in faults.
    fn call(self) -> ApiCall {
        match self {
            Self::Native => ApiCall::Unifiedorder,
            Self::QueryByNumber | Self::QueryById => ApiCall::Orderquery,
            Self::Close => ApiCall::Closeorder,
            Self::Refund | Self::AbnormalRefund => ApiCall::Refund,
            Self::RefundQuery => ApiCall::Refundquery,
            Self::Certificates => ApiCall::Certificates,
            Self::TradeBill | Self::BillFile => ApiCall::Downloadbill,
            Self::FundFlowBill => ApiCall::Downloadfundflow,
        }
    }
}

/// Answers a call.
pub async fn respond(state: &SimulatorState, what: V3Call, sent: RawRequest) -> Response {
    let request = match request::read(state, &sent) {
        Ok(request) => request,
        Err(refusal) => return refusal.send(),
    };
    if what == V3Call::BillFile {
        return bill::file(state, &request);
    }
    let out_trade_no = trade_number_of(state, what, &request);
    let fault = state.faults().take_answer(what.call(), &out_trade_no);
    match fault {
        None => send(state, &request, execute(state, what, &request, None), None),
        Some(fault) => answer_with_fault(state, what, &request, (fault, &out_trade_no)).await,
    }
}

fn execute(
    state: &SimulatorState,
    what: V3Call,
    request: &V3IncomingRequest,
    fault: Option<AnswerFault>,
) -> V3CallResult {
    match what {
        V3Call::Native => native::place(state, request),
        V3Call::QueryByNumber => query::by_number(state, request),
        V3Call::QueryById => query::by_id(state, request),
        V3Call::Close => close::close(state, request),
        V3Call::Refund => refund::accept(state, request, fault),
        V3Call::RefundQuery => refund_query::query(state, request),
        V3Call::AbnormalRefund => refund_query::retry(state, request),
        V3Call::Certificates => certificates::list(state, request),
        V3Call::TradeBill => bill::trades(state, request),
        V3Call::FundFlowBill => bill::fund_flow(state, request),
        V3Call::BillFile => Ok(V3ResponseBody::NoContent),
    }
}

async fn answer_with_fault(
    state: &SimulatorState,
    what: V3Call,
    request: &V3IncomingRequest,
    (fault, out_trade_no): (AnswerFault, &str),
) -> Response {
    let done = || execute(state, what, request, Some(fault));
    match fault {
        AnswerFault::Http500 | AnswerFault::SystemErrorBefore => {
            V3Error::from(BusinessError::SystemError).send()
        }
        AnswerFault::Http429 => V3Error::from(BusinessError::FrequencyLimited).send(),
        AnswerFault::Http202 => send(state, request, Ok(V3ResponseBody::Accepted), None),
        AnswerFault::Refuse(failure) => V3Error::from(failure).send(),
        AnswerFault::SystemErrorAfter => {
            // The result is hidden from the merchant on purpose.
            let _ = done();
            V3Error::from(BusinessError::SystemError).send()
        }
        AnswerFault::DropAnswerAfter => {
            // As above.
            let _ = done();
            dropped_connection::response()
        }
        AnswerFault::Hang { seconds } => {
            let outcome = done();
            tokio::time::sleep(Duration::from_secs(seconds.into())).await;
            send(state, request, outcome, None)
        }
        AnswerFault::False(falsification) => send(state, request, done(), Some(falsification)),
        AnswerFault::NoticeBeforePrepayAnswer => {
            let outcome = done();
            actions::pay_and_notify(state, out_trade_no).await;
            send(state, request, outcome, None)
        }
        AnswerFault::NoticeBeforeRefundAnswer => {
            let outcome = done();
            actions::notify_refund_now(state, out_trade_no).await;
            send(state, request, outcome, None)
        }
        AnswerFault::PaidMeanwhile => {
            // A trade that can no longer be paid stays as it is.
            let _ = actions::pay(state, TradeSelector::Number(out_trade_no), &Payer::demo());
            send(state, request, done(), None)
        }
        AnswerFault::Takes { .. }
        | AnswerFault::EndsAbnormal
        | AnswerFault::EndsClosed
        | AnswerFault::Bill(_) => send(state, request, done(), None),
    }
}

fn send(
    state: &SimulatorState,
    request: &V3IncomingRequest,
    outcome: V3CallResult,
    falsification: Option<Falsification>,
) -> Response {
    let mut body = match outcome {
        Ok(body) => body,
        Err(refusal) => return refusal.send(),
    };
    if let (V3ResponseBody::Json(value), Some(falsification)) = (&mut body, falsification) {
        if falsification == Falsification::BadCiphertext {
            certificates::tamper(value);
        }
        query::falsify(value, falsification);
    }
    response::signed(state, &body, &state.keys().signer(request.key_kind), falsification)
}

/// The order number of a call, also if the call names a transaction or a refund.
fn trade_number_of(state: &SimulatorState, what: V3Call, request: &V3IncomingRequest) -> String {
    let json = |name: &str| request.json.get(name).and_then(|value| value.as_str());
    let number_of = |trade: &Trade| trade.order.out_trade_no.clone();
    let trades = state.trades();
    let found = match what {
        V3Call::QueryByNumber | V3Call::Close => Some(request.number()),
        V3Call::QueryById => trades.by_transaction_id(&request.number()).map(number_of),
        V3Call::RefundQuery => {
            trades.refund(request.mch_id(), &request.number()).map(|(trade, _)| number_of(trade))
        }
        V3Call::AbnormalRefund => trades.by_refund_id(&request.number()).map(|(trade, _)| number_of(trade)),
        V3Call::Native | V3Call::Refund => {
            let by_id = json("transaction_id").and_then(|id| trades.by_transaction_id(id)).map(number_of);
            by_id.or_else(|| json("out_trade_no").map(str::to_owned))
        }
        V3Call::Certificates | V3Call::TradeBill | V3Call::FundFlowBill | V3Call::BillFile => None,
    };
    found.unwrap_or_default()
}
