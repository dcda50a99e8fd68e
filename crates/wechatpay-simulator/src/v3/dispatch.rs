//! A call from its bytes to its answer, with the fault that befalls it.

use std::time::Duration;

use axum::response::Response;

use super::request::{self, Request, Sent};
use super::response::{self, Outcome, Refusal, Told};
use super::{bill, certificates, close, native, query, refund, refund_query};
use crate::actions;
use crate::business_error::Failure;
use crate::faults::{AnswerFault, Call, Falsehood};
use crate::state::World;
use crate::trade::Trade;
use crate::trade::payment::Payer;
use crate::trade::store::Which;
use crate::v2::dropped_connection;

/// A call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
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

impl What {
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

    /// Under the name that faults know.
    fn call(self) -> Call {
        match self {
            Self::Native => Call::Unifiedorder,
            Self::QueryByNumber | Self::QueryById => Call::Orderquery,
            Self::Close => Call::Closeorder,
            Self::Refund | Self::AbnormalRefund => Call::Refund,
            Self::RefundQuery => Call::Refundquery,
            Self::Certificates => Call::Certificates,
            Self::TradeBill | Self::BillFile => Call::Downloadbill,
            Self::FundFlowBill => Call::Downloadfundflow,
        }
    }
}

/// Answers a call.
pub async fn respond(world: &World, what: What, sent: Sent) -> Response {
    let request = match request::read(world, &sent) {
        Ok(request) => request,
        Err(refusal) => return refusal.send(),
    };
    if what == What::BillFile {
        return bill::file(world, &request);
    }
    let out_trade_no = subject(world, what, &request);
    let fault = world.faults().take_answer(what.call(), &out_trade_no);
    match fault {
        None => send(world, &request, carry_out(world, what, &request, None), None),
        Some(fault) => misbehave(world, what, &request, (fault, &out_trade_no)).await,
    }
}

fn carry_out(world: &World, what: What, request: &Request, fault: Option<AnswerFault>) -> Outcome {
    match what {
        What::Native => native::place(world, request),
        What::QueryByNumber => query::by_number(world, request),
        What::QueryById => query::by_id(world, request),
        What::Close => close::close(world, request),
        What::Refund => refund::accept(world, request, fault),
        What::RefundQuery => refund_query::look_up(world, request),
        What::AbnormalRefund => refund_query::retry(world, request),
        What::Certificates => certificates::list(world, request),
        What::TradeBill => bill::trades(world, request),
        What::FundFlowBill => bill::fund_flow(world, request),
        What::BillFile => Ok(Told::Nothing),
    }
}

async fn misbehave(
    world: &World,
    what: What,
    request: &Request,
    (fault, out_trade_no): (AnswerFault, &str),
) -> Response {
    let done = || carry_out(world, what, request, Some(fault));
    match fault {
        AnswerFault::Http500 | AnswerFault::SystemErrorBefore => Refusal::from(Failure::SystemError).send(),
        AnswerFault::Http429 => Refusal::from(Failure::FrequencyLimited).send(),
        AnswerFault::Http202 => send(world, request, Ok(Told::Again), None),
        AnswerFault::Refuse(failure) => Refusal::from(failure).send(),
        AnswerFault::SystemErrorAfter => {
            // Done or refused, the merchant does not learn it: that is the fault.
            let _ = done();
            Refusal::from(Failure::SystemError).send()
        }
        AnswerFault::DropAnswerAfter => {
            // As above.
            let _ = done();
            dropped_connection::response()
        }
        AnswerFault::Hang { seconds } => {
            let outcome = done();
            tokio::time::sleep(Duration::from_secs(seconds.into())).await;
            send(world, request, outcome, None)
        }
        AnswerFault::False(falsehood) => send(world, request, done(), Some(falsehood)),
        AnswerFault::NoticeBeforePrepayAnswer => {
            let outcome = done();
            actions::pay_and_notify(world, out_trade_no).await;
            send(world, request, outcome, None)
        }
        AnswerFault::NoticeBeforeRefundAnswer => {
            let outcome = done();
            actions::notify_refund_now(world, out_trade_no).await;
            send(world, request, outcome, None)
        }
        AnswerFault::PaidMeanwhile => {
            // A trade that cannot be paid any more is none that was paid meanwhile.
            let _ = actions::pay(world, Which::Number(out_trade_no), &Payer::anybody());
            send(world, request, done(), None)
        }
        AnswerFault::Takes { .. }
        | AnswerFault::EndsAbnormal
        | AnswerFault::EndsClosed
        | AnswerFault::Bill(_) => send(world, request, done(), None),
    }
}

fn send(world: &World, request: &Request, outcome: Outcome, falsehood: Option<Falsehood>) -> Response {
    let mut told = match outcome {
        Ok(told) => told,
        Err(refusal) => return refusal.send(),
    };
    if let (Told::Json(value), Some(falsehood)) = (&mut told, falsehood) {
        if falsehood == Falsehood::BadCiphertext {
            certificates::tamper(value);
        }
        query::falsify(value, falsehood);
    }
    response::signed(world, &told, &world.keys().signer(request.key_kind), falsehood)
}

/// The number of the trade a call is about, also where it is named by its transaction or by a refund.
fn subject(world: &World, what: What, request: &Request) -> String {
    let json = |name: &str| request.json.get(name).and_then(|value| value.as_str());
    let number_of = |trade: &Trade| trade.order.out_trade_no.clone();
    let book = world.book();
    let found = match what {
        What::QueryByNumber | What::Close => Some(request.number()),
        What::QueryById => book.by_transaction(&request.number()).map(number_of),
        What::RefundQuery => {
            book.refund(request.mch_id(), &request.number()).map(|(trade, _)| number_of(trade))
        }
        What::AbnormalRefund => book.by_refund_id(&request.number()).map(|(trade, _)| number_of(trade)),
        What::Native | What::Refund => {
            let by_id = json("transaction_id").and_then(|id| book.by_transaction(id)).map(number_of);
            by_id.or_else(|| json("out_trade_no").map(str::to_owned))
        }
        What::Certificates | What::TradeBill | What::FundFlowBill | What::BillFile => None,
    };
    found.unwrap_or_default()
}
