//! What a written fault does, once it makes sense.

use super::fault_spec::{Kind, On, Written};
use crate::business_error::Failure;

/// A call of the merchant's, under API v2's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    Unifiedorder,
    Orderquery,
    Closeorder,
    Refund,
    Refundquery,
    Downloadbill,
    Downloadfundflow,
    Shorturl,
    Certificates,
}

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    Payment,
    Refund,
}

/// What befalls the delivery of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeFault {
    /// Never arrives; WeChat tries again at the next step of its ladder.
    Drop,
    /// Arrives so many virtual ms later.
    Delay { ms: i64 },
    /// Arrives so many times at once.
    Duplicate { copies: u32 },
    /// Arrives after the next delivery of another, or at the first retry when there is no other.
    Reorder,
    /// Is not what it should be.
    False(Falsehood),
}

/// How a message is falsified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Falsehood {
    /// Tells another amount, in fen, under a right signature.
    WrongAmount { told: Option<i64> },
    /// Tells USD, under a right signature.
    WrongCurrency,
    /// Names another merchant, under our signature.
    ForeignMerchant,
    /// Names another appid, under our signature.
    ForeignAppid,
    /// Names another trade, under our signature.
    ForeignTrade,
    /// Names another transaction, under our signature.
    ForeignTransaction,
    /// Tells that it was paid another way, under our signature.
    ForeignTradeType,
    /// Tells that it was not paid after all, under our signature.
    NotPaid,
    /// Tells another state of the trade, and no payment with it, under our signature.
    TradeState(&'static str),
    /// The signature is wrong.
    BadSignature,
    /// What is encrypted was tampered with, under a right signature.
    BadCiphertext,
    /// API v3: names a key that does not exist.
    WrongSerial,
    /// API v3: was signed ten minutes ago.
    StaleTimestamp,
    /// API v3: one of WeChat's own probes, whose signature begins `WECHATPAY/SIGNTEST/`.
    SignTest,
}

/// What befalls the answer to a call that was well formed and well signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerFault {
    /// HTTP 500 in HTML, and nothing was done.
    Http500,
    /// HTTP 429, and nothing was done.
    Http429,
    /// HTTP 202 without a body, and nothing was done: the same request is to be repeated.
    Http202,
    /// It was done; the answer comes so many real seconds later over the open connection.
    Hang { seconds: u32 },
    /// `SYSTEMERROR`, and nothing was done.
    SystemErrorBefore,
    /// It was done, and the answer is `SYSTEMERROR`.
    SystemErrorAfter,
    /// It was done, and the connection ends without an answer.
    DropAnswerAfter,
    /// Nothing was done, for this reason.
    Refuse(Failure),
    /// It was done; the answer is not what it should be.
    False(Falsehood),
    /// The order is paid and its notice delivered before the answer leaves.
    NoticeBeforePrepayAnswer,
    /// The refund has ended and its notice is delivered before the answer leaves.
    NoticeBeforeRefundAnswer,
    /// The order is paid just before the call is carried out.
    PaidMeanwhile,
    /// A refund that will take so many virtual ms.
    Takes { ms: i64 },
    /// A refund that will stick: `CHANGE`, `ABNORMAL`.
    EndsAbnormal,
    /// A refund that will be given up: `REFUNDCLOSE`, `CLOSED`.
    EndsClosed,
    /// A bill that is not what it should be.
    Bill(BillFault),
}

/// What is wrong with a bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BillFault {
    /// A row is not there.
    RowMissing,
    /// There is a row of a trade nobody made.
    RowExtra,
    /// A row is there twice.
    RowTwice,
    /// A row tells one yuan more.
    WrongAmount,
    /// The totals are not those of the rows.
    WrongSummary,
    /// API v3: the hash is another file's.
    WrongHash,
    /// The file ends in its middle.
    Truncated,
    /// It is still being made.
    Creating,
    /// The columns stand in another order.
    ColumnsReordered,
}

/// A fault that makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// On a delivery; of one subject, or of any.
    Notice(Option<Subject>, NoticeFault),
    /// On an answer.
    Answer(Call, AnswerFault),
}

const MAX_HANG_SECONDS: u32 = 600;
const MAX_COPIES: u32 = 64;

/// Reads a written fault, or says what is wrong with it.
pub fn effect(written: &Written) -> Result<Effect, String> {
    refuse_strangers(written)?;
    match (place(written.on), meaning(written)?) {
        (Place::Notice(subject), Meaning::Notice(fault)) => Ok(Effect::Notice(subject, fault)),
        (Place::Notice(subject), Meaning::False(told)) if !is_an_answer_s(told) => {
            Ok(Effect::Notice(subject, NoticeFault::False(told)))
        }
        (Place::Notice(_), Meaning::False(_) | Meaning::Answer(..)) => {
            Err("this kind befalls answers, not `notice`".to_owned())
        }
        (Place::Call(_), Meaning::Notice(_)) => Err("this kind befalls `notice` only".to_owned()),
        (Place::Call(call), Meaning::False(told)) => at(call, liars(told), AnswerFault::False(told)),
        (Place::Call(call), Meaning::Answer(calls, fault)) => at(call, calls, fault),
    }
}

/// Another trade is told in answer to a question, and so is a state that WeChat does not notify.
fn is_an_answer_s(falsehood: Falsehood) -> bool {
    matches!(falsehood, Falsehood::ForeignTrade | Falsehood::TradeState(_))
}

enum Place {
    Notice(Option<Subject>),
    Call(Call),
}

/// What a kind means, and which calls it can befall.
enum Meaning {
    Notice(NoticeFault),
    False(Falsehood),
    Answer(&'static [Call], AnswerFault),
}

fn place(on: On) -> Place {
    match on {
        On::Notice => Place::Notice(None),
        On::PayNotice => Place::Notice(Some(Subject::Payment)),
        On::RefundNotice => Place::Notice(Some(Subject::Refund)),
        On::Unifiedorder => Place::Call(Call::Unifiedorder),
        On::Orderquery => Place::Call(Call::Orderquery),
        On::Closeorder => Place::Call(Call::Closeorder),
        On::Refund => Place::Call(Call::Refund),
        On::Refundquery => Place::Call(Call::Refundquery),
        On::Downloadbill => Place::Call(Call::Downloadbill),
        On::Downloadfundflow => Place::Call(Call::Downloadfundflow),
        On::Shorturl => Place::Call(Call::Shorturl),
        On::Certificates => Place::Call(Call::Certificates),
    }
}

const ANY: &[Call] = &[];
const BILLS: &[Call] = &[Call::Downloadbill, Call::Downloadfundflow];
const PAYABLE: &[Call] = &[Call::Unifiedorder, Call::Orderquery, Call::Closeorder, Call::Refund];

fn meaning(written: &Written) -> Result<Meaning, String> {
    let any = |fault| Meaning::Answer(ANY, fault);
    let refund = |fault| Meaning::Answer(&[Call::Refund], fault);
    let bill = |fault| Meaning::Answer(BILLS, AnswerFault::Bill(fault));
    let ms = |seconds| i64::from(seconds) * 1000;
    Ok(match written.kind {
        Kind::Drop => Meaning::Notice(NoticeFault::Drop),
        Kind::Delay => Meaning::Notice(NoticeFault::Delay { ms: ms(seconds(written, u32::MAX)?) }),
        Kind::Duplicate => Meaning::Notice(NoticeFault::Duplicate { copies: copies(written)? }),
        Kind::Reorder => Meaning::Notice(NoticeFault::Reorder),
        Kind::WrongAmount => Meaning::False(Falsehood::WrongAmount { told: written.amount }),
        Kind::WrongCurrency => Meaning::False(Falsehood::WrongCurrency),
        Kind::ForeignMerchant => Meaning::False(Falsehood::ForeignMerchant),
        Kind::ForeignAppid => Meaning::False(Falsehood::ForeignAppid),
        Kind::ForeignTrade => Meaning::False(Falsehood::ForeignTrade),
        Kind::ForeignTransaction => Meaning::False(Falsehood::ForeignTransaction),
        Kind::ForeignTradeType => Meaning::False(Falsehood::ForeignTradeType),
        Kind::NotPaid => Meaning::False(Falsehood::NotPaid),
        Kind::TradeState => Meaning::False(Falsehood::TradeState(state(written)?)),
        Kind::BadSignature => Meaning::False(Falsehood::BadSignature),
        Kind::BadCiphertext => Meaning::False(Falsehood::BadCiphertext),
        Kind::WrongSerial => Meaning::False(Falsehood::WrongSerial),
        Kind::StaleTimestamp => Meaning::False(Falsehood::StaleTimestamp),
        Kind::SignTest => Meaning::False(Falsehood::SignTest),
        Kind::Http500 => any(AnswerFault::Http500),
        Kind::Http429 => any(AnswerFault::Http429),
        Kind::Http202 => any(AnswerFault::Http202),
        Kind::Hang => any(AnswerFault::Hang { seconds: seconds(written, MAX_HANG_SECONDS)? }),
        Kind::SystemErrorBefore => any(AnswerFault::SystemErrorBefore),
        Kind::SystemErrorAfter => any(AnswerFault::SystemErrorAfter),
        Kind::DropAnswerAfter => any(AnswerFault::DropAnswerAfter),
        Kind::Refuse => any(AnswerFault::Refuse(code(written)?)),
        Kind::NoticeBeforePrepayAnswer => {
            Meaning::Answer(&[Call::Unifiedorder], AnswerFault::NoticeBeforePrepayAnswer)
        }
        Kind::NoticeBeforeRefundAnswer => refund(AnswerFault::NoticeBeforeRefundAnswer),
        Kind::PaidMeanwhile => Meaning::Answer(PAYABLE, AnswerFault::PaidMeanwhile),
        Kind::Takes => refund(AnswerFault::Takes { ms: ms(seconds(written, u32::MAX)?) }),
        Kind::EndsAbnormal => refund(AnswerFault::EndsAbnormal),
        Kind::EndsClosed => refund(AnswerFault::EndsClosed),
        Kind::BillRowMissing => bill(BillFault::RowMissing),
        Kind::BillRowExtra => bill(BillFault::RowExtra),
        Kind::BillRowTwice => bill(BillFault::RowTwice),
        Kind::BillWrongAmount => bill(BillFault::WrongAmount),
        Kind::BillWrongSummary => bill(BillFault::WrongSummary),
        Kind::BillWrongHash => bill(BillFault::WrongHash),
        Kind::BillTruncated => bill(BillFault::Truncated),
        Kind::BillCreating => bill(BillFault::Creating),
        Kind::BillColumnsReordered => bill(BillFault::ColumnsReordered),
    })
}

/// Every answer can be signed wrongly; only those that tell of a trade can tell of it falsely.
fn liars(falsehood: Falsehood) -> &'static [Call] {
    match falsehood {
        Falsehood::BadSignature
        | Falsehood::WrongSerial
        | Falsehood::StaleTimestamp
        | Falsehood::SignTest => ANY,
        Falsehood::BadCiphertext => &[Call::Certificates],
        Falsehood::WrongAmount { .. }
        | Falsehood::WrongCurrency
        | Falsehood::ForeignMerchant
        | Falsehood::ForeignAppid
        | Falsehood::ForeignTrade
        | Falsehood::ForeignTransaction
        | Falsehood::ForeignTradeType
        | Falsehood::NotPaid
        | Falsehood::TradeState(_) => &[Call::Orderquery],
    }
}

fn at(call: Call, calls: &[Call], fault: AnswerFault) -> Result<Effect, String> {
    if calls.is_empty() || calls.contains(&call) {
        return Ok(Effect::Answer(call, fault));
    }
    let names: Vec<_> = calls.iter().map(|call| format!("`{}`", call.name())).collect();
    Err(format!("this kind befalls {} only", names.join(", ")))
}

impl Call {
    fn name(self) -> &'static str {
        match self {
            Self::Unifiedorder => "unifiedorder",
            Self::Orderquery => "orderquery",
            Self::Closeorder => "closeorder",
            Self::Refund => "refund",
            Self::Refundquery => "refundquery",
            Self::Downloadbill => "downloadbill",
            Self::Downloadfundflow => "downloadfundflow",
            Self::Shorturl => "shorturl",
            Self::Certificates => "certificates",
        }
    }
}

fn seconds(written: &Written, most: u32) -> Result<u32, String> {
    written.seconds.filter(|s| *s <= most).ok_or_else(|| format!("this kind needs `seconds`, at most {most}"))
}

fn copies(written: &Written) -> Result<u32, String> {
    let copies = written.copies.unwrap_or(2);
    let sound = (1..=MAX_COPIES).contains(&copies);
    if sound { Ok(copies) } else { Err(format!("`copies` is 1 to {MAX_COPIES}")) }
}

fn code(written: &Written) -> Result<Failure, String> {
    let code = written.code.as_deref().ok_or("this kind needs `code`, such as NOTENOUGH")?;
    Failure::named(code).ok_or_else(|| format!("`code` is an err_code of API v2, and {code} is none here"))
}

/// The states a query can tell of a trade that is not paid.
const UNPAID: [&str; 6] = ["NOTPAY", "CLOSED", "REVOKED", "USERPAYING", "PAYERROR", "ACCEPT"];

fn state(written: &Written) -> Result<&'static str, String> {
    let told = written.state.as_deref().unwrap_or_default();
    let known = UNPAID.into_iter().find(|state| *state == told);
    known.ok_or_else(|| format!("this kind needs `state`, one of {}", UNPAID.join(", ")))
}

/// A setting that its kind does not know would be a silent mistake in somebody's test.
fn refuse_strangers(written: &Written) -> Result<(), String> {
    let timed = matches!(written.kind, Kind::Delay | Kind::Hang | Kind::Takes);
    let strangers = [
        ("seconds", written.seconds.is_some() && !timed),
        ("copies", written.copies.is_some() && written.kind != Kind::Duplicate),
        ("amount", written.amount.is_some() && written.kind != Kind::WrongAmount),
        ("code", written.code.is_some() && written.kind != Kind::Refuse),
        ("state", written.state.is_some() && written.kind != Kind::TradeState),
    ];
    match strangers.iter().find(|(_, stranger)| *stranger) {
        Some((name, _)) => Err(format!("this kind knows no `{name}`")),
        None => Ok(()),
    }
}
