//! The shop's rules do not allow a request. A refusal changes nothing.

use std::borrow::Cow;

use crate::domain::lang::Lang;
use crate::domain::message::Message;
pub use crate::domain::reason::Reason;

/// A request that the rules do not allow.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// Determined by the message.
    pub reason: Reason,
    /// What happened and what to do.
    pub message: Message,
    /// Facts for a program, such as the SKUs that are short or the new total.
    pub facts: Option<Box<serde_json::Value>>,
    /// Seconds after which a retry makes sense.
    pub retry_after_s: Option<u64>,
}

impl Refusal {
    /// A refusal without facts; its reason is the message's.
    pub fn new(message: impl Into<Message>) -> Refusal {
        let message = message.into();
        Refusal { reason: message.reason(), message, facts: None, retry_after_s: None }
    }

    /// The sentence for a reader of `lang`.
    pub fn text(&self, lang: Lang) -> Cow<'static, str> {
        self.message.text(lang)
    }

    pub fn with(self, facts: serde_json::Value) -> Refusal {
        Refusal { facts: Some(Box::new(facts)), ..self }
    }

    pub fn retry_after(self, seconds: u64) -> Refusal {
        Refusal { retry_after_s: Some(seconds), ..self }
    }
}
