//! Parameters of statements.

use std::borrow::Cow;

use crate::domain::clock::UtcMs;
use crate::domain::id::{Id, OrderId};
use crate::domain::money::Fen;

#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    Null,
    Int(i64),
    Text(Cow<'a, str>),
    /// For a `datetime` column, in UTC. For a millisecond column pass the number.
    DateTime(UtcMs),
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Value::Int(number)
    }
}

impl From<Fen> for Value<'_> {
    fn from(amount: Fen) -> Self {
        Value::Int(amount.0)
    }
}

impl From<Id> for Value<'_> {
    fn from(id: Id) -> Self {
        Value::Int(id.0)
    }
}

impl From<UtcMs> for Value<'_> {
    fn from(at: UtcMs) -> Self {
        Value::DateTime(at)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Value::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Value::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Value::Text(Cow::Owned(text))
    }
}

impl<'a> From<&'a OrderId> for Value<'a> {
    fn from(id: &'a OrderId) -> Self {
        Value::Text(Cow::Borrowed(id.as_str()))
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(maybe: Option<T>) -> Self {
        maybe.map_or(Value::Null, Into::into)
    }
}

macro_rules! params {
    ($($value:expr),* $(,)?) => {
        &[$($crate::infra::db::Value::from($value)),*][..]
    };
}
pub(crate) use params;
