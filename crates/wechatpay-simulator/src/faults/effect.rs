//! What a written fault does, once it makes sense.

use super::written::{Kind, On, Written};

/// A call of the merchant's, under WeChat's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    Unifiedorder,
    Orderquery,
    Closeorder,
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
    /// Tells another amount, in fen, under a right signature.
    WrongAmount { told: Option<i64> },
    /// Tells USD, under a right signature.
    WrongCurrency,
    /// Names another merchant, under our signature.
    ForeignMerchant,
    /// Names another appid, under our signature.
    ForeignAppid,
    /// The signature is wrong.
    BadSignature,
}

/// What befalls the answer to a call that was well formed and well signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerFault {
    /// HTTP 500 in HTML, and nothing was done.
    Http500,
    /// It was done; the answer comes so many real seconds later over the open connection.
    Hang { seconds: u32 },
    /// `SYSTEMERROR`, and nothing was done.
    SystemErrorBefore,
    /// It was done, and the answer is `SYSTEMERROR`.
    SystemErrorAfter,
    /// It was done, and the connection ends without an answer.
    DropAnswerAfter,
    /// It was done; the answer's signature is wrong.
    BadSignature,
    /// The order is paid and its notice delivered before the answer leaves.
    NoticeBeforePrepayAnswer,
}

/// A fault that makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// On a delivery.
    Notice(NoticeFault),
    /// On an answer.
    Answer(Call, AnswerFault),
}

const MAX_HANG_SECONDS: u32 = 600;
const MAX_COPIES: u32 = 64;

/// Reads a written fault, or says what is wrong with it.
pub fn effect(written: &Written) -> Result<Effect, String> {
    refuse_strangers(written)?;
    match written.on {
        On::Notice => notice(written).map(Effect::Notice),
        On::Unifiedorder => answer(written).map(|fault| Effect::Answer(Call::Unifiedorder, fault)),
        On::Orderquery => answer(written).map(|fault| Effect::Answer(Call::Orderquery, fault)),
        On::Closeorder => answer(written).map(|fault| Effect::Answer(Call::Closeorder, fault)),
    }
}

fn notice(written: &Written) -> Result<NoticeFault, String> {
    match written.kind {
        Kind::Drop => Ok(NoticeFault::Drop),
        Kind::Delay => Ok(NoticeFault::Delay { ms: i64::from(seconds(written, u32::MAX)?) * 1000 }),
        Kind::Duplicate => copies(written).map(|copies| NoticeFault::Duplicate { copies }),
        Kind::Reorder => Ok(NoticeFault::Reorder),
        Kind::WrongAmount => Ok(NoticeFault::WrongAmount { told: written.amount }),
        Kind::WrongCurrency => Ok(NoticeFault::WrongCurrency),
        Kind::ForeignMerchant => Ok(NoticeFault::ForeignMerchant),
        Kind::ForeignAppid => Ok(NoticeFault::ForeignAppid),
        Kind::BadSignature => Ok(NoticeFault::BadSignature),
        Kind::Http500
        | Kind::Hang
        | Kind::SystemErrorBefore
        | Kind::SystemErrorAfter
        | Kind::DropAnswerAfter
        | Kind::NoticeBeforePrepayAnswer => Err("this kind befalls answers, not `notice`".to_owned()),
    }
}

fn answer(written: &Written) -> Result<AnswerFault, String> {
    match written.kind {
        Kind::Http500 => Ok(AnswerFault::Http500),
        Kind::Hang => seconds(written, MAX_HANG_SECONDS).map(|seconds| AnswerFault::Hang { seconds }),
        Kind::SystemErrorBefore => Ok(AnswerFault::SystemErrorBefore),
        Kind::SystemErrorAfter => Ok(AnswerFault::SystemErrorAfter),
        Kind::DropAnswerAfter => Ok(AnswerFault::DropAnswerAfter),
        Kind::BadSignature => Ok(AnswerFault::BadSignature),
        Kind::NoticeBeforePrepayAnswer if written.on == On::Unifiedorder => {
            Ok(AnswerFault::NoticeBeforePrepayAnswer)
        }
        Kind::NoticeBeforePrepayAnswer => Err("this kind befalls `unifiedorder` only".to_owned()),
        Kind::Drop
        | Kind::Delay
        | Kind::Duplicate
        | Kind::Reorder
        | Kind::WrongAmount
        | Kind::WrongCurrency
        | Kind::ForeignMerchant
        | Kind::ForeignAppid => Err("this kind befalls `notice` only".to_owned()),
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

/// A setting that its kind does not know would be a silent mistake in somebody's test.
fn refuse_strangers(written: &Written) -> Result<(), String> {
    let timed = matches!(written.kind, Kind::Delay | Kind::Hang);
    let strangers = [
        ("seconds", written.seconds.is_some() && !timed),
        ("copies", written.copies.is_some() && written.kind != Kind::Duplicate),
        ("amount", written.amount.is_some() && written.kind != Kind::WrongAmount),
    ];
    match strangers.iter().find(|(_, stranger)| *stranger) {
        Some((name, _)) => Err(format!("this kind knows no `{name}`")),
        None => Ok(()),
    }
}
