//! What the shop tells people, in both languages. Rules name a message and its
//! facts; the sentences stand in the catalogue of the message's area.
//!
//! The languages are matched exhaustively, so a message without a translation
//! does not compile, and a fact that a translation leaves out is a warning.

mod account;
mod cart;
mod catalog;
mod coupon;
mod fact;
mod field;
mod not_found;
mod order;
mod payment;
mod phone;
mod refund;
mod request;
mod system;

use std::borrow::Cow;

pub use account::AccountMessage;
pub use cart::CartMessage;
pub use catalog::CatalogMessage;
pub use coupon::CouponMessage;
pub use field::{FieldMessage, FieldName};
pub use not_found::NotFound;
pub use order::OrderMessage;
pub use payment::PaymentMessage;
pub use refund::RefundMessage;
pub use request::{FieldKind, RequestMessage, RequestPart};
pub use system::SystemMessage;

use crate::domain::lang::Lang;
use crate::domain::reason::Reason;

/// A message of any area.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    Account(AccountMessage),
    Cart(CartMessage),
    Catalog(CatalogMessage),
    Coupon(CouponMessage),
    Field(FieldMessage),
    NotFound(NotFound),
    Order(OrderMessage),
    Payment(PaymentMessage),
    Refund(RefundMessage),
    Request(RequestMessage),
    System(SystemMessage),
}

impl Message {
    /// The API's word for what happened.
    pub fn reason(&self) -> Reason {
        match self {
            Message::Account(message) => message.reason(),
            Message::Cart(message) => message.reason(),
            Message::Catalog(message) => message.reason(),
            Message::Coupon(message) => message.reason(),
            Message::Field(message) => message.reason(),
            Message::NotFound(message) => message.reason(),
            Message::Order(message) => message.reason(),
            Message::Payment(message) => message.reason(),
            Message::Refund(message) => message.reason(),
            Message::Request(message) => message.reason(),
            Message::System(message) => message.reason(),
        }
    }

    /// The sentence in `lang`.
    pub fn text(&self, lang: Lang) -> Cow<'static, str> {
        match self {
            Message::Account(message) => message.text(lang),
            Message::Cart(message) => message.text(lang),
            Message::Catalog(message) => message.text(lang),
            Message::Coupon(message) => message.text(lang),
            Message::Field(message) => message.text(lang),
            Message::NotFound(message) => message.text(lang),
            Message::Order(message) => message.text(lang),
            Message::Payment(message) => message.text(lang),
            Message::Refund(message) => message.text(lang),
            Message::Request(message) => message.text(lang),
            Message::System(message) => message.text(lang),
        }
    }
}

/// Declares the messages of an area, each as
/// `Name { facts }: Reason, "Chinese", "English";`. A text mentions every fact.
macro_rules! messages {
    ($area:ident, $kind:ident {
        $($(#[$doc:meta])* $name:ident $({ $($fact:ident: $type:ty),+ })?: $reason:ident, $zh:literal, $en:literal;)+
    }) => {
        #[derive(Clone, Debug, PartialEq)]
        pub enum $kind {
            $($(#[$doc])* $name $({ $($fact: $type),+ })?,)+
        }

        impl $kind {
            pub(super) fn reason(&self) -> $crate::domain::reason::Reason {
                match self {
                    $($kind::$name { .. } => $crate::domain::reason::Reason::$reason,)+
                }
            }

            pub(super) fn text(&self, lang: $crate::domain::lang::Lang) -> std::borrow::Cow<'static, str> {
                use $crate::domain::lang::Lang;
                match lang {
                    Lang::Zh => match self {
                        $($kind::$name $({ $($fact),+ })? => super::sentence!($zh, Lang::Zh $($(, $fact)+)?),)+
                    },
                    Lang::En => match self {
                        $($kind::$name $({ $($fact),+ })? => super::sentence!($en, Lang::En $($(, $fact)+)?),)+
                    },
                }
            }

            #[cfg(test)]
            pub(super) fn samples() -> Vec<super::Message> {
                let all = vec![$($kind::$name $({ $($fact: super::fact::Fact::sample()),+ })?),+];
                all.into_iter().map(Into::into).collect()
            }
        }

        impl From<$kind> for super::Message {
            fn from(message: $kind) -> super::Message {
                super::Message::$area(message)
            }
        }
    };
}

macro_rules! sentence {
    ($text:literal, $lang:expr) => {
        std::borrow::Cow::Borrowed($text)
    };
    ($text:literal, $lang:expr, $($fact:ident),+) => {{
        $(let $fact = super::fact::Fact::shown($fact, $lang);)+
        std::borrow::Cow::Owned(format!($text))
    }};
}

use {messages, sentence};

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Message> {
        [
            AccountMessage::samples(),
            CartMessage::samples(),
            CatalogMessage::samples(),
            CouponMessage::samples(),
            FieldMessage::samples(),
            NotFound::samples(),
            OrderMessage::samples(),
            PaymentMessage::samples(),
            RefundMessage::samples(),
            RequestMessage::samples(),
            SystemMessage::samples(),
        ]
        .concat()
    }

    fn is_chinese(letter: char) -> bool {
        ('\u{3000}'..='\u{9fff}').contains(&letter) || ('\u{ff00}'..='\u{ffef}').contains(&letter)
    }

    /// Names, numbers and whatever else both languages write alike.
    fn latin_words(text: &str) -> Vec<&str> {
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || "-_/.:".contains(letter);
        let words = text.split(|letter: char| !is_part(letter)).map(|word| word.trim_matches(['.', ':']));
        words.filter(|word| !word.is_empty()).collect()
    }

    #[test]
    fn each_text_is_in_its_own_language() {
        for message in all() {
            let (zh, en) = (message.text(Lang::Zh), message.text(Lang::En));
            assert!(zh.contains(is_chinese), "{zh}");
            assert!(en.len() > 5 && !en.contains(is_chinese), "{en}");
            assert!(en.starts_with(|first: char| !first.is_whitespace()) && en.ends_with('.'), "{en}");
            assert!(!zh.ends_with(['.', '。']), "{zh}");
        }
    }

    #[test]
    fn what_the_chinese_text_names_the_english_one_names_too() {
        for message in all() {
            let (zh, en) = (message.text(Lang::Zh), message.text(Lang::En));
            let named = latin_words(&en);
            let left_out = latin_words(&zh).into_iter().find(|word| !named.contains(word));
            assert_eq!(left_out, None, "{zh} {en}");
        }
    }

    #[test]
    fn a_fact_is_told_in_the_language_of_its_sentence() {
        let message =
            Message::from(FieldMessage::TextLength { field: FieldName::Contact, least: 1, most: 50 });
        assert_eq!(message.text(Lang::Zh), "收货人须为 1 到 50 个字符");
        assert_eq!(message.text(Lang::En), "Recipient must have 1 to 50 characters.");
        let message = Message::from(FieldMessage::NotOneOf { field: "state".into(), allowed: &["a", "b"] });
        assert_eq!(message.text(Lang::Zh), "state 须为 a、b 之一");
        assert_eq!(message.text(Lang::En), "state must be one of a, b.");
    }
}
