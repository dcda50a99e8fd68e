//! Says why a request cannot be read, in our own words: a parser's words are English, and
//! about Rust. What they name is kept: the field, and what it should have been.

use crate::domain::limits::REPEATED_TEXT_MAX;
use crate::domain::message::{FieldKind, RequestMessage, RequestPart};
use crate::domain::refusal::Refusal;

/// What parsers write before the field.
const PREFIXES: [&str; 3] = [
    "Failed to deserialize the JSON body into the target type: ",
    "Failed to deserialize form body: ",
    "Failed to deserialize query string: ",
];

/// How a parser says what it expected, and what that is.
const KINDS: [(&str, FieldKind); 17] = [
    ("expected i64", FieldKind::Integer),
    ("expected i32", FieldKind::Integer),
    ("expected u64", FieldKind::Integer),
    ("expected u32", FieldKind::Integer),
    ("expected u16", FieldKind::Integer),
    ("expected u8", FieldKind::Integer),
    ("expected an id", FieldKind::Integer),
    ("invalid digit found in string", FieldKind::Integer),
    ("cannot parse integer from empty string", FieldKind::Integer),
    ("number too large", FieldKind::Integer),
    ("number too small", FieldKind::Integer),
    ("expected a string", FieldKind::Text),
    ("expected a sequence", FieldKind::List),
    ("expected a boolean", FieldKind::TrueOrFalse),
    ("provided string was not `true` or `false`", FieldKind::TrueOrFalse),
    ("expected struct", FieldKind::Object),
    ("expected a map", FieldKind::Object),
];

/// The refusal for an error with this text.
pub(super) fn refusal(part: RequestPart, error: &str) -> Refusal {
    Refusal::new(message(part, error))
}

fn message(part: RequestPart, error: &str) -> RequestMessage {
    let Some(detail) = PREFIXES.iter().find_map(|prefix| error.strip_prefix(prefix)) else {
        return RequestMessage::Unreadable { part };
    };
    let (path, problem) = path_and_problem(detail);
    let of_problem = |start: &str| problem.strip_prefix(start).and_then(quoted).map(short);
    if let Some(field) = of_problem("unknown field ") {
        return RequestMessage::UnknownField { part, field };
    }
    if let Some(field) = of_problem("missing field ") {
        return RequestMessage::MissingField { part, field };
    }
    if let Some(field) = of_problem("duplicate field ") {
        return RequestMessage::RepeatedField { part, field };
    }
    match (path.map(short), kind(problem)) {
        (Some(field), Some(kind)) => RequestMessage::WrongKind { part, field, kind },
        (Some(field), None) => RequestMessage::WrongField { part, field },
        (None, _) => RequestMessage::Unreadable { part },
    }
}

/// `items[0].num: invalid type: …` in its two parts; a path has no spaces.
fn path_and_problem(detail: &str) -> (Option<&str>, &str) {
    match detail.split_once(": ") {
        Some((path, problem)) if !path.contains(char::is_whitespace) => (Some(path), problem),
        Some(_) | None => (None, detail),
    }
}

/// The text between the first two backticks.
fn quoted(text: &str) -> Option<&str> {
    text.split('`').nth(1)
}

fn short(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(REPEATED_TEXT_MAX).collect()
}

fn kind(problem: &str) -> Option<FieldKind> {
    KINDS.iter().find(|(words, _)| problem.contains(words)).map(|(_, kind)| *kind)
}
