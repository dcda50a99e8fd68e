//! What is wrong with one field of a message.

/// Names the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Missing(&'static str),
    Malformed(&'static str),
}
