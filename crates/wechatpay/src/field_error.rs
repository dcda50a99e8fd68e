//! An error in one field of a message.

/// The error, with the name of the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldError {
    Missing(&'static str),
    Malformed(&'static str),
}
