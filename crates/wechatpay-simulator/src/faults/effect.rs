//! The effect of a fault, after its specification was checked.

use super::fault_spec::{FaultKind, FaultSpec, FaultTarget};
use crate::business_error::BusinessError;

/// An API call by a merchant, with its name in API v2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiCall {
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

/// The subject of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeSubject {
    Payment,
    Refund,
}

/// A fault in the delivery of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeFault {
    /// The notice is lost. WeChat tries again on schedule.
    Drop,
    /// The notice arrives this many virtual ms later.
    Delay { ms: i64 },
    /// The notice arrives this many times at once.
    Duplicate { copies: u32 },
    /// The notice arrives after the next delivery of another notice, at the latest with the first retry.
    Reorder,
    /// The content is falsified.
    False(Falsification),
}

/// How the content of a message is falsified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Falsification {
    /// Another amount in fen, correctly signed.
    WrongAmount { amount: Option<i64> },
    /// The currency USD, correctly signed.
    WrongCurrency,
    /// Another merchant, correctly signed.
    ForeignMerchant,
    /// Another appid, correctly signed.
    ForeignAppid,
    /// Another trade, correctly signed.
    ForeignTrade,
    /// Another transaction, correctly signed.
    ForeignTransaction,
    /// Another trade type, correctly signed.
    ForeignTradeType,
    /// Not paid, correctly signed.
    NotPaid,
    /// Another state of the trade without a payment, correctly signed.
    TradeState(&'static str),
    /// A wrong signature.
    BadSignature,
    /// A modified ciphertext, correctly signed.
    BadCiphertext,
    /// API v3: the serial number of an unknown key.
    WrongSerial,
    /// API v3: a signature from ten minutes ago.
    StaleTimestamp,
    /// API v3: WeChat's signature probe, which starts with `WECHATPAY/SIGNTEST/`.
    SignTest,
}

/// A fault in the answer to a well-formed and correctly signed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerFault {
    /// HTTP 500 in HTML; the call is not executed.
    Http500,
    /// HTTP 429; the call is not executed.
    Http429,
    /// HTTP 202 without a body; the call is not executed and has to be repeated.
    Http202,
    /// The call is executed; the answer is delayed by this many real seconds.
    Hang { seconds: u32 },
    /// `SYSTEMERROR`; the call is not executed.
    SystemErrorBefore,
    /// `SYSTEMERROR`, although the call is executed.
    SystemErrorAfter,
    /// The call is executed, but the connection is closed without an answer.
    DropAnswerAfter,
    /// The call is refused with this error.
    Refuse(BusinessError),
    /// The call is executed; the answer is falsified.
    False(Falsification),
    /// The order is paid and its notice delivered before the answer is sent.
    NoticeBeforePrepayAnswer,
    /// The refund ends and its notice is delivered before the answer is sent.
    NoticeBeforeRefundAnswer,
    /// The order is paid just before the call is executed.
    PaidMeanwhile,
    /// The refund takes this many virtual ms.
    Takes { ms: i64 },
    /// The refund becomes abnormal: `CHANGE`, `ABNORMAL`.
    EndsAbnormal,
    /// The refund is closed: `REFUNDCLOSE`, `CLOSED`.
    EndsClosed,
    /// The bill is wrong.
    Bill(BillFault),
}

/// A fault in a bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BillFault {
    /// A row is missing.
    RowMissing,
    /// There is an extra row of an unknown trade.
    RowExtra,
    /// A row occurs twice.
    RowTwice,
    /// The amount of a row is one yuan too high.
    WrongAmount,
    /// The summary does not match the rows.
    WrongSummary,
    /// API v3: the hash belongs to another file.
    WrongHash,
    /// The file is cut off in the middle.
    Truncated,
    /// The bill is not ready yet.
    Creating,
    /// The columns have another order.
    ColumnsReordered,
}

/// A valid fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultEffect {
    /// A fault of deliveries, of one subject or of any.
    Notice(Option<NoticeSubject>, NoticeFault),
    /// A fault of answers.
    Answer(ApiCall, AnswerFault),
}

const MAX_HANG_SECONDS: u32 = 600;
const MAX_COPIES: u32 = 64;

/// Parses a fault specification.
pub fn parse_effect(spec: &FaultSpec) -> Result<FaultEffect, String> {
    reject_unused_settings(spec)?;
    match (parse_target(spec.on), parse_kind(spec)?) {
        (ParsedTarget::Notice(subject), ParsedKind::Notice(fault)) => Ok(FaultEffect::Notice(subject, fault)),
        (ParsedTarget::Notice(subject), ParsedKind::False(value)) if !is_for_answers_only(value) => {
            Ok(FaultEffect::Notice(subject, NoticeFault::False(value)))
        }
        (ParsedTarget::Notice(_), ParsedKind::False(_) | ParsedKind::Answer(..)) => {
            Err("this kind applies to answers, not to `notice`".to_owned())
        }
        (ParsedTarget::Call(_), ParsedKind::Notice(_)) => {
            Err("this kind applies only to `notice`".to_owned())
        }
        (ParsedTarget::Call(call), ParsedKind::False(value)) => {
            at(call, falsifiable_calls(value), AnswerFault::False(value))
        }
        (ParsedTarget::Call(call), ParsedKind::Answer(calls, fault)) => at(call, calls, fault),
    }
}

/// These faults only make sense in the answer to a query, not in a notice.
fn is_for_answers_only(falsification: Falsification) -> bool {
    matches!(falsification, Falsification::ForeignTrade | Falsification::TradeState(_))
}

enum ParsedTarget {
    Notice(Option<NoticeSubject>),
    Call(ApiCall),
}

/// A parsed kind, with the calls that it applies to.
enum ParsedKind {
    Notice(NoticeFault),
    False(Falsification),
    Answer(&'static [ApiCall], AnswerFault),
}

fn parse_target(on: FaultTarget) -> ParsedTarget {
    match on {
        FaultTarget::Notice => ParsedTarget::Notice(None),
        FaultTarget::PayNotice => ParsedTarget::Notice(Some(NoticeSubject::Payment)),
        FaultTarget::RefundNotice => ParsedTarget::Notice(Some(NoticeSubject::Refund)),
        FaultTarget::Unifiedorder => ParsedTarget::Call(ApiCall::Unifiedorder),
        FaultTarget::Orderquery => ParsedTarget::Call(ApiCall::Orderquery),
        FaultTarget::Closeorder => ParsedTarget::Call(ApiCall::Closeorder),
        FaultTarget::Refund => ParsedTarget::Call(ApiCall::Refund),
        FaultTarget::Refundquery => ParsedTarget::Call(ApiCall::Refundquery),
        FaultTarget::Downloadbill => ParsedTarget::Call(ApiCall::Downloadbill),
        FaultTarget::Downloadfundflow => ParsedTarget::Call(ApiCall::Downloadfundflow),
        FaultTarget::Shorturl => ParsedTarget::Call(ApiCall::Shorturl),
        FaultTarget::Certificates => ParsedTarget::Call(ApiCall::Certificates),
    }
}

const ANY: &[ApiCall] = &[];
const BILLS: &[ApiCall] = &[ApiCall::Downloadbill, ApiCall::Downloadfundflow];
const PAYABLE: &[ApiCall] =
    &[ApiCall::Unifiedorder, ApiCall::Orderquery, ApiCall::Closeorder, ApiCall::Refund];

fn parse_kind(spec: &FaultSpec) -> Result<ParsedKind, String> {
    let any = |fault| ParsedKind::Answer(ANY, fault);
    let refund = |fault| ParsedKind::Answer(&[ApiCall::Refund], fault);
    let bill = |fault| ParsedKind::Answer(BILLS, AnswerFault::Bill(fault));
    let ms = |seconds| i64::from(seconds) * 1000;
    Ok(match spec.kind {
        FaultKind::Drop => ParsedKind::Notice(NoticeFault::Drop),
        FaultKind::Delay => ParsedKind::Notice(NoticeFault::Delay { ms: ms(seconds(spec, u32::MAX)?) }),
        FaultKind::Duplicate => ParsedKind::Notice(NoticeFault::Duplicate { copies: copies(spec)? }),
        FaultKind::Reorder => ParsedKind::Notice(NoticeFault::Reorder),
        FaultKind::WrongAmount => ParsedKind::False(Falsification::WrongAmount { amount: spec.amount }),
        FaultKind::WrongCurrency => ParsedKind::False(Falsification::WrongCurrency),
        FaultKind::ForeignMerchant => ParsedKind::False(Falsification::ForeignMerchant),
        FaultKind::ForeignAppid => ParsedKind::False(Falsification::ForeignAppid),
        FaultKind::ForeignTrade => ParsedKind::False(Falsification::ForeignTrade),
        FaultKind::ForeignTransaction => ParsedKind::False(Falsification::ForeignTransaction),
        FaultKind::ForeignTradeType => ParsedKind::False(Falsification::ForeignTradeType),
        FaultKind::NotPaid => ParsedKind::False(Falsification::NotPaid),
        FaultKind::TradeState => ParsedKind::False(Falsification::TradeState(state(spec)?)),
        FaultKind::BadSignature => ParsedKind::False(Falsification::BadSignature),
        FaultKind::BadCiphertext => ParsedKind::False(Falsification::BadCiphertext),
        FaultKind::WrongSerial => ParsedKind::False(Falsification::WrongSerial),
        FaultKind::StaleTimestamp => ParsedKind::False(Falsification::StaleTimestamp),
        FaultKind::SignTest => ParsedKind::False(Falsification::SignTest),
        FaultKind::Http500 => any(AnswerFault::Http500),
        FaultKind::Http429 => any(AnswerFault::Http429),
        FaultKind::Http202 => any(AnswerFault::Http202),
        FaultKind::Hang => any(AnswerFault::Hang { seconds: seconds(spec, MAX_HANG_SECONDS)? }),
        FaultKind::SystemErrorBefore => any(AnswerFault::SystemErrorBefore),
        FaultKind::SystemErrorAfter => any(AnswerFault::SystemErrorAfter),
        FaultKind::DropAnswerAfter => any(AnswerFault::DropAnswerAfter),
        FaultKind::Refuse => any(AnswerFault::Refuse(code(spec)?)),
        FaultKind::NoticeBeforePrepayAnswer => {
            ParsedKind::Answer(&[ApiCall::Unifiedorder], AnswerFault::NoticeBeforePrepayAnswer)
        }
        FaultKind::NoticeBeforeRefundAnswer => refund(AnswerFault::NoticeBeforeRefundAnswer),
        FaultKind::PaidMeanwhile => ParsedKind::Answer(PAYABLE, AnswerFault::PaidMeanwhile),
        FaultKind::Takes => refund(AnswerFault::Takes { ms: ms(seconds(spec, u32::MAX)?) }),
        FaultKind::EndsAbnormal => refund(AnswerFault::EndsAbnormal),
        FaultKind::EndsClosed => refund(AnswerFault::EndsClosed),
        FaultKind::BillRowMissing => bill(BillFault::RowMissing),
        FaultKind::BillRowExtra => bill(BillFault::RowExtra),
        FaultKind::BillRowTwice => bill(BillFault::RowTwice),
        FaultKind::BillWrongAmount => bill(BillFault::WrongAmount),
        FaultKind::BillWrongSummary => bill(BillFault::WrongSummary),
        FaultKind::BillWrongHash => bill(BillFault::WrongHash),
        FaultKind::BillTruncated => bill(BillFault::Truncated),
        FaultKind::BillCreating => bill(BillFault::Creating),
        FaultKind::BillColumnsReordered => bill(BillFault::ColumnsReordered),
    })
}

/// Every answer can have a wrong signature. Only answers about a trade can have false content.
fn falsifiable_calls(falsification: Falsification) -> &'static [ApiCall] {
    match falsification {
        Falsification::BadSignature
        | Falsification::WrongSerial
        | Falsification::StaleTimestamp
        | Falsification::SignTest => ANY,
        Falsification::BadCiphertext => &[ApiCall::Certificates],
        Falsification::WrongAmount { .. }
        | Falsification::WrongCurrency
        | Falsification::ForeignMerchant
        | Falsification::ForeignAppid
        | Falsification::ForeignTrade
        | Falsification::ForeignTransaction
        | Falsification::ForeignTradeType
        | Falsification::NotPaid
        | Falsification::TradeState(_) => &[ApiCall::Orderquery],
    }
}

fn at(call: ApiCall, calls: &[ApiCall], fault: AnswerFault) -> Result<FaultEffect, String> {
    if calls.is_empty() || calls.contains(&call) {
        return Ok(FaultEffect::Answer(call, fault));
    }
    let names: Vec<_> = calls.iter().map(|call| format!("`{}`", call.name())).collect();
    Err(format!("this kind applies only to {}", names.join(", ")))
}

impl ApiCall {
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

fn seconds(spec: &FaultSpec, most: u32) -> Result<u32, String> {
    spec.seconds.filter(|s| *s <= most).ok_or_else(|| format!("this kind needs `seconds`, at most {most}"))
}

fn copies(spec: &FaultSpec) -> Result<u32, String> {
    let copies = spec.copies.unwrap_or(2);
    let sound = (1..=MAX_COPIES).contains(&copies);
    if sound { Ok(copies) } else { Err(format!("`copies` is 1 to {MAX_COPIES}")) }
}

fn code(spec: &FaultSpec) -> Result<BusinessError, String> {
    let code = spec.code.as_deref().ok_or("this kind needs `code`, such as NOTENOUGH")?;
    BusinessError::from_code(code)
        .ok_or_else(|| format!("`code` is an err_code of API v2, and {code} is none here"))
}

/// The states of an unpaid trade in a query.
const UNPAID: [&str; 6] = ["NOTPAY", "CLOSED", "REVOKED", "USERPAYING", "PAYERROR", "ACCEPT"];

fn state(spec: &FaultSpec) -> Result<&'static str, String> {
    let value = spec.state.as_deref().unwrap_or_default();
    let known = UNPAID.into_iter().find(|state| *state == value);
    known.ok_or_else(|| format!("this kind needs `state`, one of {}", UNPAID.join(", ")))
}

/// Refuses settings that do not belong to the kind, because they would be silent mistakes in a test.
fn reject_unused_settings(spec: &FaultSpec) -> Result<(), String> {
    let timed = matches!(spec.kind, FaultKind::Delay | FaultKind::Hang | FaultKind::Takes);
    let unused = [
        ("seconds", spec.seconds.is_some() && !timed),
        ("copies", spec.copies.is_some() && spec.kind != FaultKind::Duplicate),
        ("amount", spec.amount.is_some() && spec.kind != FaultKind::WrongAmount),
        ("code", spec.code.is_some() && spec.kind != FaultKind::Refuse),
        ("state", spec.state.is_some() && spec.kind != FaultKind::TradeState),
    ];
    match unused.iter().find(|(_, is_unused)| *is_unused) {
        Some((name, _)) => Err(format!("this kind knows no `{name}`")),
        None => Ok(()),
    }
}
